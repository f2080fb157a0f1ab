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

use super::{Run, conductor};
use crate::exit::Exit;
use plan::Plan;
use report::Report;
use tally::Tally;
use worker::Shared;

/// Loads an echo server. [`Exit::Unavailable`] when there can be no load; [`Exit::Failed`] when anything came back wrong, late or not at all.
pub(super) fn run(args: EchoArgs) -> Exit {
    let run = Run { name: "oread bench echo", json: args.json() };
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
