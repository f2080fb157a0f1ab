//! The frames that the tools send, and the check of what comes back.
//!
//! A connection owns a [`Ring`]: as many frames as may be in flight, laid out as they go over the wire. An echo returns the bytes
//! that were sent, in order, so what comes back is compared with the ring itself: one `memcmp` a read, whatever it holds.
//! A frame's payload tells frames and connections apart:
//!
//! ```text
//! | header of the codec | sequence (8) | connection (4) | filler, shifted by connection | LF of `lines` |
//!                        `-------------- payload, printable, `size` bytes --------------'
//! ```
//!
//! Invariant: a slot is stamped anew only after its frame has come back, so the ring always holds what is in flight.

/// How the tools frame what they send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Codec {
    /// Four length bytes, big-endian, then the payload: the daemon's default.
    LengthDelimited,
    /// The payload, then a line feed.
    Lines,
    /// The payload alone.
    Bytes,
}

impl Codec {
    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::LengthDelimited => "length-delimited",
            Self::Lines => "lines",
            Self::Bytes => "bytes",
        }
    }

    /// Bytes on the wire before and after a payload.
    pub(crate) fn overhead(self) -> (usize, usize) {
        match self {
            Self::LengthDelimited => (4, 0),
            Self::Lines => (0, 1),
            Self::Bytes => (0, 0),
        }
    }
}

const SEQUENCE: usize = 8;
const NUMBER: usize = 4;

/// The frames of one connection that may be in flight.
#[derive(Debug)]
pub(crate) struct Ring {
    bytes: Box<[u8]>,
    /// Length of a frame on the wire.
    frame: usize,
    /// Where the sequence stands in a frame.
    stamp: std::ops::Range<usize>,
}

impl Ring {
    /// `size` is the payload in bytes, at least 1; `depth` the frames in flight, at least 1.
    pub(crate) fn new(codec: Codec, size: u32, depth: u32, connection: u32) -> Self {
        let (before, after) = codec.overhead();
        let len = size as usize;
        let mut frame = Vec::with_capacity(before + len + after);
        if codec == Codec::LengthDelimited {
            frame.extend_from_slice(&size.to_be_bytes());
        }
        frame.extend((0..len).map(|at| filler(connection as usize + at)));
        let number = SEQUENCE.min(len)..(SEQUENCE + NUMBER).min(len);
        let digits = sixes(u64::from(connection));
        let width = number.len();
        frame[before..][number].copy_from_slice(&digits[SEQUENCE - width..]);
        if codec == Codec::Lines {
            frame.push(b'\n');
        }
        let stamp = before..before + SEQUENCE.min(len);
        Self { frame: frame.len(), stamp, bytes: frame.repeat(depth as usize).into_boxed_slice() }
    }

    /// Length of a frame on the wire.
    pub(crate) fn frame_len(&self) -> u64 {
        self.frame as u64
    }

    /// Writes the sequence into its slot.
    pub(crate) fn stamp(&mut self, sequence: u64) {
        let at = self.place(sequence.wrapping_mul(self.frame as u64));
        let slot = &mut self.bytes[at..][self.stamp.clone()];
        let skip = SEQUENCE - slot.len();
        slot.copy_from_slice(&sixes(sequence)[skip..]);
    }

    /// The bytes of the stream from `offset` on, at most `len`, up to the ring's seam.
    pub(crate) fn from(&self, offset: u64, len: u64) -> &[u8] {
        let rest = &self.bytes[self.place(offset)..];
        &rest[..rest.len().min(usize::try_from(len).unwrap_or(usize::MAX))]
    }

    /// The first place at which `got`, received at `offset` of the stream, is not what was sent. `got` is at most the ring long.
    pub(crate) fn differs(&self, offset: u64, got: &[u8]) -> Option<Difference> {
        let head = self.from(offset, got.len() as u64);
        let (first, second) = got.split_at(head.len());
        if first == head && second == &self.bytes[..second.len()] {
            return None;
        }
        let sent = head.iter().chain(self.bytes.iter());
        let (at, (&found, &sent)) =
            got.iter().zip(sent).enumerate().find(|(_, (found, sent))| found != sent)?;
        Some(Difference { offset: offset + at as u64, sent, found })
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is less than the ring's length, a usize"
    )]
    fn place(&self, offset: u64) -> usize {
        (offset % self.bytes.len() as u64) as usize
    }
}

/// One byte that came back changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Its place in all that the connection sent.
    pub(crate) offset: u64,
    pub(crate) sent: u8,
    pub(crate) found: u8,
}

/// Six bits a byte, most significant first, in printable characters: never a CR or LF.
pub(crate) fn sixes(value: u64) -> [u8; SEQUENCE] {
    let mut digits = [0; SEQUENCE];
    for (at, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b'0' + ((value >> (6 * at)) & 0x3f) as u8;
    }
    digits
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below 95")]
pub(crate) fn filler(at: usize) -> u8 {
    b' ' + (at % 95) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_returns_its_own_stream_and_names_the_first_changed_byte() {
        for (codec, size) in [(Codec::LengthDelimited, 64), (Codec::Lines, 3), (Codec::Bytes, 1)] {
            let mut ring = Ring::new(codec, size, 3, 7);
            let frame = ring.frame_len();
            for sequence in 0..3 {
                ring.stamp(sequence);
            }
            let mut wire: Vec<u8> = ring.from(frame, 2 * frame).to_vec();
            ring.stamp(3);
            wire.extend_from_slice(ring.from(3 * frame, frame));
            assert_eq!(ring.differs(frame, &wire), None, "{codec:?}");
            let last = wire.len() - 1;
            wire[last] ^= 1;
            let found = ring.differs(frame, &wire).map(|difference| difference.offset);
            assert_eq!(found, Some(4 * frame - 1), "{codec:?}");
        }
    }

    #[test]
    fn a_line_holds_one_line_feed_at_its_end() {
        for sequence in [0, 10, 13, u64::MAX] {
            let mut ring = Ring::new(Codec::Lines, 100, 1, 3594);
            ring.stamp(sequence);
            let line = ring.from(0, 101);
            assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(100));
            assert!(line[..100].iter().all(|byte| (b' '..0x7f).contains(byte) || *byte >= b'0'));
        }
    }
}
