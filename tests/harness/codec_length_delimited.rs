//! Law: however a stream is read, the same frames come out, and they are those that tokio-util's `LengthDelimitedCodec` finds.
//!
//! Two differences are tokio-util's own. It compares a length that includes its header with what the field can hold less that header, so
//! that a one-byte field with a three-byte header refuses 253: such maxima are left out of the comparison. And a stream that ends right behind a header ends there in order, since its buffer is empty. Here a frame
//! that was announced and never came is `truncated`.

use arbitrary::{Result, Unstructured};
use bytes::BytesMut;
use oread::codec::{Codec, FrameFault};
use oread::settings::{CodecSettings, FrameSettings};
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use super::stream::{self, Heard};

/// Holds one stream, made from `data`, to the law.
pub fn run(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let Ok((rules, lengths, bytes)) = scene(&mut source) else { return };
    check(&rules, &bytes, &lengths);
}

/// Reads `bytes` at once, in `lengths`, and with tokio-util.
pub fn check(rules: &FrameSettings, bytes: &[u8], lengths: &[u8]) {
    let codec = Codec::new(&CodecSettings::LengthDelimited(*rules));
    let whole = stream::read(&codec, [bytes]);
    let pieces = stream::pieces(bytes, lengths);
    let split = stream::read(&codec, pieces.iter().copied());
    assert_eq!(whole, split, "{rules:?}");
    let theirs = u64::MAX >> (64 - 8 * u32::from(rules.length_bytes));
    if rules.max + 2 * counted(rules) as u64 <= theirs {
        agrees(rules, &whole, &pieces);
    }
}

fn scene(source: &mut Unstructured<'_>) -> Result<(FrameSettings, Vec<u8>, Vec<u8>)> {
    let rules = FrameSettings {
        length_bytes: *source.choose(&[1, 2, 3, 4, 8])?,
        big_endian: source.arbitrary()?,
        length_offset: *source.choose(&[0, 0, 1, 2, 7, 64])?,
        length_includes_header: source.arbitrary()?,
        max: *source.choose(&[0, 1, 2, 5, 16, 60, 120, 200, 255, 300, 70_000])?,
    };
    let lengths = source.arbitrary::<[u8; 6]>()?.to_vec();
    let codec = Codec::new(&CodecSettings::LengthDelimited(rules));
    let mut stream = Vec::new();
    while !source.is_empty() && stream.len() < 4096 {
        // Mostly frames, so that most streams have several; now and then whatever the bytes say.
        if source.ratio(7, 8)? {
            let payload = vec![source.arbitrary()?; source.int_in_range(0..=40)?];
            // What the rules cannot carry is left out.
            codec.encode(&payload, &mut stream).ok();
        } else {
            let length = source.arbitrary_len::<u8>()?.min(24);
            stream.extend_from_slice(source.bytes(length)?);
        }
    }
    Ok((rules, lengths, stream))
}

fn agrees(rules: &FrameSettings, heard: &Heard, pieces: &[&[u8]]) {
    let mut theirs = tokio_util(rules);
    let mut buffer = BytesMut::new();
    let mut expected = heard.frames.iter();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match theirs.decode(&mut buffer) {
                Ok(Some(frame)) => {
                    assert_eq!(Some(&frame[..]), expected.next().map(|(_, payload)| &payload[..]));
                }
                Ok(None) => break,
                Err(error) => {
                    assert!(expected.next().is_none(), "{rules:?}: {error}");
                    return same_fault(heard.fault, &error);
                }
            }
        }
    }
    assert!(expected.next().is_none(), "{rules:?}: more frames than theirs");
    assert_eq!(heard.fault, None, "{rules:?}: no fault of theirs");
    let behind_header = heard.rest.len() == rules.header_len();
    let ended = theirs.decode_eof(&mut buffer);
    assert_eq!(ended.is_err(), heard.open && !behind_header, "{rules:?}: end of stream, {ended:?}");
}

fn same_fault(ours: Option<FrameFault>, theirs: &std::io::Error) {
    match ours {
        Some(FrameFault::TooLarge { .. }) => assert_eq!(theirs.kind(), std::io::ErrorKind::InvalidData),
        Some(FrameFault::BadLength { .. }) => assert_eq!(theirs.kind(), std::io::ErrorKind::InvalidInput),
        other => panic!("{other:?} against {theirs}"),
    }
}

/// Their codec for our rules. Their maximum is of the length as announced, ours of the payload.
fn tokio_util(rules: &FrameSettings) -> LengthDelimitedCodec {
    let counted = counted(rules);
    let mut builder = LengthDelimitedCodec::builder();
    builder
        .length_field_offset(rules.length_offset.into())
        .length_field_length(rules.length_bytes.into())
        .length_adjustment(-isize::try_from(counted).unwrap())
        .max_frame_length(usize::try_from(rules.max).unwrap() + counted);
    if rules.big_endian {
        builder.big_endian()
    } else {
        builder.little_endian()
    };
    builder.new_codec()
}

/// Bytes of the header that the length counts.
fn counted(rules: &FrameSettings) -> usize {
    if rules.length_includes_header { rules.header_len() } else { 0 }
}
