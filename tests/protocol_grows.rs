//! Promise: what later versions add does not disturb this one: bytes behind known fields, flag bits, extensions, types, list numbers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod protocol_fixture;

use oread::protocol::{
    ClientFrame, ErrorCode, FRAME_TYPES, GapReason, Listed, Numbered, Payload, PresenceEvent, PresenceKind,
    Request, ServerFrame,
};
use proptest::prelude::*;
use protocol_fixture::{client_bytes, material, server_bytes};

/// Whether this type begins with flags and ends in a payload.
fn has_payload(kind: u8) -> bool {
    FRAME_TYPES.iter().any(|known| known.number == kind && known.layout.last() == Some(&("rest", "payload")))
}

/// Where this type has its flags byte, and the bits that it knows.
fn flags(kind: u8) -> Option<(usize, u8)> {
    match kind {
        0x02 => Some((5, 0b1111)),
        0x89 => Some((7, 0b11)),
        kind => has_payload(kind).then_some((1, 0b1000_0001)),
    }
}

fn unknown_bits(mut frame: Vec<u8>, bits: u8) -> Vec<u8> {
    if let Some((place, known)) = flags(frame[0]) {
        frame[place] |= bits & !known;
    }
    frame
}

/// `frame` with an extension, if it can have one: `payload` is how long its payload is.
fn extended(mut frame: Vec<u8>, extension: &[u8], payload: usize) -> Vec<u8> {
    if has_payload(frame[0]) {
        frame[1] |= 0x80;
        let at = frame.len() - payload;
        let length = u16::try_from(extension.len()).unwrap().to_be_bytes();
        frame.splice(at..at, length.into_iter().chain(extension.iter().copied()));
    }
    frame
}

proptest! {
    #![proptest_config(protocol_fixture::cases(256))]

    #[test]
    fn bytes_behind_the_known_fields_are_ignored(
        material in material(),
        more in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        for frame in material.client_frames().into_iter().filter(|frame| !has_payload(frame.kind())) {
            let bytes = [client_bytes(&frame), more.clone()].concat();
            prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        }
        for frame in material.server_frames().into_iter().filter(|frame| !has_payload(frame.kind())) {
            let bytes = [server_bytes(&frame), more.clone()].concat();
            prop_assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
        }
    }

    #[test]
    fn unknown_flags_and_extensions_are_skipped(
        material in material(),
        bits: u8,
        extension in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let payload = material.payload().bytes().len();
        for frame in material.client_frames() {
            let bytes = extended(unknown_bits(client_bytes(&frame), bits), &extension, payload);
            prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        }
        for frame in material.server_frames() {
            let bytes = extended(unknown_bits(server_bytes(&frame), bits), &extension, payload);
            prop_assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
        }
    }
}

#[test]
fn every_other_type_is_unknown_or_a_request_to_come() {
    for kind in 0..=u8::MAX {
        let frame = [kind, 0, 0, 0, 9];
        let is_known = |client| {
            let sender = if client { "client" } else { "server" };
            FRAME_TYPES
                .iter()
                .any(|known| known.number == kind && [sender, "either"].contains(&known.sender.word()))
        };
        match ClientFrame::decode(&frame) {
            Ok(ClientFrame::Unsupported { kind: found, request }) => {
                assert!((0x20..=0x3F).contains(&kind) && found == kind && request == Request(9), "{kind:#x}");
            }
            Ok(ClientFrame::Unknown { kind: found }) => {
                assert!(!is_known(true) && found == kind, "{kind:#x}");
            }
            _ => assert!(is_known(true), "{kind:#x}"),
        }
        match ServerFrame::decode(&frame) {
            Ok(ServerFrame::Unknown { kind: found }) => {
                assert!(!is_known(false) && found == kind, "{kind:#x}");
            }
            _ => assert!(is_known(false), "{kind:#x}"),
        }
    }
}

#[test]
fn a_request_to_come_needs_its_number() {
    let fault = ClientFrame::decode(&[0x20, 0, 0, 1]).unwrap_err();
    assert_eq!((fault.field, fault.offset, fault.code()), ("request", 1, ErrorCode::BadFrame));
}

#[test]
fn numbers_of_lists_come_back_whether_known_or_not() {
    fn check<L: Numbered + PartialEq + std::fmt::Debug>() {
        for number in 0..=u16::MAX {
            let listed = Listed::<L>::from(number);
            assert_eq!((listed.number(), listed.known()), (number, L::from_number(number)));
        }
        for member in L::ALL {
            assert_eq!(Listed::from(member.number()).known(), Some(*member));
        }
    }
    check::<ErrorCode>();
    check::<GapReason>();
    check::<PresenceKind>();
    check::<PresenceEvent>();
}

#[test]
fn an_extension_is_no_part_of_the_payload() {
    let frame = [0x85, 0x81, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0xFF, 0xFF, b'h', b'i'];
    let Ok(ServerFrame::Direct(direct)) = ServerFrame::decode(&frame) else { panic!("a DIRECT") };
    assert_eq!(direct.payload, Payload::Text("hi"));
}

#[test]
fn a_presence_of_a_later_kind_still_counts_members() {
    let frame = [&[0x87][..], &[0; 15], &[2, 9, 0xFF, 0xFF, 0xAA]].concat();
    let Ok(ServerFrame::Presence(presence)) = ServerFrame::decode(&frame) else { panic!("a PRESENCE") };
    assert_eq!((presence.members, presence.kind, presence.entries.count()), (2, Listed::Other(9), 0));
}
