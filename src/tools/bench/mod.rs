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

use std::fmt::Display;

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

/// What a load found, for people and as one JSON object.
trait Findings: Display + Serialize {
    /// Whether nothing happened that must not.
    fn is_clean(&self) -> bool;
}

/// How a tool runs its load, from a plan to an exit code.
struct Run {
    name: &'static str,
    json: bool,
}

impl Run {
    /// `load` does what was planned. Its error is why there can be none.
    fn carry_out<P, R: Findings>(
        &self,
        plan: Result<P, String>,
        load: impl Fn(&P) -> Result<R, String>,
    ) -> Exit {
        let plan = match plan {
            Ok(plan) => plan,
            Err(problem) => return self.complain(&problem, Exit::Usage),
        };
        match load(&plan) {
            Ok(report) => self.tell(&report),
            Err(problem) => self.complain(&problem, Exit::Unavailable),
        }
    }

    fn tell(&self, report: &impl Findings) -> Exit {
        say::data(&if self.json { json(report) } else { report.to_string() });
        if report.is_clean() { Exit::Ok } else { Exit::Failed }
    }

    fn complain(&self, problem: &str, exit: Exit) -> Exit {
        say::note(&format!("{}: {problem}", self.name));
        exit
    }
}

/// A report as one object on one line.
fn json(report: &impl Serialize) -> String {
    serde_json::to_string(report).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}
