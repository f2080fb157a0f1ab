//! Whether the daemon should be sent new sessions: what `/readyz`, two gauges and the log say. Not whether it accepts: during
//! `drain.delay` it is not ready and still accepts.
//!
//! ```text
//!  Starting ──► Ready ──► Draining
//!      └───────────────────►┘
//! ```
//! It never goes back: a drain is final.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

/// A stage of the daemon's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// Not all listeners accept yet.
    Starting,
    /// All listeners accept.
    Ready,
    /// The daemon is stopping.
    Draining,
}

impl Stage {
    /// The word in `/readyz` and `/status`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

/// The stage now, shared by those who set it and those who show it.
#[derive(Debug, Default)]
pub struct Readiness {
    stage: AtomicU8,
    changed: Notify,
}

impl Readiness {
    /// All listeners accept. Without effect once draining.
    pub fn ready(&self) {
        self.advance(Stage::Ready);
    }

    /// The daemon begins to stop.
    pub fn draining(&self) {
        self.advance(Stage::Draining);
    }

    /// Waits until the daemon is at `stage` or past it.
    pub async fn reached(&self, stage: Stage) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.stage() >= stage {
                return;
            }
            changed.await;
        }
    }

    /// The stage now.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Starting,
            1 => Stage::Ready,
            _ => Stage::Draining,
        }
    }

    fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        self.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_is_final() {
        let readiness = Readiness::default();
        assert_eq!(readiness.stage(), Stage::Starting);
        readiness.ready();
        assert_eq!(readiness.stage(), Stage::Ready);
        readiness.draining();
        readiness.ready();
        assert_eq!(readiness.stage(), Stage::Draining);
    }
}
