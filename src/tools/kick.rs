//! `oread kick`: ends one session by its number.

use super::admin::{AdminArgs, Call, refuse};
use crate::cli::say;
use crate::exit::Exit;

/// More of an answer is not read.
const LONGEST: u64 = 16 << 10;

/// Arguments of `oread kick`. The token comes from the environment or a file, never from the command line.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "The token is that of the configuration: admin.token_file, or OREAD__ADMIN__TOKEN in the environment."
)]
pub struct KickArgs {
    /// The session's number, as `oread sessions` shows it
    session: u64,
    /// Who is asked.
    #[command(flatten)]
    daemon: AdminArgs,
}

/// Ends the session. [`Exit::Unavailable`] when there is no such session or no daemon, [`Exit::Permission`] when the token is missing or
/// wrong.
pub fn run(args: &KickArgs) -> Exit {
    let (admin, token) = match args.daemon.address_and_token("kick") {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    let path = format!("/sessions/{}/kick", args.session);
    let timeout = args.daemon.timeout;
    let answer =
        Call { method: "POST", path: &path, token: Some(&token), timeout, longest: LONGEST }.make(admin);
    match answer {
        Ok(answer) if answer.status == 202 => {
            say::data(&format!("session {} was told to end", args.session));
            Exit::Ok
        }
        Ok(answer) => {
            let exit = if matches!(answer.status, 401 | 403) { Exit::Permission } else { Exit::Unavailable };
            refuse("kick", &format!("{admin}: {}", answer.reason()), exit)
        }
        Err(why) => refuse("kick", &why, Exit::Unavailable),
    }
}
