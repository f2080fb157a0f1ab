//! `oread probe`: whether the daemon is ready, as an exit code. The container's health check.

use super::admin::{AdminArgs, Call, refuse};
use crate::exit::Exit;

/// More of an answer is not read: the status and its reason stand at its beginning.
const LONGEST: u64 = 4096;

/// Arguments of `oread probe`.
#[derive(Debug, Clone, clap::Args)]
pub struct ProbeArgs {
    /// Who is asked.
    #[command(flatten)]
    daemon: AdminArgs,
}

/// Probes. [`Exit::Ok`] when the daemon is ready, [`Exit::Unavailable`] when it is not or does not answer, [`Exit::Config`] when the
/// configuration that should name its address is wrong.
pub fn run(args: &ProbeArgs) -> Exit {
    let admin = match args.daemon.address("probe") {
        Ok(admin) => admin,
        Err(exit) => return exit,
    };
    let timeout = args.daemon.timeout;
    match (Call { method: "GET", path: "/readyz", token: None, timeout, longest: LONGEST }).make(admin) {
        Ok(answer) if answer.status == 200 => Exit::Ok,
        Ok(answer) => {
            let why = format!("{admin}: not ready: {} {}", answer.status, answer.reason());
            refuse("probe", &why, Exit::Unavailable)
        }
        Err(why) => refuse("probe", &why, Exit::Unavailable),
    }
}
