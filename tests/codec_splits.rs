//! Promise: a stream split at any byte gives the same frames, for every width, byte order, offset and way of counting.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod harness;

use harness::stream::{Heard, read};
use oread::codec::Codec;
use oread::settings::{CodecSettings, FrameSettings, LineSettings};

/// Every shape of a length-delimited frame.
fn shapes() -> impl Iterator<Item = FrameSettings> {
    let widths = [1, 2, 3, 4, 8].into_iter();
    widths
        .flat_map(|length_bytes| [0, 1, 5, 64].map(|length_offset| (length_bytes, length_offset)))
        .flat_map(|shape| {
            [(shape, true, true), (shape, true, false), (shape, false, true), (shape, false, false)]
        })
        .map(|((length_bytes, length_offset), big_endian, length_includes_header)| FrameSettings {
            length_bytes,
            big_endian,
            length_offset,
            length_includes_header,
            max: 100,
        })
}

/// `payloads` as one stream, and the first bytes of one more frame.
fn stream(codec: &Codec, payloads: &[&[u8]]) -> Vec<u8> {
    let mut stream = Vec::new();
    for payload in payloads {
        codec.encode(payload, &mut stream).unwrap();
    }
    let whole = stream.len();
    codec.encode(b"unfinished", &mut stream).unwrap();
    stream.truncate(whole + (stream.len() - whole) / 2);
    stream
}

/// Splits `stream` in two at any byte, and in three if it is short enough for that.
fn assert_same_however_split(codec: &Codec, stream: &[u8], whole: &Heard) {
    assert_eq!(*whole, read(codec, stream.chunks(1)), "{codec:?}, byte by byte");
    let thirds = stream.len() < 100;
    for first in 0..=stream.len() {
        let (one, rest) = stream.split_at(first);
        assert_eq!(*whole, read(codec, [one, rest]), "{codec:?}, at {first}");
        for second in 0..=if thirds { rest.len() } else { 0 } {
            let (two, three) = rest.split_at(second);
            assert_eq!(*whole, read(codec, [one, two, three]), "{codec:?}, at {first} and {second} more");
        }
    }
}

#[test]
fn of_length_delimited_frames() {
    let payloads: [&[u8]; 5] = [b"hello", b"", b"x", &[0xFF; 20], b"\0\0\0\x01"];
    for shape in shapes() {
        let codec = Codec::new(&CodecSettings::LengthDelimited(shape));
        let stream = stream(&codec, &payloads);
        let whole = read(&codec, [&stream[..]]);
        let found: Vec<_> = whole.frames.iter().map(|(_, payload)| &payload[..]).collect();
        assert_eq!(found, payloads, "{codec:?}");
        assert!(whole.open, "{codec:?}");
        assert_same_however_split(&codec, &stream, &whole);
    }
}

#[test]
fn of_lengths_that_need_more_than_a_byte() {
    for shape in shapes().filter(|shape| shape.length_bytes > 1) {
        let length = if shape.length_bytes == 2 { 0x0102 } else { 0x0001_0203 };
        let codec = Codec::new(&CodecSettings::LengthDelimited(FrameSettings { max: length, ..shape }));
        let payload = vec![b'x'; usize::try_from(length).unwrap()];
        let stream = stream(&codec, &[&payload, b"next"]);
        for at in 0..=shape.header_len() {
            let (one, two) = stream.split_at(at);
            let heard = read(&codec, [one, two]);
            assert_eq!(heard.frames[0].1, payload, "{codec:?}, at {at}");
            assert_eq!(heard.frames[1].1, b"next", "{codec:?}, at {at}");
        }
        let header = stream[..shape.header_len()].chunks(1);
        assert_eq!(read(&codec, header.chain([&stream[shape.header_len()..]])).frames.len(), 2, "{codec:?}");
    }
}

#[test]
fn of_lines() {
    let codec = Codec::new(&CodecSettings::Lines(LineSettings { max: 100 }));
    let stream = b"hello\r\n\n\r\n\rx\n\xFF\xFE\0\nlonger than others\nunfinished\r";
    let whole = read(&codec, [&stream[..]]);
    let found: Vec<_> = whole.frames.iter().map(|(_, payload)| &payload[..]).collect();
    assert_eq!(found, [&b"hello"[..], b"", b"", b"\rx", b"\xFF\xFE\0", b"longer than others"]);
    assert_same_however_split(&codec, stream, &whole);
}

#[test]
fn of_bytes_without_borders_nothing_is_held_back() {
    let heard = read(&Codec::Bytes, [&b"any"[..], b"thing"]);
    assert_eq!(heard.frames.iter().flat_map(|(_, payload)| payload.clone()).collect::<Vec<_>>(), b"anything");
    assert!(!heard.open);
}
