//! Promise: what is encoded is decoded as the same frame, in both directions and both forms; what cannot be encoded leaves no trace.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod protocol_fixture;

use std::collections::BTreeSet;

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Direct, ERROR_TEXT_MAX, Entries, Entry, EntryBuffer, ErrorCode, ErrorFrame, FRAME_TYPES,
    Form, Hello, INTEGER_MAX, LENGTH_BYTES, Listed, MESSAGE_OVERHEAD, Message, MessageRun, Missed, Numbered,
    Payload, Position, Presence, PresenceEvent, PresenceKind, Request, RoomNumber, Sender, ServerFrame,
    SessionName, choose_version, max_payload,
};
use proptest::prelude::*;
use protocol_fixture::{Material, client_bytes, material, server_bytes};

/// Both forms of one frame hold the same bytes; on a stream their length stands before them.
fn assert_forms(bare: &[u8], encode: impl Fn(&mut Vec<u8>)) {
    let mut out = b"before".to_vec();
    encode(&mut out);
    let (length, frame) = out[6..].split_first_chunk::<LENGTH_BYTES>().unwrap();
    assert_eq!((&out[..6], frame), (&b"before"[..], bare));
    assert_eq!(u32::from_be_bytes(*length) as usize, bare.len());
}

fn kinds(material: &Material, sender: Sender) -> BTreeSet<u8> {
    if sender == Sender::Client {
        return material.client_frames().iter().map(ClientFrame::kind).collect();
    }
    material.server_frames().iter().map(ServerFrame::kind).collect()
}

proptest! {
    #![proptest_config(protocol_fixture::cases(256))]

    #[test]
    fn every_frame_of_a_client(material in material()) {
        for frame in material.client_frames() {
            let bytes = client_bytes(&frame);
            prop_assert_eq!(bytes[0], frame.kind());
            prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
            assert_forms(&bytes, |out| frame.encode(Form::Stream, out).unwrap());
        }
    }

    #[test]
    fn every_frame_of_a_server(material in material()) {
        for frame in material.server_frames() {
            let bytes = server_bytes(&frame);
            prop_assert_eq!(bytes[0], frame.kind());
            prop_assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
            assert_forms(&bytes, |out| frame.encode(Form::Stream, out).unwrap());
        }
    }

    #[test]
    fn no_type_is_forgotten_here(material in material()) {
        for kind in FRAME_TYPES {
            let sent = [Sender::Client, Sender::Server].map(|side| kinds(&material, side).contains(&kind.number));
            let expected = match kind.sender {
                Sender::Client => [true, false],
                Sender::Server => [false, true],
                Sender::Either => [true, true],
            };
            prop_assert_eq!(sent, expected, "{}", kind.name);
        }
    }

    #[test]
    fn a_run_is_its_messages_one_by_one(
        said in proptest::collection::vec((any::<bool>(), ".{0,20}"), 0..20),
        room: u32,
        first in 0..INTEGER_MAX - 20,
        from in protocol_fixture::integer(),
    ) {
        let payloads: Vec<_> = said
            .iter()
            .map(|(text, said)| if *text { Payload::Text(said) } else { Payload::Bytes(said.as_bytes()) })
            .collect();
        for form in [Form::Stream, Form::Message] {
            let (mut run, mut borders) = (b"before".to_vec(), Vec::new());
            let mut expected = run.clone();
            let mut encoder = MessageRun::new(form, RoomNumber(room), Position(first), SessionId(from)).unwrap();
            encoder.extend(payloads.iter().copied(), &mut run, &mut borders).unwrap();
            for (position, (payload, border)) in (first..).zip(payloads.iter().zip(&borders)) {
                let (room, position, from) = (RoomNumber(room), Position(position), SessionId(from));
                let message = ServerFrame::Message(Message { room, position, from, payload: *payload });
                message.encode(form, &mut expected).unwrap();
                prop_assert_eq!(expected.len(), *border);
            }
            prop_assert_eq!(&run, &expected);
            prop_assert_eq!(borders.len(), payloads.len());
            prop_assert_eq!(encoder.next_position().0, first + payloads.len() as u64);
        }
    }
}

#[test]
fn what_does_not_fit_leaves_the_buffer_as_it_was() {
    let long = vec![0; 1 << 16];
    let hello =
        |token| Hello { lowest: 1, highest: 1, flags: 0, token, ticket: &[], name: SessionName::default() };
    let direct =
        ServerFrame::Direct(Direct { from: SessionId(INTEGER_MAX + 1), payload: Payload::Bytes(b"x") });
    for form in [Form::Stream, Form::Message] {
        let mut out = b"before".to_vec();
        let misfit = ClientFrame::Hello(hello(&long)).encode(form, &mut out).unwrap_err();
        assert_eq!((misfit.field, misfit.has, misfit.max), ("token", 1 << 16, (1 << 16) - 1));
        let misfit = direct.encode(form, &mut out).unwrap_err();
        assert_eq!((misfit.field, misfit.has, misfit.max), ("from", INTEGER_MAX + 1, INTEGER_MAX));
        assert_eq!(out, b"before");
    }
}

#[test]
fn a_run_ends_where_positions_do() {
    let mut run = MessageRun::new(Form::Stream, RoomNumber(1), Position(INTEGER_MAX), SessionId(1)).unwrap();
    let mut out = Vec::new();
    run.push(Payload::Bytes(b"the last"), &mut out).unwrap();
    let whole = out.clone();
    assert_eq!(run.push(Payload::Bytes(b"one more"), &mut out).unwrap_err().field, "position");
    assert_eq!(out, whole);
    assert!(MessageRun::new(Form::Stream, RoomNumber(1), Position(1), SessionId(INTEGER_MAX + 1)).is_err());
}

/// Bytes of a PRESENCE with these entries, type included.
fn presence_length(entries: Entries<'_>) -> usize {
    let kind = Listed::Known(PresenceKind::Changes);
    let (room, position, members) = (RoomNumber(1), Position(1), 1);
    server_bytes(&ServerFrame::Presence(Presence { room, position, members, kind, entries })).len()
}

#[test]
fn a_gap_counts_both_its_ends() {
    let messages = |first, last| Missed::new(Position(first), Position(last)).map(Missed::messages);
    assert_eq!(
        [messages(1, 1), messages(3, 5), messages(0, 5), messages(5, 4)],
        [Some(1), Some(3), None, None]
    );
    assert_eq!(messages(1, INTEGER_MAX), Some(INTEGER_MAX));
}

#[test]
fn entries_of_a_presence_fit_its_frame() {
    let entry = Entry {
        event: Listed::Known(PresenceEvent::Joined),
        session: SessionId(1),
        name: SessionName::new(b"ada").unwrap(),
    };
    let mut entries = EntryBuffer::new(20 + 13 + 13 + 12);
    assert_eq!([entries.push(&entry).is_ok(), entries.push(&entry).is_ok()], [true, true]);
    assert_eq!(entries.push(&entry).unwrap_err().field, "entries");
    assert_eq!(entries.entries().iter().collect::<Vec<_>>(), [entry, entry]);
    assert_eq!(presence_length(entries.entries()), 20 + 13 + 13, "what was refused left nothing");
    entries.clear();
    assert_eq!((entries.entries().count(), presence_length(entries.entries())), (0, 20));
    let mut endless = EntryBuffer::new(usize::MAX);
    for _ in 0..u16::MAX {
        endless.push(&entry).unwrap();
    }
    assert_eq!(endless.push(&entry).unwrap_err().field, "count");
    assert_eq!(endless.entries().iter().count(), usize::from(u16::MAX));
}

#[test]
fn an_error_has_the_flags_of_its_code_and_a_text_that_fits() {
    let text = "é".repeat(200);
    for code in ErrorCode::ALL {
        let frame = ErrorFrame::new(Request(1), *code, &text);
        assert_eq!((frame.temporary, frame.ends_session), (code.temporary(), code.ends_session()), "{code}");
        assert_eq!(frame.text.len(), ERROR_TEXT_MAX - 1, "cut between characters");
        server_bytes(&ServerFrame::Error(frame));
    }
}

#[test]
fn the_longest_payload_is_a_message_that_fits() {
    let payload = vec![0; max_payload(5000)];
    let (room, position, from) = (RoomNumber(1), Position(1), SessionId(1));
    let message = Message { room, position, from, payload: Payload::Bytes(&payload) };
    assert_eq!(server_bytes(&ServerFrame::Message(message)).len(), 5000);
    assert_eq!(max_payload(MESSAGE_OVERHEAD - 1), 0);
}

#[test]
fn a_version_is_chosen_where_there_is_a_common_one() {
    assert_eq!(
        [(1, 1), (0, 9), (2, 9), (0, 0), (9, 1)].map(|(low, high)| choose_version(low, high)),
        [Some(1), Some(1), None, None, None]
    );
}
