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

use super::conductor;
use crate::exit::Exit;
use plan::Plan;
use report::Report;
use share::Shared;
use tally::Tally;

const NAME: &str = "oread bench relay";

/// Loads a relay. [`Exit::Unavailable`] when there can be no load; [`Exit::Failed`] when the relay did what it must not.
pub(super) fn run(args: RelayArgs) -> Exit {
    let json = args.json();
    let plan = match Plan::try_from(args) {
        Ok(plan) => plan,
        Err(problem) => return super::complain(NAME, &problem, Exit::Usage),
    };
    let make = |thread, stage| Shared::new(&plan, thread, stage);
    let (shares, window) = match conductor::conduct(&plan.course, make) {
        Ok(result) => result,
        Err(problem) => return super::complain(NAME, &problem, Exit::Unavailable),
    };
    let mut tally = Tally::new();
    for share in &shares {
        tally.add(&share.tally());
    }
    let report = Report::new(&plan, &tally, &window);
    crate::cli::say::data(&if json { super::json(&report) } else { report.to_string() });
    if report.is_clean() { Exit::Ok } else { Exit::Failed }
}
