//! A segment: a stretch of the log that is given up as a whole. Bytes, where its messages end, and who published them.
//!
//! ```text
//!   pieces   [ Bytes ─────────────────┐[ Bytes: a large message ]┐[ Bytes ────┐   frozen: lent to readers
//!   open                                                                      │░ filled ░│ free │
//!   ends        ^     ^    ^          ^                          ^    ^       ^     ^    ^   one a message
//!   runs     [ publisher A ][ B       ][ A                       ][ C        ][ A        ]   one an append
//! ```
//! Pieces and `open` share one allocation, large messages aside. What was appended is frozen when somebody reads it, so that appends
//! between two reads become one piece. Invariant: a message lies in one piece.

use std::mem::size_of;

use bytes::{Bytes, BytesMut};

use super::crowd::Crowd;
use super::reading::Reading;
use super::rules::RoomRules;
use crate::peer::SessionId;
use crate::tick::Tick;

/// A stretch of the log.
#[derive(Debug)]
pub(super) struct Segment {
    /// Position of its first message.
    pub(super) first: u64,
    /// Bytes that the room published before it.
    pub(super) base: u64,
    /// Members whose next message is in here, or was given up before it.
    pub(super) behind: Crowd,
    /// Bytes that it is charged for: allocations, and its index.
    pub(super) charge: usize,
    pub(super) runs: Vec<Run>,
    open: BytesMut,
    pieces: Vec<Piece>,
    /// Where each message ends, in bytes from the segment's beginning.
    ends: Vec<u32>,
}

/// Messages that one session published at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) publisher: SessionId,
    pub(super) time: Tick,
    /// How many messages of the segment lie before the end of this run.
    pub(super) end: u32,
}

#[derive(Debug)]
struct Piece {
    end: usize,
    bytes: Bytes,
}

/// What of a run goes into one segment in one go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) messages: usize,
    pub(super) bytes: usize,
    /// The allocation that the segment makes for small messages, if it is a new one.
    pub(super) opens: Option<usize>,
    /// Whether it is one message with an allocation of its own.
    pub(super) large: bool,
}

impl Chunk {
    /// Whether a new segment could allocate less than this and still take a message.
    pub(super) fn may_shrink(&self) -> bool {
        self.opens.is_some_and(|buffer| buffer > self.bytes || self.messages > 1)
    }

    /// What it adds to the charge of the log.
    pub(super) fn charge(&self) -> usize {
        let opened = self.opens.map_or(0, |buffer| buffer + size_of::<Segment>());
        let own = if self.large { self.bytes } else { 0 };
        opened + own + self.messages * size_of::<u32>() + size_of::<Run>() + size_of::<Piece>()
    }
}

impl Segment {
    pub(super) fn new(first: u64, base: u64, buffer: usize) -> Self {
        Self {
            first,
            base,
            behind: Crowd::default(),
            charge: 0,
            runs: Vec::new(),
            open: BytesMut::with_capacity(buffer),
            pieces: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The position after its last message.
    pub(super) fn end(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Which of its messages has this position.
    pub(super) fn index(&self, position: u64) -> usize {
        usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.len())
    }

    /// Where message `index` begins, in bytes.
    pub(super) fn offset(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    pub(super) fn bytes(&self) -> usize {
        self.offset(self.len())
    }

    /// The run that message `index` belongs to.
    pub(super) fn run_at(&self, index: usize) -> usize {
        self.runs.partition_point(|run| run.end as usize <= index)
    }

    /// How much of a run, whose messages end at `ends` from `from`, may still go into this segment in one go.
    pub(super) fn chunk(&self, rules: &RoomRules, from: u32, ends: &[u32]) -> Option<Chunk> {
        let messages = rules.segment_messages().checked_sub(self.len()).filter(|free| *free > 0)?;
        let chunk = Chunk::next(
            rules,
            from,
            &ends[..messages.min(ends.len())],
            self.open.capacity() - self.open.len(),
        )?;
        let fits = !chunk.large
            || (self.bytes() < rules.segment_bytes() && u32::try_from(self.bytes() + chunk.bytes).is_ok());
        fits.then_some(chunk)
    }

    /// Puts these messages at the end.
    pub(super) fn append(
        &mut self,
        now: Tick,
        publisher: SessionId,
        chunk: &Chunk,
        bytes: &[u8],
        ends: impl Iterator<Item = u32>,
    ) {
        let base = u32::try_from(self.bytes()).unwrap_or(u32::MAX);
        if chunk.large {
            self.freeze();
            self.pieces.push(Piece { end: self.bytes() + bytes.len(), bytes: Bytes::copy_from_slice(bytes) });
        } else {
            self.open.extend_from_slice(bytes);
        }
        self.ends.extend(ends.map(|end| base + end));
        self.charge += chunk.charge();
        let end = u32::try_from(self.len()).unwrap_or(u32::MAX);
        match self.runs.last_mut() {
            Some(run) if run.publisher == publisher && run.time == now => run.end = end,
            _ => self.runs.push(Run { publisher, time: now, end }),
        }
    }

    /// Makes what was appended since the last time readable.
    pub(super) fn freeze(&mut self) {
        if !self.open.is_empty() {
            let bytes = self.open.split().freeze();
            self.pieces.push(Piece { end: self.bytes(), bytes });
        }
    }

    /// The next messages from `from` on that are not of `without`, and how many runs were looked at. Empty at the end.
    pub(super) fn stretch(&self, from: usize, without: Option<SessionId>) -> (std::ops::Range<usize>, usize) {
        let Some(without) = without else { return (from..self.len(), 1) };
        let mut start = from;
        let mut end = from;
        let mut looked = 0;
        for run in &self.runs[self.run_at(from)..] {
            looked += 1;
            let own = run.publisher == without;
            if own && end > start {
                break;
            }
            end = run.end as usize;
            if own {
                start = end;
            }
        }
        (start..end, looked)
    }

    /// Lends messages of `range` to a reader, at most `quantum` bytes but at least one message if it has none. Says where it stopped.
    pub(super) fn lend(&self, range: std::ops::Range<usize>, quantum: usize, reading: &mut Reading) -> usize {
        let (from, start) = (range.start, self.offset(range.start));
        let within =
            |limit: usize| from + self.ends[range.clone()].partition_point(|end| *end as usize <= limit);
        let mut to = within(start.saturating_add(quantum));
        if to == from && reading.is_empty() {
            to = (from + 1).min(range.end);
        }
        let stop = self.offset(to);
        let mut at = start;
        for piece in &self.pieces[self.pieces.partition_point(|piece| piece.end <= start)..] {
            if at == stop || reading.is_full() {
                break;
            }
            let begin = piece.end - piece.bytes.len();
            let end = piece.end.min(stop);
            reading.lend(piece.bytes.slice(at - begin..end - begin));
            at = end;
        }
        let to = if at < stop { within(at) } else { to };
        reading.cover(self.first + from as u64, start, &self.ends[from..to]);
        to
    }
}

impl Chunk {
    /// The first messages of a run that share an allocation with `free` bytes left, or one large message.
    fn next(rules: &RoomRules, from: u32, ends: &[u32], free: usize) -> Option<Self> {
        let small = rules.small();
        let mut last = from;
        let mut messages = 0;
        for end in ends {
            let len = (end - last) as usize;
            if messages == 0 && len > small {
                return Some(Self { messages: 1, bytes: len, opens: None, large: true });
            }
            if len > small || (end - from) as usize > free {
                break;
            }
            last = *end;
            messages += 1;
        }
        (messages > 0).then_some(Self { messages, bytes: (last - from) as usize, opens: None, large: false })
    }

    /// The first messages of a run as the beginning of a new segment that allocates `buffer` bytes for small ones.
    pub(super) fn opening(rules: &RoomRules, from: u32, ends: &[u32], buffer: usize) -> Option<Self> {
        let first = (ends.first()? - from) as usize;
        let buffer = if first > rules.small() { 0 } else { buffer.max(first) };
        let chunk = Self::next(rules, from, &ends[..rules.segment_messages().min(ends.len())], buffer)?;
        Some(Self { opens: Some(buffer), ..chunk })
    }
}
