//! `oread bench`: load clients that check all that they get.
//!
//! One way through: arguments (what a person typed) → plan (checked) → `conductor` (phases and clock) → a share for each thread, with
//! a runtime of its own → tally → report. What the loads have in common stands here: the course, the stage, when frames are due, latencies,
//! progress, cost. `echo` and `relay` are the loads.
//!
//! Invariants: memory is bounded by what may be in flight; nothing that went wrong is left out of the exit code; latency in an open loop
//! counts from when a frame was due.

mod conductor;
mod cost;
mod course;
mod latency;
mod pacer;
mod progress;
mod stage;

mod echo;
mod relay;

pub use echo::EchoArgs;
pub use relay::RelayArgs;

use serde::Serialize;

use crate::cli::say;
use crate::exit::Exit;

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
    /// Loads a relay and accounts for every message of every member
    Relay(RelayArgs),
}

/// Runs the tool that was asked for.
pub fn run(args: BenchArgs) -> Exit {
    match args.command {
        BenchCommand::Echo(args) => echo::run(args),
        BenchCommand::Relay(args) => relay::run(args),
    }
}

fn complain(name: &str, problem: &str, exit: Exit) -> Exit {
    say::note(&format!("{name}: {problem}"));
    exit
}

/// A report as one object on one line.
fn json(report: &impl Serialize) -> String {
    serde_json::to_string(report).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}
