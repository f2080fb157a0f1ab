//! What a session shares: with all sessions of its listener on its worker, and with the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

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
    /// Bytes in all outboxes.
    pub queued: Budget,
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

/// A limit that all sessions share.
#[derive(Debug)]
pub struct Budget {
    used: AtomicU64,
    limit: u64,
}

impl Commons {
    /// Serving, with these budgets in bytes.
    pub fn new(queued: u64, partial: u64, endings: LineBudget) -> Self {
        Self {
            stage: AtomicU8::new(Stage::Serving as u8),
            queued: Budget::new(queued),
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

impl Budget {
    fn new(limit: u64) -> Self {
        Self { used: AtomicU64::new(0), limit }
    }

    /// Moves the use from `before` to `after` bytes of one session. Says whether all is within the limit.
    pub fn settle(&self, before: usize, after: usize) -> bool {
        let change = (after as u64).wrapping_sub(before as u64);
        self.used.fetch_add(change, Relaxed).wrapping_add(change) <= self.limit
    }

    /// Whether the limit has been reached.
    pub fn is_spent(&self) -> bool {
        self.used.load(Relaxed) >= self.limit
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// The limit in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}
