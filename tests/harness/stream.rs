//! A stream read in pieces, as a session reads it: what a codec cuts is put together into frames.

use oread::codec::{Codec, FrameFault, Progress};

/// What came out of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Whole frames: wire and payload.
    pub frames: Vec<(Vec<u8>, Vec<u8>)>,
    /// What ended it.
    pub fault: Option<FrameFault>,
    /// The unfinished frame at its end; empty after a fault.
    pub rest: Vec<u8>,
    /// Whether the codec says that a frame is open.
    pub open: bool,
}

/// Reads `pieces` one after the other. Holds every cut to what its documentation says.
pub fn read<'a>(codec: &Codec, pieces: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let mut heard = Heard::default();
    let mut progress = Progress::default();
    for piece in pieces {
        let cut = codec.cut(&mut progress, piece);
        assert!(cut.seam <= cut.end && cut.end <= piece.len(), "{cut:?} of {}", piece.len());
        assert_eq!(cut.end == 0, cut.frames == 0 || piece.is_empty(), "{cut:?}");
        let mut found = 0;
        if cut.frames > 0 {
            let mut first = std::mem::take(&mut heard.rest);
            assert!(first.is_empty() == (cut.seam == 0), "a seam belongs to a frame that was open: {cut:?}");
            first.extend_from_slice(&piece[..cut.seam]);
            for run in [&first[..], &piece[cut.seam..cut.end]] {
                let mut length = 0;
                for frame in codec.frames(run) {
                    length += frame.wire.len();
                    heard.frames.push((frame.wire.to_vec(), frame.payload.to_vec()));
                    found += 1;
                }
                assert_eq!(length, run.len(), "a run is whole frames and nothing else");
            }
        }
        assert_eq!(found, cut.frames, "frames are counted right");
        if cut.fault.is_some() {
            return Heard { fault: cut.fault, rest: Vec::new(), open: false, ..heard };
        }
        heard.rest.extend_from_slice(&piece[cut.end..]);
        assert_eq!(progress.in_frame(), !heard.rest.is_empty(), "what is kept is one unfinished frame");
        assert!(heard.rest.len() as u64 <= codec.longest_partial(), "an unfinished frame is bounded");
    }
    Heard { open: progress.in_frame(), ..heard }
}

/// `stream` in pieces of these lengths, taken in turns; the end of the list is its beginning.
pub fn pieces<'a>(stream: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut rest = stream;
    let mut pieces = Vec::new();
    let mut turns = lengths.iter().cycle();
    while !rest.is_empty() {
        let length = turns.next().map_or(rest.len(), |length| usize::from(*length).clamp(1, rest.len()));
        let (piece, behind) = rest.split_at(length);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// The kind of a fault, without its figures: a line's length when it is found too long depends on how it was read.
pub fn kind(fault: Option<FrameFault>) -> Option<std::mem::Discriminant<FrameFault>> {
    fault.as_ref().map(std::mem::discriminant)
}
