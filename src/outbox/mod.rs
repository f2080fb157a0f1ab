//! The outbox: a session's bounded send channel, for what its socket does not take at once.
//!
//! ```text
//!   control ─► [ frame ][ frame ] ────────────────┐   goes first, but never into the middle of a frame
//!                                                 ├─► socket
//!   data ────► [ rest of a started frame ][ f ][ f ]   bounded in frames, bytes and age; four ways of being full
//! ```
//! Pure: time is an argument, and nothing here does I/O. An outbox that was never used owns no memory.
//!
//! Invariants:
//! 1. A frame of which the socket took a byte is sent whole: no policy drops it. No torn frame, ever.
//! 2. Frames leave in the order in which they came in, control frames aside.
//! 3. Every frame that came in is sent, or counted in a [`Push`] or by [`Outbox::clear`].
//! 4. Bytes held ≤ `bytes`, or one frame where that is longer; beyond it `block` may hold the one batch that found room, and
//!    `drop-oldest` a started frame, which cannot make room.

mod lane;

use std::io::IoSlice;

use bytes::Bytes;
use lane::Lane;

use crate::reason::DropReason;
use crate::settings::{OutboxSettings, WhenFull};
use crate::tick::Tick;

/// Bytes of control frames that may wait.
pub const CONTROL_BYTES: usize = 4096;
/// Bytes of control frames with which a peer is not read until it takes them. What one batch provokes and the last words still fit.
const CONTROL_FULL: usize = CONTROL_BYTES / 4;

/// The rules of an outbox, in ticks. Shared by all sessions of a listener.
#[derive(Debug, Clone, Copy)]
pub struct OutboxRules {
    /// Frames that may wait.
    pub frames: u64,
    /// Bytes that may wait.
    pub bytes: u64,
    /// Ticks that a frame may wait; 0 is for ever.
    pub age: u32,
    /// What happens at a limit.
    pub when_full: WhenFull,
}

impl OutboxRules {
    /// These settings in ticks.
    pub fn new(settings: &OutboxSettings) -> Self {
        Self {
            frames: settings.frames,
            bytes: settings.bytes,
            age: Tick::span(settings.age),
            when_full: settings.when_full,
        }
    }
}

/// A session's bounded send channel.
#[derive(Debug, Default)]
pub struct Outbox(Option<Box<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    data: Lane,
    control: Lane,
}

/// What became of a frame that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// It waits.
    Queued,
    /// It waits, and older ones were dropped for it.
    Displaced {
        /// Those that had waited too long anyway.
        aged: u64,
        /// Those that made room.
        oldest: u64,
    },
    /// It was dropped.
    Refused(DropReason),
    /// It was dropped, and the session is to end.
    Disconnect,
}

impl Outbox {
    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.data.bytes() + queue.control.bytes())
    }

    /// Frames that wait, a started one included.
    pub fn frames(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.data.frames() + queue.control.frames())
    }

    /// When the oldest frame will have waited too long, where the policy does something about it by itself.
    pub fn next_expiry(&self, rules: &OutboxRules) -> Tick {
        match (&self.0, rules.when_full) {
            (Some(queue), WhenFull::DropOldest | WhenFull::Disconnect) => queue.data.next_expiry(rules),
            _ => Tick::NEVER,
        }
    }

    /// Bytes that may still come in before the outbox is full: what a session with policy `block` may read.
    pub fn room(&self, rules: &OutboxRules, now: Tick) -> u64 {
        let Some(queue) = &self.0 else { return rules.bytes.max(1) };
        if queue.control.bytes() >= CONTROL_FULL
            || queue.data.frames() as u64 >= rules.frames
            || queue.data.expired(rules, now)
        {
            return 0;
        }
        rules.bytes.saturating_sub(queue.data.bytes() as u64)
    }

    /// Whether so many control frames wait that no more are to be provoked, whatever the rules.
    pub fn is_full_of_control(&self) -> bool {
        self.0.as_ref().is_some_and(|queue| queue.control.bytes() >= CONTROL_FULL)
    }

    /// Puts a frame at the end; one of no bytes is none. `started` says that the socket has its first bytes already: it is the
    /// first to be sent, and `wire` is the rest of it.
    pub fn push(&mut self, rules: &OutboxRules, now: Tick, wire: &[u8], started: bool) -> Push {
        let queue = self.0.get_or_insert_default();
        if started || rules.when_full == WhenFull::Block || queue.data.fits(rules, now, wire.len()) {
            queue.data.push(now, wire, started);
            self.release_if_empty();
            return Push::Queued;
        }
        match rules.when_full {
            WhenFull::DropOldest => queue.displace(rules, now, wire),
            WhenFull::DropNewest => Push::Refused(DropReason::OutboxNewest),
            WhenFull::Disconnect | WhenFull::Block => Push::Disconnect,
        }
    }

    /// Puts a frame at the end, whatever the rules: whoever calls this keeps a bound of its own.
    pub fn append(&mut self, now: Tick, wire: &[u8]) {
        self.0.get_or_insert_default().data.push(now, wire, false);
        self.release_if_empty();
    }

    /// Keeps what is left of a frame whose beginning the socket took, without a copy, while nothing else waits as data.
    pub fn keep(&mut self, now: Tick, rest: Bytes) {
        self.0.get_or_insert_default().data.keep(now, rest);
        self.release_if_empty();
    }

    /// Puts a control frame ahead of all data. `false`, and nothing is queued, when [`CONTROL_BYTES`] wait already.
    pub fn push_control(&mut self, now: Tick, wire: &[u8]) -> bool {
        let queue = self.0.get_or_insert_default();
        let fits = queue.control.bytes() + wire.len() <= CONTROL_BYTES;
        if fits {
            queue.control.push(now, wire, false);
        }
        self.release_if_empty();
        fits
    }

    /// Drops what has waited too long, if the policy drops. Says how many frames.
    pub fn expire(&mut self, rules: &OutboxRules, now: Tick) -> u64 {
        let dropped = match (&mut self.0, rules.when_full) {
            (Some(queue), WhenFull::DropOldest) => queue.expire(rules, now),
            _ => 0,
        };
        self.release_if_empty();
        dropped
    }

    /// Whether the oldest frame has waited too long.
    pub fn expired(&self, rules: &OutboxRules, now: Tick) -> bool {
        self.0.as_ref().is_some_and(|queue| queue.data.expired(rules, now))
    }

    /// What to write next, in order: at most four slices, the unused ones empty.
    pub fn slices(&self) -> [IoSlice<'_>; 4] {
        let Some(queue) = &self.0 else { return [(); 4].map(|()| IoSlice::new(&[])) };
        // A started frame is finished before control frames go; what follows it waits for the next write.
        let [data, more, rest] = queue.data.all();
        if queue.control.bytes() == 0 {
            return [data, more, rest, &[]].map(IoSlice::new);
        }
        let [control, wrapped, _] = queue.control.all();
        let slices = match queue.data.started_rest() {
            Some([begun, of_it]) => [begun, of_it, control, wrapped],
            None => [control, wrapped, data, more],
        };
        slices.map(IoSlice::new)
    }

    /// The socket took the first `written` bytes of [`Outbox::slices`]. Says how many frames were finished.
    pub fn advance(&mut self, written: usize) -> u32 {
        let Some(queue) = &mut self.0 else { return 0 };
        let control = queue.control.bytes();
        let finished = if control == 0 {
            queue.data.advance(written)
        } else if let Some([begun, of_it]) = queue.data.started_rest() {
            let rest = begun.len() + of_it.len();
            queue.data.advance(written.min(rest)) + queue.control.advance(written.saturating_sub(rest))
        } else {
            queue.control.advance(written.min(control)) + queue.data.advance(written.saturating_sub(control))
        };
        self.release_if_empty();
        finished
    }

    /// Gives up what waits; says how many frames were lost.
    pub fn clear(&mut self) -> u64 {
        let lost = self.frames() as u64;
        self.0 = None;
        lost
    }

    fn release_if_empty(&mut self) {
        if self.0.as_ref().is_some_and(|queue| queue.data.frames() + queue.control.frames() == 0) {
            self.0 = None;
        }
    }
}

impl Queue {
    fn displace(&mut self, rules: &OutboxRules, now: Tick, wire: &[u8]) -> Push {
        let aged = self.expire(rules, now);
        let mut oldest = 0;
        while !self.data.fits(rules, now, wire.len()) && self.data.drop_oldest() {
            oldest += 1;
        }
        self.data.push(now, wire, false);
        Push::Displaced { aged, oldest }
    }

    fn expire(&mut self, rules: &OutboxRules, now: Tick) -> u64 {
        let mut dropped = 0;
        while self.data.expired(rules, now) && self.data.drop_oldest() {
            dropped += 1;
        }
        dropped
    }
}
