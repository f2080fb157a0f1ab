//! What a member reads in one go: bytes lent from the log, and the borders of the messages in them, by which it is settled afterwards how
//! far a write came. It stays true whatever becomes of the log meanwhile.

use bytes::Bytes;

use super::gap::Gap;

/// Slices that one reading lends at the most: what one vectored write takes well.
pub const PIECES: usize = 64;

/// Bytes that one reading may cover beyond which borders would not fit their four bytes.
const LONGEST: usize = 1 << 30;

/// A room's messages on their way to one member. A caller needs one for each write that is under way, and uses it again.
#[derive(Debug, Default)]
pub struct Reading {
    gap: Option<Gap>,
    pieces: Vec<Bytes>,
    /// Where each message ends, in bytes from the first piece's beginning.
    ends: Vec<u32>,
    /// Messages whose positions follow each other.
    stretches: Vec<Stretch>,
    /// The first position that it covers.
    pub(super) from: u64,
    /// The position after the last that it covers.
    pub(super) until: u64,
    /// A longer message owns its allocation.
    small: usize,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: u64,
    /// How many messages of the reading lie before its end.
    end: usize,
}

/// How far a write came.
#[derive(Debug)]
pub(super) struct Settled {
    /// The position after the last message that was begun.
    pub(super) next: u64,
    /// Messages begun.
    pub(super) messages: u64,
    /// What the socket did not take of the last of them.
    pub(super) rest: Option<Bytes>,
}

impl Reading {
    /// An empty one, which owns no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the member has missed: to be announced to it before the messages. It is announced as far as the log's accounts go.
    pub fn gap(&self) -> Option<Gap> {
        self.gap
    }

    /// The messages, in order, as the log holds them.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// Bytes of [`Reading::pieces`].
    pub fn bytes(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    /// Messages in [`Reading::pieces`].
    pub fn messages(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds no message; it may still hold a gap.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The positions that it covers, the member's own left out included.
    pub fn positions(&self) -> std::ops::Range<u64> {
        self.from..self.until
    }

    pub(super) fn begin(&mut self, from: u64, small: usize) {
        self.end();
        (self.from, self.until, self.small) = (from, from, small);
    }

    /// Gives back what was lent.
    pub(super) fn end(&mut self) {
        self.gap = None;
        self.pieces.clear();
        self.ends.clear();
        self.stretches.clear();
        self.from = self.until;
    }

    pub(super) fn announce(&mut self, gap: Gap) {
        self.gap = Some(gap);
    }

    pub(super) fn is_full(&self) -> bool {
        self.pieces.len() >= PIECES
    }

    /// Bytes of `quantum` that are left.
    pub(super) fn left(&self, quantum: usize) -> usize {
        quantum.min(LONGEST).saturating_sub(self.bytes())
    }

    pub(super) fn lend(&mut self, piece: Bytes) {
        self.pieces.push(piece);
    }

    /// The messages from position `first` on that end at `ends`, counted from `start`, were lent.
    pub(super) fn cover(&mut self, first: u64, start: usize, ends: &[u32]) {
        if ends.is_empty() {
            return;
        }
        let base = self.bytes();
        self.ends.extend(ends.iter().map(|end| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a reading ends at LONGEST, or is one message of a u32's length"
            )]
            let end = (base + *end as usize - start) as u32;
            end
        }));
        let (end, follows) = (self.ends.len(), first == self.until && !self.stretches.is_empty());
        match self.stretches.last_mut() {
            Some(last) if follows => last.end = end,
            _ => self.stretches.push(Stretch { first, end }),
        }
        self.until = first + ends.len() as u64;
    }

    /// The socket took the first `written` bytes.
    pub(super) fn settle(&self, written: usize) -> Settled {
        let done = self.ends.partition_point(|end| *end as usize <= written);
        let begins = done.checked_sub(1).map_or(0, |last| self.ends[last] as usize);
        let rest = self
            .ends
            .get(done)
            .filter(|_| written > begins)
            .map(|end| self.rest(begins, written, *end as usize));
        let messages = done + usize::from(rest.is_some());
        let next = match messages {
            0 => self.from,
            all if all == self.ends.len() => self.until,
            some => self.position(some - 1) + 1,
        };
        Settled { next, messages: messages as u64, rest }
    }

    /// How many of the positions of `from..until` are in here but were left out: the member's own.
    pub(super) fn left_out(&self, from: u64, until: u64) -> u64 {
        let until = until.min(self.until);
        let mut before = 0;
        let lent: u64 = self
            .stretches
            .iter()
            .map(|stretch| {
                let end = stretch.first + (stretch.end - before) as u64;
                before = stretch.end;
                end.min(until).saturating_sub(stretch.first.max(from))
            })
            .sum();
        until.saturating_sub(from) - lent
    }

    /// The position of a message.
    fn position(&self, message: usize) -> u64 {
        let at = self.stretches.partition_point(|stretch| stretch.end <= message);
        let before = at.checked_sub(1).map_or(0, |last| self.stretches[last].end);
        self.stretches[at].first + (message - before) as u64
    }

    /// The rest of an unfinished message: of a large one its own allocation, of a small one a copy, so that nobody else's bytes are held.
    fn rest(&self, begins: usize, written: usize, end: usize) -> Bytes {
        let mut piece_begins = 0;
        for piece in &self.pieces {
            if end <= piece_begins + piece.len() {
                let rest = piece.slice(written - piece_begins..end - piece_begins);
                return if end - begins > self.small { rest } else { Bytes::copy_from_slice(&rest) };
            }
            piece_begins += piece.len();
        }
        Bytes::new()
    }
}
