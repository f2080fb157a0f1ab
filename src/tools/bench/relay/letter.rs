//! What each message carries, so that every member can tell what it got and what it did not. Pure.
//!
//! ```text
//!  | run (4) | publisher (4) | sequence (8) | due (8) | filler, shifted by publisher and sequence |
//!  `----------------------------- payload, printable, `size` bytes -------------------------------'
//! ```
//! Numbers have six bits a byte, most significant first. `run` is this run's own, so that what others say in the room is told apart;
//! `due` counts nanoseconds since the run began.

use std::sync::Arc;

use crate::tools::wire;

const RUN: usize = 4;
const PUBLISHER: std::ops::Range<usize> = 4..8;
const SEQUENCE: std::ops::Range<usize> = 8..16;
const DUE: std::ops::Range<usize> = 16..24;
const HEAD: usize = DUE.end;
/// The filler repeats after so many bytes.
const PERIOD: usize = 95;

/// Bytes that a message has beside its payload, at most, on any wire.
pub(super) const OVERHEAD: u64 = 32;

/// The sequence of what is sent only to hear whether everyone is there.
pub(super) const PROBE: u64 = (1 << 48) - 1;

/// What one message says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    /// Number of the publisher, over all rooms.
    pub(super) publisher: u32,
    /// Counts the publisher's messages from 0, or [`PROBE`].
    pub(super) sequence: u64,
    /// When it was due.
    pub(super) due: u64,
}

/// What a payload turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Ours(Letter),
    /// Somebody else's.
    Foreign,
    /// Ours, but not as it was sent.
    Corrupted,
}

/// Makes and reads payloads of one size and run.
#[derive(Debug, Clone)]
pub(super) struct Stationery {
    run: [u8; RUN],
    size: usize,
    filler: Arc<[u8]>,
    blank: Arc<[u8]>,
}

impl Stationery {
    /// The error is that `size` is too little.
    pub(super) fn new(size: u32) -> Result<Self, String> {
        let len = size as usize;
        if len < HEAD {
            return Err(format!(
                "--size {size} B does not hold publisher, sequence and time: give it {HEAD} B or more"
            ));
        }
        let mut seed = [0; 8];
        // Without randomness runs are told apart by their process alone.
        if getrandom::fill(&mut seed).is_err() {
            seed[..4].copy_from_slice(&std::process::id().to_le_bytes());
        }
        let mut run = [0; RUN];
        run.copy_from_slice(&wire::sixes(u64::from_le_bytes(seed))[8 - RUN..]);
        let filler = (0..len - HEAD + PERIOD).map(wire::filler).collect();
        Ok(Self { run, size: len, filler, blank: vec![b' '; len].into() })
    }

    /// Bytes of a payload.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// A payload that is yet to be written.
    pub(super) fn blank(&self) -> &[u8] {
        &self.blank
    }

    /// Writes the payload of a letter into `payload`, which is as long as [`size`](Self::size).
    pub(super) fn write(&self, letter: Letter, payload: &mut [u8]) {
        payload[..RUN].copy_from_slice(&self.run);
        payload[PUBLISHER].copy_from_slice(&wire::sixes(u64::from(letter.publisher))[4..]);
        payload[SEQUENCE].copy_from_slice(&wire::sixes(letter.sequence));
        payload[DUE].copy_from_slice(&wire::sixes(letter.due));
        payload[HEAD..].copy_from_slice(self.filler(letter));
    }

    /// Reads a payload.
    pub(super) fn read(&self, payload: &[u8]) -> Read {
        if !payload.starts_with(&self.run) {
            return Read::Foreign;
        }
        if payload.len() != self.size {
            return Read::Corrupted;
        }
        let publisher = number(&payload[PUBLISHER]).and_then(|number| u32::try_from(number).ok());
        let (Some(publisher), Some(sequence), Some(due)) =
            (publisher, number(&payload[SEQUENCE]), number(&payload[DUE]))
        else {
            return Read::Corrupted;
        };
        let letter = Letter { publisher, sequence, due };
        if payload[HEAD..] == *self.filler(letter) { Read::Ours(letter) } else { Read::Corrupted }
    }

    fn filler(&self, letter: Letter) -> &[u8] {
        let shift = letter.sequence.wrapping_add(u64::from(letter.publisher)) % PERIOD as u64;
        // Below the period.
        let shift = usize::try_from(shift).unwrap_or_default();
        &self.filler[shift..][..self.size - HEAD]
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        let six = digit.checked_sub(b'0').filter(|six| *six < 64)?;
        Some(number << 6 | u64::from(six))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_changed_byte_is_noticed() {
        for size in [24, 64, 4096] {
            let Ok(stationery) = Stationery::new(size) else { panic!("{size} B hold a head") };
            let letter = Letter { publisher: 700, sequence: 123_456_789, due: 987_654_321_000 };
            let mut payload = vec![0; stationery.size()];
            stationery.write(letter, &mut payload);
            assert_eq!(stationery.read(&payload), Read::Ours(letter));
            assert!(payload.iter().all(|byte| (b' '..0x7f).contains(byte)), "a line holds it");
            for at in HEAD..payload.len() {
                payload[at] ^= 1;
                assert_eq!(stationery.read(&payload), Read::Corrupted, "byte {at}");
                payload[at] ^= 1;
            }
            assert_eq!(stationery.read(&payload[..payload.len() - 1]), Read::Corrupted);
            assert_eq!(stationery.read(b"hello"), Read::Foreign);
        }
        assert!(Stationery::new(23).is_err());
    }
}
