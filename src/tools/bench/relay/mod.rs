//! `oread bench relay`: members who check each message, publishers who publish, and an account of every message.
//!
//! - **Closed loop** (`--depth`): so many messages of a publisher are in flight, by what the slowest member of its room received.
//! - **Open loop** (`--rate`): messages are due at fixed instants, whatever the relay does; latency counts from then.
//!
//! [`RelayArgs`] → `Plan` → a `Shared` for each thread with its `Room`s → `crowd` fills them with `Member`s (each an `Account`) and
//! `Publisher`s (each a `Session` that speaks a `Speech`) → `Tally` → `Report`.
//!
//! Invariants: for each member *published = received + announced missing + lost*, exactly; losses that were announced are counted, all
//! else that a relay must not do is a failure. What may be in flight bounds memory.

mod account;
mod crowd;
mod letter;
mod member;
mod plan;
mod publisher;
mod report;
mod room;
mod session;
mod share;
mod slowest;
mod speech;
mod tally;
mod trouble;

pub use plan::RelayArgs;

use super::{Run, conductor};
use crate::exit::Exit;
use plan::Plan;
use report::Report;
use share::Shared;
use tally::Tally;

/// Loads a relay. [`Exit::Unavailable`] when there can be no load; [`Exit::Failed`] when the relay did what it must not.
pub(super) fn run(args: RelayArgs) -> Exit {
    let run = Run { name: "oread bench relay", json: args.json() };
    run.carry_out(Plan::try_from(args), load)
}

fn load(plan: &Plan) -> Result<Report, String> {
    let (shares, window) =
        conductor::conduct(&plan.course, |thread, stage| Shared::new(plan, thread, stage))?;
    let mut tally = Tally::new();
    for share in &shares {
        tally.add(&share.tally());
    }
    Ok(Report::new(plan, &tally, &window))
}
