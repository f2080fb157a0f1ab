//! `oread bench`: a load client that checks every byte.
//!
//! One way through: [`EchoArgs`] (what a person typed) → `Plan` (checked) → `conductor` (phases and clock) → `worker`s, each a
//! thread with a runtime of its own and its share of the connections → `Tally` → `Report`.
//!
//! - **Closed loop** (`--depth`): each connection keeps that many frames in flight and sends the next when one returns.
//! - **Open loop** (`--rate`): frames are due at fixed instants, whatever the server does; latency counts from the instant at which a
//!   frame was due, so that a stall shows in every frame that it delayed.
//! - **Churn**: connect, one echo, close, again. **Idle**: connect, one echo, hold.
//!
//! Invariants: memory is bounded by connections × depth × frame; a frame is counted once, in the window in which it returned;
//! nothing that went wrong is left out of the exit code.

mod conductor;
mod lane;
mod latency;
mod pacer;
mod plan;
mod progress;
mod report;
mod shapes;
mod tally;
mod worker;

pub use plan::EchoArgs;

use crate::cli::say;
use crate::exit::Exit;
use plan::Plan;

/// `oread bench …`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

/// What to put under load.
#[derive(Debug, clap::Subcommand)]
pub enum BenchCommand {
    /// Loads an echo server and checks every byte that returns
    Echo(EchoArgs),
}

/// Runs the tool that was asked for.
pub fn run(args: BenchArgs) -> Exit {
    match args.command {
        BenchCommand::Echo(args) => echo(args),
    }
}

/// Loads an echo server. [`Exit::Unavailable`] when it cannot be reached or anything came back wrong, late or not at all.
pub fn echo(args: EchoArgs) -> Exit {
    let json = args.json;
    let plan = match Plan::try_from(args) {
        Ok(plan) => plan,
        Err(problem) => return complain(&problem, Exit::Usage),
    };
    let report = match conductor::conduct(&plan) {
        Ok(report) => report,
        Err(problem) => return complain(&problem, Exit::Unavailable),
    };
    say::data(&if json { report.json() } else { report.to_string() });
    if report.is_clean() { Exit::Ok } else { Exit::Unavailable }
}

fn complain(problem: &str, exit: Exit) -> Exit {
    say::note(&format!("oread bench echo: {problem}"));
    exit
}
