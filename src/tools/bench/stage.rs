//! Where a load stands, and its clock: what the conductor moves and every part of the load reads.
//!
//! Phases only go forward, and only the conductor moves them: `Opening → Warmup → Counting → Stopping → Over`.

use std::time::Instant;

use tokio::sync::watch;

/// Where the load stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Connections are made, each proven by an answer.
    Opening,
    /// Load runs, nothing is counted.
    Warmup,
    /// Load runs and counts, from this instant on.
    Counting { since: u64 },
    /// Nothing new is sent; what is in flight may arrive.
    Stopping,
    /// Patience is over: what has not arrived is lost.
    Over,
}

/// The phase and the clock.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    epoch: Instant,
    phase: watch::Receiver<Phase>,
}

impl Stage {
    pub(super) fn new(epoch: Instant, phase: watch::Receiver<Phase>) -> Self {
        Self { epoch, phase }
    }

    /// Nanoseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Whether what was due at `due` and arrives now belongs to the counted window. An open loop also takes the stragglers of its window.
    pub(super) fn counts(&self, open: bool, due: u64) -> bool {
        match (self.phase(), open) {
            (Phase::Counting { .. }, false) | (Phase::Stopping, true) => true,
            (Phase::Counting { since }, true) => due >= since,
            _ => false,
        }
    }

    /// Waits until the load has come to `phase`, or the conductor has gone.
    pub(super) async fn reached(&self, phase: Phase) {
        let _ = self.phase.clone().wait_for(|&now| now >= phase).await;
    }
}
