//! What a session shares: with all sessions of its listener on its worker, and with the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed, Ordering::SeqCst};

pub use crate::budget::Budget;

use super::machine::Rules;
use crate::handle::Handle;
use crate::line_budget::LineBudget;
use crate::service::Turn;
use crate::stats::{Counter, ListenerStats};
use crate::tick::Tick;
use crate::worker::Worker;

/// Shared by all sessions of one listener on one worker.
pub struct Context {
    /// The listener's name.
    pub listener: Arc<str>,
    /// Codec, deadlines, outbox, rate.
    pub rules: Rules,
    /// The worker on which they live.
    pub worker: Arc<Worker>,
    /// What they count.
    pub stats: Arc<ListenerStats>,
    /// What all sessions of the process share.
    pub process: Arc<Commons>,
}

impl Context {
    /// A turn of the session of `handle`, for its service.
    pub fn turn<'a>(&'a self, now: Tick, handle: &'a Arc<Handle>) -> Turn<'a> {
        Turn { now, handle, codec: &self.rules.codec, worker: &self.worker, stats: &self.stats }
    }
}

/// Shared by all sessions of the process.
pub struct Commons {
    stage: AtomicU8,
    /// Bytes in all outboxes and in the logs of all rooms.
    pub queued: Arc<Budget>,
    /// Bytes of all unfinished frames.
    pub partial: Budget,
    /// How often a session's end is worth a line.
    pub endings: LineBudget,
    /// Sessions that were ended before they were finished.
    pub cut: Counter,
}

/// How far the daemon is in its life, as sessions need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// Sessions are served.
    Serving,
    /// Sessions finish what they are writing and say goodbye.
    Draining,
    /// Sessions end now.
    Cutting,
}

impl Commons {
    /// Serving, with these budgets in bytes.
    pub fn new(queued: Arc<Budget>, partial: u64, endings: LineBudget) -> Self {
        Self {
            stage: AtomicU8::new(Stage::Serving as u8),
            queued,
            partial: Budget::new(partial),
            endings,
            cut: Counter::default(),
        }
    }

    /// How far the daemon is.
    #[inline]
    pub fn stage(&self) -> Stage {
        match self.stage.load(Relaxed) {
            0 => Stage::Serving,
            1 => Stage::Draining,
            _ => Stage::Cutting,
        }
    }

    /// Goes on to `stage`; never back. Wake the sessions afterwards.
    pub fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, SeqCst);
    }
}
