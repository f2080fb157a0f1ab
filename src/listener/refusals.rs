//! What is said of connections that are refused: each is counted, and for each reason a listener has one line in a while, which says how many
//! there were since the last.

use std::time::{Duration, Instant};

use crate::line_budget::LineBudget;
use crate::peer::Peer;
use crate::reason::RefuseReason;
use crate::session::context::Context;

/// How long refusals for one reason are gathered into one line.
const INTERVAL: Duration = Duration::from_secs(10);

/// The refusals of one listener.
#[derive(Debug)]
pub struct Refusals([LineBudget; RefuseReason::COUNT]);

impl Refusals {
    /// None so far.
    pub fn new(now: Instant) -> Self {
        Self(std::array::from_fn(|_| LineBudget::new(1, INTERVAL, now)))
    }

    /// `peer` was refused.
    pub fn note(&self, context: &Context, peer: Peer, reason: RefuseReason) {
        context.stats.refused[reason as usize].add(1);
        if let Some(leave) = self.0[reason as usize].allow(Instant::now()) {
            tracing::warn!(
                target: "oread::listener",
                listener = &*context.listener, reason = reason.word(), last_peer = %peer,
                connections = leave.suppressed + 1, "connections refused"
            );
        }
    }
}
