//! Promise: the maximum passes and one more does not; a length that cannot be is refused by name; what the stream may be instead is said.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::codec::{Codec, Cut, FrameFault, Progress, Suspicion};
use oread::reason::CloseReason;
use oread::settings::{CodecSettings, FrameSettings, LineSettings};

fn codec(change: impl FnOnce(&mut FrameSettings)) -> Codec {
    let mut rules = FrameSettings::default();
    change(&mut rules);
    Codec::new(&CodecSettings::LengthDelimited(rules))
}

fn lines(max: u64) -> Codec {
    Codec::new(&CodecSettings::Lines(LineSettings { max }))
}

fn cut(codec: &Codec, data: &[u8]) -> Cut {
    codec.cut(&mut Progress::default(), data)
}

#[test]
fn a_frame_of_the_maximum_passes_and_one_more_does_not() {
    for includes in [false, true] {
        let small = codec(|rules| (rules.max, rules.length_includes_header) = (10, includes));
        let large = codec(|rules| (rules.max, rules.length_includes_header) = (11, includes));
        let mut frame = Vec::new();
        small.encode(&[7; 10], &mut frame).unwrap();
        assert_eq!(cut(&small, &frame), Cut { end: frame.len(), frames: 1, ..Cut::default() });
        frame.clear();
        large.encode(&[7; 11], &mut frame).unwrap();
        let fault = FrameFault::TooLarge { announced: 11, max: 10 };
        assert_eq!(cut(&small, &frame).fault, Some(fault));
        assert_eq!(cut(&small, &frame[..4]).fault, Some(fault), "its header is enough to know");
        assert_eq!(small.encode(&[7; 11], &mut frame), Err(fault));
        assert_eq!(fault.close_reason(), CloseReason::FrameTooLarge);
    }
}

#[test]
fn a_line_of_the_maximum_passes_and_one_more_does_not() {
    assert_eq!(cut(&lines(5), b"hello\n").frames, 1);
    let fault = Some(FrameFault::TooLarge { announced: 6, max: 5 });
    assert_eq!(cut(&lines(5), b"hello!\n").fault, fault);
    assert_eq!(cut(&lines(5), b"hello!").fault, fault, "without waiting for its end");
    let mut progress = Progress::default();
    assert_eq!(lines(5).cut(&mut progress, b"hello").fault, None, "its line feed may come yet");
    assert_eq!(lines(5).cut(&mut progress, b"!").fault, fault);
}

#[test]
fn whole_frames_before_a_fault_are_still_frames() {
    let codec = codec(|rules| rules.max = 10);
    let stream = b"\0\0\0\x02hi\0\0\0\x02ho\xFF\xFF\xFF\xFFrest";
    let found = cut(&codec, stream);
    assert_eq!((found.end, found.frames), (12, 2));
    assert!(matches!(found.fault, Some(FrameFault::TooLarge { announced: 0xFFFF_FFFF, .. })));
}

#[test]
fn a_length_shorter_than_the_header_that_it_counts_cannot_be() {
    let codec = codec(|rules| rules.length_includes_header = true);
    let fault = FrameFault::BadLength { announced: 3, header: 4 };
    assert_eq!(cut(&codec, &[0, 0, 0, 3]).fault, Some(fault));
    assert_eq!(cut(&codec, &[0, 0, 0, 4]).frames, 1, "an empty frame");
    assert_eq!(fault.close_reason(), CloseReason::BadLength);
}

#[test]
fn the_greatest_length_of_eight_bytes_is_refused_and_not_added_to() {
    for includes in [false, true] {
        let codec = codec(|rules| (rules.length_bytes, rules.length_includes_header) = (8, includes));
        assert!(matches!(cut(&codec, &[0xFF; 8]).fault, Some(FrameFault::TooLarge { .. })));
    }
}

#[test]
fn a_payload_that_a_narrow_length_cannot_say_is_refused() {
    let counts = |includes| {
        codec(move |rules| {
            (rules.length_bytes, rules.length_includes_header, rules.max) = (1, includes, 1000);
        })
    };
    let mut out = Vec::new();
    assert!(counts(false).encode(&[7; 255], &mut out).is_ok());
    assert!(counts(true).encode(&[7; 254], &mut out).is_ok());
    let before = out.clone();
    let refused = counts(true).encode(&[7; 255], &mut out);
    assert_eq!(refused, Err(FrameFault::TooLarge { announced: 255, max: 254 }));
    assert_eq!(out, before, "and nothing is written of it");
}

#[test]
fn a_line_cannot_carry_a_line_feed() {
    assert_eq!(lines(9).encode(b"a\nb", &mut Vec::new()), Err(FrameFault::LineFeed));
}

#[test]
fn what_a_stream_probably_is_is_said() {
    let plain = codec(|_| {});
    assert_eq!(Suspicion::of(&plain, &[0x16, 3, 1, 2, 0, 1, 0, 1]), Some(Suspicion::Tls), "a ClientHello");
    assert_eq!(Suspicion::of(&plain, b"GET / HTTP/1.1\r\n"), Some(Suspicion::Http));
    assert_eq!(Suspicion::of(&plain, b"PRI * HTTP/2.0\r\n"), Some(Suspicion::Http));
    assert_eq!(Suspicion::of(&plain, &[5, 0, 0, 0, b'h']), Some(Suspicion::ByteOrder));
    let little = codec(|rules| rules.big_endian = false);
    assert_eq!(Suspicion::of(&little, &[0, 0, 0, 5, b'h']), Some(Suspicion::ByteOrder));
    assert_eq!(Suspicion::of(&plain, &[0xFF; 8]), None, "no length in either order");
    assert_eq!(Suspicion::of(&plain, b"G"), None, "too little to tell");
    let counting = codec(|rules| rules.length_includes_header = true);
    assert_eq!(Suspicion::of(&counting, &[3, 0, 0, 0]), None, "shorter than its own header in either order");
    let far = codec(|rules| rules.length_offset = 64);
    let mut header = vec![0xAA; 64];
    header.extend([5, 0, 0, 0]);
    assert_eq!(Suspicion::of(&far, &header), Some(Suspicion::ByteOrder), "however far in the length stands");
}
