//! One lane of an outbox: bytes in a ring, and where their frames end. A write takes the ring as it stands, however many frames it holds.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use super::OutboxRules;
use crate::tick::Tick;

/// Frames in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The rest of the front frame, once one behind it was dropped: set aside, so that dropping never moves it again; or as it was lent by whoever shares it.
    begun: Bytes,
    bytes: VecDeque<u8>,
    marks: VecDeque<Mark>,
    /// Whether the socket has the beginning of the front frame: then it cannot be dropped any more.
    started: bool,
}

/// One frame of the lane.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// Bytes of it in the ring.
    len: usize,
    since: Tick,
}

impl Lane {
    pub(super) fn bytes(&self) -> usize {
        self.begun.len() + self.bytes.len()
    }

    pub(super) fn frames(&self) -> usize {
        self.marks.len()
    }

    /// When the oldest frame that could still be dropped will have waited too long.
    pub(super) fn next_expiry(&self, rules: &OutboxRules) -> Tick {
        match self.marks.get(usize::from(self.started)) {
            Some(waiting) if rules.age > 0 => waiting.since.after(rules.age),
            _ => Tick::NEVER,
        }
    }

    /// Whether the oldest frame that could still be dropped has waited too long.
    pub(super) fn expired(&self, rules: &OutboxRules, now: Tick) -> bool {
        now >= self.next_expiry(rules) && !self.marks.is_empty()
    }

    /// Whether a frame of `len` bytes keeps the lane within its limits. An empty lane takes any one frame, else it would never go.
    pub(super) fn fits(&self, rules: &OutboxRules, now: Tick, len: usize) -> bool {
        self.marks.is_empty()
            || ((self.marks.len() as u64) < rules.frames
                && (self.bytes() + len) as u64 <= rules.bytes
                && !self.expired(rules, now))
    }

    pub(super) fn push(&mut self, now: Tick, wire: &[u8], started: bool) {
        debug_assert!(!started || self.marks.is_empty(), "only the first frame can have been started");
        if wire.is_empty() {
            return;
        }
        self.started |= started;
        self.bytes.extend(wire);
        self.marks.push_back(Mark { len: wire.len(), since: now });
    }

    /// Keeps what is left of a frame whose beginning was sent, as the first of an empty lane.
    pub(super) fn keep(&mut self, now: Tick, rest: Bytes) {
        debug_assert!(self.marks.is_empty(), "only the first frame can have been started");
        if !rest.is_empty() {
            self.started = true;
            self.marks.push_back(Mark { len: rest.len(), since: now });
            self.begun = rest;
        }
    }

    /// Drops the oldest frame of which nothing was sent. `false` when there is none.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let Some(mark) = self.marks.remove(usize::from(self.started)) else { return false };
        if self.started && self.begun.is_empty() {
            self.begun = self.bytes.drain(..self.marks[0].len).collect();
        }
        self.bytes.drain(..mark.len);
        true
    }

    /// The unsent rest of the front frame, if its beginning was sent.
    pub(super) fn started_rest(&self) -> Option<[&[u8]; 2]> {
        let rest = self.marks.front().filter(|_| self.started)?.len;
        if !self.begun.is_empty() {
            return Some([&self.begun, &[]]);
        }
        let (front, back) = self.bytes.as_slices();
        let first = rest.min(front.len());
        Some([&front[..first], &back[..rest - first]])
    }

    /// All bytes in order, empty slices last.
    pub(super) fn all(&self) -> [&[u8]; 3] {
        let (front, back) = self.bytes.as_slices();
        if self.begun.is_empty() { [front, back, &[]] } else { [&self.begun, front, back] }
    }

    /// The first `written` bytes are gone. Says how many frames ended in them.
    pub(super) fn advance(&mut self, written: usize) -> u32 {
        let of_begun = written.min(self.begun.len());
        if of_begun > 0 {
            self.begun.advance(of_begun);
            if self.begun.is_empty() {
                // What was lent is given back, not only read to its end.
                self.begun = Bytes::new();
            }
        }
        self.bytes.drain(..written - of_begun);
        let mut left = written;
        let mut finished = 0;
        while let Some(front) = self.marks.front_mut() {
            if left < front.len {
                front.len -= left;
                self.started |= left > 0;
                return finished;
            }
            left -= front.len;
            self.marks.pop_front();
            self.started = false;
            finished += 1;
        }
        finished
    }
}
