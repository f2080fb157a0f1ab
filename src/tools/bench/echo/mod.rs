//! `oread bench echo`: checks every byte that comes back.
//!
//! - **Closed loop** (`--depth`): each connection keeps that many frames in flight and sends the next when one returns.
//! - **Open loop** (`--rate`): frames are due at fixed instants, whatever the server does; latency counts from the instant at which a
//!   frame was due, so that a stall shows in every frame that it delayed.
//! - **Churn**: connect, one echo, close, again. **Idle**: connect, one echo, hold.
//!
//! Invariants: memory is bounded by connections × depth × frame; a frame is counted once, in the window in which it returned.

mod lane;
mod plan;
mod report;
mod shapes;
mod tally;
mod worker;

pub use plan::EchoArgs;

use super::conductor;
use crate::exit::Exit;
use plan::Plan;
use report::Report;
use tally::Tally;
use worker::Shared;

const NAME: &str = "oread bench echo";

/// Loads an echo server. [`Exit::Unavailable`] when it cannot be reached or anything came back wrong, late or not at all.
pub(super) fn run(args: EchoArgs) -> Exit {
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
    if report.is_clean() { Exit::Ok } else { Exit::Unavailable }
}
