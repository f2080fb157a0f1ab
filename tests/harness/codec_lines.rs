//! Law: however a stream is read, the same lines come out, and they are those that tokio-util's `LinesCodec` finds in UTF-8.
//!
//! One difference is meant: what stands behind the last line feed when the stream ends is a line to tokio-util, and `truncated` here, since
//! nobody can know whether it was whole.

use arbitrary::{Result, Unstructured};
use bytes::BytesMut;
use oread::codec::{Codec, FrameFault};
use oread::settings::{CodecSettings, LineSettings};
use tokio_util::codec::{Decoder, LinesCodec, LinesCodecError};

use super::stream::{self, Heard};

/// Holds one stream, made from `data`, to the law.
pub fn run(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let Ok((max, lengths)) = scene(&mut source) else { return };
    check(max, source.take_rest(), &lengths);
}

/// Reads `bytes` at once, in `lengths`, and, if they are UTF-8, with tokio-util.
pub fn check(max: u64, bytes: &[u8], lengths: &[u8]) {
    let codec = Codec::new(&CodecSettings::Lines(LineSettings { max }));
    let mut whole = stream::read(&codec, [bytes]);
    let pieces = stream::pieces(bytes, lengths);
    let split = stream::read(&codec, pieces.iter().copied());
    assert_eq!(stream::kind(whole.fault), stream::kind(split.fault), "max {max}");
    whole.fault = split.fault;
    assert_eq!(whole, split, "max {max}");
    if std::str::from_utf8(bytes).is_ok() {
        agrees(max, &whole, &pieces);
    }
}

fn scene(source: &mut Unstructured<'_>) -> Result<(u64, Vec<u8>)> {
    Ok((*source.choose(&[0, 1, 2, 7, 30, 300])?, source.arbitrary::<[u8; 4]>()?.to_vec()))
}

fn agrees(max: u64, heard: &Heard, pieces: &[&[u8]]) {
    let mut theirs = LinesCodec::new_with_max_length(usize::try_from(max).unwrap());
    let mut buffer = BytesMut::new();
    let mut expected = heard.frames.iter().map(|(_, payload)| &payload[..]);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match theirs.decode(&mut buffer) {
                Ok(Some(line)) => assert_eq!(Some(line.as_bytes()), expected.next()),
                Ok(None) => break,
                Err(LinesCodecError::MaxLineLengthExceeded) => {
                    assert!(expected.next().is_none(), "max {max}");
                    assert!(matches!(heard.fault, Some(FrameFault::TooLarge { .. })), "max {max}");
                    return;
                }
                Err(LinesCodecError::Io(error)) => panic!("valid UTF-8: {error}"),
            }
        }
    }
    assert!(expected.next().is_none(), "more lines than theirs");
    assert_eq!(heard.fault, None, "no fault of theirs");
    let last = theirs.decode_eof(&mut buffer).unwrap();
    assert_eq!(last.is_some(), heard.open && heard.rest != b"\r", "what has no line feed is a line to them");
}
