//! Counts that sessions bump while they live: plain atomics, one block for each listener and worker, so that workers do not share a
//! cache line. Not the exposition (that is [`crate::telemetry`], which adds the blocks up when it is scraped).
//!
//! Everything here only rises, except [`Gauge`].

mod relay;

pub use relay::RelayStats;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use metrics::Histogram;

use crate::reason::{AcceptFault, CloseReason, DropReason, RefuseReason, ReloadOutcome};

/// Counts of one listener on one worker.
#[repr(align(128))]
pub struct ListenerStats {
    /// Connections that became sessions.
    pub accepted: Counter,
    /// Connections closed before they became sessions.
    pub refused: [Counter; RefuseReason::COUNT],
    /// Sessions that ended.
    pub closed: [Counter; CloseReason::COUNT],
    /// Failures of `accept`.
    pub accept_faults: [Counter; AcceptFault::COUNT],
    /// Bytes and frames from peers.
    pub received: Traffic,
    /// Bytes and frames that the sockets took.
    pub sent: Traffic,
    /// Frames that were owed and not delivered.
    pub dropped: [Counter; DropReason::COUNT],
    /// Times at which a session stopped reading because its outbox was full.
    pub reads_paused: Counter,
    /// Times at which a session stopped reading to keep to `limits.read_rate`.
    pub reads_paced: Counter,
    /// Live sessions by state.
    pub states: [Gauge; SessionState::COUNT],
    /// Frames and bytes in outboxes.
    pub outbox_frames: Gauge,
    /// Bytes in outboxes.
    pub outbox_bytes: Gauge,
    /// Bytes of unfinished frames.
    pub partial_bytes: Gauge,
    /// Seconds from accept to close.
    pub duration: Histogram,
    /// Seconds from accept to the first whole frame.
    pub handshake: Histogram,
    /// Seconds from read to answered, sampled.
    pub dwell: Histogram,
    /// What only a relay counts.
    pub relay: RelayStats,
}

impl ListenerStats {
    /// Counts at zero; the histograms belong to the recorder, and are shared by all workers since they are bumped seldom.
    pub fn new(duration: Histogram, dwell: Histogram) -> Self {
        Self {
            accepted: Counter::default(),
            refused: Default::default(),
            closed: Default::default(),
            accept_faults: Default::default(),
            received: Traffic::default(),
            sent: Traffic::default(),
            dropped: Default::default(),
            reads_paused: Counter::default(),
            reads_paced: Counter::default(),
            states: Default::default(),
            outbox_frames: Gauge::default(),
            outbox_bytes: Gauge::default(),
            partial_bytes: Gauge::default(),
            duration,
            handshake: Histogram::noop(),
            dwell,
            relay: RelayStats::default(),
        }
    }
}

impl Default for ListenerStats {
    /// Counts that nobody shows: the histograms take nothing in.
    fn default() -> Self {
        Self::new(Histogram::noop(), Histogram::noop())
    }
}

/// Counts and limits of the whole process.
#[derive(Debug, Default)]
pub struct ProcessStats {
    /// Sessions that the process carries at most, fitted to the descriptor limit.
    pub sessions_limit: Gauge,
    /// Most bytes of unfinished frames.
    pub partial_limit: Gauge,
    /// Most bytes in outboxes.
    pub queued_limit: Gauge,
    /// Threads that carry sessions.
    pub workers: Gauge,
    /// Those of them whose loop stands still.
    pub workers_stuck: Gauge,
    /// Panics anywhere; those of sessions are also counted as their close reason.
    pub panics: Counter,
    /// Requests to read the configuration again.
    pub reloads: [Counter; ReloadOutcome::COUNT],
    /// Log lines that were not written: the queue was full, or the write failed.
    pub log_lines_lost: Counter,
}

/// What a live session is doing, as `/status` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SessionState {
    /// Connected; no whole frame yet.
    Handshake,
    /// Reading and answering.
    Open,
    /// Owed something that the peer does not take at the moment.
    Blocked,
    /// Saying goodbye: no longer answers, flushes what is owed, reads away what still arrives.
    Closing,
}

impl SessionState {
    /// Every state, in the order of its number.
    pub const ALL: &'static [Self] = &[Self::Handshake, Self::Open, Self::Blocked, Self::Closing];
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
    /// Every word, in the same order.
    pub const WORDS: &'static [&'static str] = &["handshake", "open", "blocked", "closing"];

    /// The word in labels and in `/status`.
    pub const fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// Bytes and frames in one direction.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Bytes, headers included.
    pub bytes: Counter,
    /// Whole frames; with the `bytes` codec, runs.
    pub frames: Counter,
}

impl Traffic {
    /// Counts one batch.
    #[inline]
    pub fn add(&self, bytes: usize, frames: u32) {
        self.bytes.add(bytes as u64);
        self.frames.add(u64::from(frames));
    }
}

/// A count that rises.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    #[inline]
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    /// The count now.
    pub fn now(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A level that rises and falls.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Moves it.
    #[inline]
    pub fn add(&self, by: i64) {
        self.0.fetch_add(by, Relaxed);
    }

    /// Puts it at a level, for what is known as a whole, such as a limit.
    pub fn set(&self, to: i64) {
        self.0.store(to, Relaxed);
    }

    /// The level now. Never negative, though the parts of a sum over workers may be for an instant.
    pub fn now(&self) -> i64 {
        self.0.load(Relaxed)
    }
}
