//! What the session machine says and is told: the phases of a session's life, its appetite, what a read brought, and how it stands with
//! its service.

use crate::codec::FrameFault;
use crate::reason::CloseReason;
use crate::tick::Tick;

/// Where a session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading and answering.
    Open,
    /// The peer has closed its side; it is still owed something.
    HalfClosed,
    /// No longer answers; flushes what it owes.
    Flushing {
        /// Why the session ends.
        reason: CloseReason,
        /// When it ends at the latest.
        until: Tick,
        /// Whether the peer has closed its side, so that nothing is left to read away.
        heard_all: bool,
    },
    /// Our side is closed; reads away what still arrives.
    Lingering {
        /// Why the session ends.
        reason: CloseReason,
        /// When it ends at the latest.
        until: Tick,
    },
    /// Over.
    Done(CloseReason),
}

/// How much a session wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appetite {
    /// Bytes; 0 is none.
    pub bytes: u64,
    /// Why it has none, if it had some a moment ago.
    pub lost: Option<Pause>,
}

/// Why a session that could be read is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// What it is owed has to go first (`outbox.when_full = "block"`).
    OutboxFull,
    /// It has used up its `limits.read_rate` for the moment.
    ReadRate,
    /// The service could not take what it sent yet: a room is full, or it publishes faster than it may.
    Held,
}

/// What one read brought.
#[derive(Debug, Default)]
pub struct Arrival {
    /// The beginning of the run's first frame, from earlier reads; empty when the run begins in this one.
    pub head: Vec<u8>,
    /// Bytes of this read that finish the frame in `head`.
    pub seam: usize,
    /// Where the run ends in the bytes that were read.
    pub end: usize,
    /// Whole frames in head and run.
    pub frames: u32,
    /// Why the stream cannot go on after the run.
    pub fault: Option<FrameFault>,
}

/// How the session stands with its service.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// The service holds frames that it could not take yet.
    pub holds: bool,
    /// It has something to deliver that the socket did not take.
    pub owes: bool,
    /// A peer that takes nothing is some policy's matter, not `limits.write_stall`'s.
    pub forgives: bool,
}
