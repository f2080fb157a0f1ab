//! Promise: a frame that cannot be decoded is refused with its field, its place, the request it belongs to, and the right code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod protocol_fixture;

use oread::protocol::{
    ClientFrame, ErrorCode, FRAME_TYPES, Flaw, HELLO_MAX, Malformed, NAME_MAX, NameFlaw, Request, RoomName,
    ServerFrame, SessionName,
};
use proptest::prelude::*;
use protocol_fixture::material;

fn decode(client: bool, frame: &[u8]) -> Result<(), Malformed> {
    if client { ClientFrame::decode(frame).map(drop) } else { ServerFrame::decode(frame).map(drop) }
}

fn client(frame: &[u8]) -> Malformed {
    ClientFrame::decode(frame).unwrap_err()
}

/// JOIN with request 5 and this room name.
fn join(name: &[u8]) -> Vec<u8> {
    [&[0x02, 0, 0, 0, 5, 0, u8::try_from(name.len()).unwrap()], name].concat()
}

proptest! {
    #![proptest_config(protocol_fixture::cases(256))]

    #[test]
    fn a_frame_cut_short_anywhere_names_a_field_of_its_type(material in material()) {
        for (is_client, frame) in material.encoded() {
            for end in 0..frame.len() {
                let Err(fault) = decode(is_client, &frame[..end]) else { continue };
                let known = FRAME_TYPES.iter().find(|kind| kind.number == fault.frame);
                let fields = known.map_or(&[][..], |kind| kind.layout);
                let named = fields.iter().any(|(_, name)| name.trim_end_matches([']', ')']) == fault.field);
                prop_assert!(named || ["type", "request"].contains(&fault.field), "{}", fault);
                prop_assert!(fault.offset <= end, "{}", fault);
            }
        }
    }

    #[test]
    fn a_frame_without_a_payload_is_not_whole_until_its_last_byte(material in material()) {
        for (is_client, frame) in material.encoded() {
            let kind = FRAME_TYPES.iter().find(|kind| kind.number == frame[0]);
            if kind.is_none_or(|kind| kind.layout.last() == Some(&("rest", "payload"))) {
                continue;
            }
            let fault = decode(is_client, &frame[..frame.len() - 1]).unwrap_err();
            prop_assert!(matches!(fault.flaw, Flaw::Short { .. }), "{}", fault);
        }
    }
}

#[test]
fn nothing_is_a_frame_without_a_type() {
    let fault = client(&[]);
    assert_eq!((fault.frame, fault.field, fault.offset), (0, "type", 0));
    assert_eq!(fault.flaw, Flaw::Short { needed: 1, left: 0 });
    assert_eq!(fault.code(), ErrorCode::BadFrame);
}

#[test]
fn a_room_name_that_cannot_be_one_fails_its_request_only() {
    let long = vec![b'x'; NAME_MAX + 1];
    for (name, flaw) in [
        (&b""[..], NameFlaw::Empty),
        (&long, NameFlaw::TooLong(NAME_MAX + 1)),
        (&[0xC3, 0x28], NameFlaw::NotUtf8),
        (b"a\nb", NameFlaw::Control('\n')),
        ("a\u{9b}b".as_bytes(), NameFlaw::Control('\u{9b}')),
    ] {
        let fault = client(&join(name));
        assert_eq!((fault.flaw, fault.field, fault.offset), (Flaw::RoomName(flaw), "room", 6));
        assert_eq!((fault.request, fault.code()), (Request(5), ErrorCode::BadName));
        assert!(!fault.code().ends_session());
    }
    assert!(ClientFrame::decode(&join(&long[1..])).is_ok());
    assert_eq!(RoomName::new(b"").unwrap_err(), NameFlaw::Empty);
    assert_eq!(SessionName::new(b"").unwrap().as_str(), "");
}

#[test]
fn text_that_is_none_fails_its_request_only() {
    let fault = client(&[0x04, 0x01, 0, 0, 0, 7, 0, 0, 0, 3, b'a', 0xFF]);
    assert_eq!((fault.field, fault.offset, fault.request), ("payload", 10, Request(3)));
    assert_eq!((fault.flaw, fault.code()), (Flaw::PayloadNotUtf8, ErrorCode::BadText));
    assert!(!fault.code().ends_session());
}

#[test]
fn integers_stay_below_two_to_the_53() {
    let mut frame = vec![0x05, 0];
    frame.extend_from_slice(&(1_u64 << 53).to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    let fault = client(&frame);
    assert_eq!((fault.field, fault.offset), ("session", 2));
    assert_eq!((fault.flaw, fault.code()), (Flaw::IntegerTooLarge(1 << 53), ErrorCode::BadFrame));
    assert_eq!(fault.to_string(), "SEND, session at byte 2: 9007199254740992 is not below 2^53");
}

#[test]
fn an_extension_ends_within_its_frame() {
    let fault = client(&[0x04, 0x80, 0, 0, 0, 7, 0, 0, 0, 3, 0, 9, b'x']);
    assert_eq!((fault.field, fault.offset), ("extension", 10));
    assert_eq!(fault.flaw, Flaw::Short { needed: 9, left: 1 });
}

#[test]
fn a_stranger_says_hello_shortly() {
    let mut hello = vec![0x01, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    hello.resize(HELLO_MAX, 0);
    assert!(ClientFrame::decode(&hello).is_ok());
    hello.push(0);
    let fault = client(&hello);
    assert_eq!((fault.flaw, fault.code()), (Flaw::TooLong { max: HELLO_MAX }, ErrorCode::FrameTooLarge));
    let fault = client(&[0x01, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x07]);
    assert_eq!((fault.field, fault.offset, fault.code()), ("name", 13, ErrorCode::BadFrame));
}

#[test]
fn a_gap_is_a_range() {
    let gap = |first: u64, last: u64| {
        let mut frame = vec![0x88, 0, 0, 0, 7];
        frame.extend([first, last].iter().flat_map(|number| number.to_be_bytes()));
        frame.push(1);
        ServerFrame::decode(&frame).map(drop)
    };
    for (first, last) in [(5, 4), (0, 4), (5, 0)] {
        assert_eq!(gap(first, last).unwrap_err().flaw, Flaw::Backwards);
    }
    for (first, last) in [(5, 5), (1, 9), (0, 0)] {
        assert_eq!(gap(first, last), Ok(()));
    }
}
