//! The commands that talk to a daemon instead of being one: `ping`, `bench`, `probe`, `sessions`, `rooms`, `kick`.
//!
//! Each is a module of [`crate::tools`] with its arguments and a `run`; here stands only which word calls
//! which.

use clap::Subcommand;

use crate::exit::Exit;
use crate::tools::{bench, kick, listing, ping, probe};

/// The commands that talk to a daemon.
#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Send round trips and time them, like ping
    Ping(ping::PingArgs),
    /// Put a server under load and check every byte that returns
    Bench(bench::BenchArgs),
    /// Exit 0 when the daemon is ready, 69 when it is not: a health check
    Probe(probe::ProbeArgs),
    /// List the sessions of a daemon: who they are, what they are owed, how far they are behind
    Sessions(listing::SessionsArgs),
    /// List the rooms of a daemon: members, log, and how far the slowest is behind
    Rooms(listing::RoomsArgs),
    /// End a session by its number; needs the daemon's token
    Kick(kick::KickArgs),
}

pub(super) fn run(tool: Tool) -> Exit {
    match tool {
        Tool::Ping(args) => ping::run(args),
        Tool::Bench(args) => bench::run(args),
        Tool::Probe(args) => probe::run(&args),
        Tool::Sessions(args) => listing::sessions(&args),
        Tool::Rooms(args) => listing::rooms(&args),
        Tool::Kick(args) => kick::run(&args),
    }
}
