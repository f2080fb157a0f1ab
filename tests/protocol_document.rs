//! Promise: `docs/protocol.md` is the protocol that the code speaks: its tables are the code's lists, its examples are frames.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, ERROR_TEXT_MAX, Entry, EntryBuffer, Epoch, ErrorCode, ErrorFrame, FRAME_MAX_LEAST,
    FRAME_TYPES, Form, FrameType, Gap, GapReason, HELLO_MAX, Join, LENGTH_BYTES, Listed, MESSAGE_OVERHEAD,
    Missed, NAME_MAX, Numbered, Position, Presence, PresenceEvent, PresenceKind, Request, RoomName,
    RoomNumber, Sender, ServerFrame, SessionName, Since,
};

const END: &str = "<!-- end of reference -->";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md")
}

fn text() -> String {
    std::fs::read_to_string(path()).unwrap()
}

fn frames() -> String {
    let mut table = String::from("| type | name | sent by | body |\n|---|---|---|---|\n");
    for kind in FRAME_TYPES {
        let body: Vec<_> = kind.layout.iter().map(|(wire, name)| format!("{wire} {name}")).collect();
        let (name, sender, body) = (kind.name, kind.sender.word(), body.join(", "));
        writeln!(table, "| 0x{:02X} | {name} | {sender} | {body} |", kind.number).unwrap();
    }
    table
}

fn limits() -> String {
    let mut table = String::from("| limit | bytes |\n|---|---|\n");
    for (limit, bytes) in [
        ("a HELLO, type included", HELLO_MAX),
        ("the name of a room or session", NAME_MAX),
        ("the text of an ERROR", ERROR_TEXT_MAX),
        ("the least that a node's longest frame may be, type included", FRAME_MAX_LEAST),
        ("what a MESSAGE has before its payload, type included", MESSAGE_OVERHEAD),
    ] {
        writeln!(table, "| {limit} | {bytes} |").unwrap();
    }
    table
}

fn errors() -> String {
    let mut table =
        String::from("| code | word | temporary | the session ends | meaning |\n|---|---|---|---|---|\n");
    let mark = |is| if is { "yes" } else { "" };
    for code in ErrorCode::ALL {
        let (temporary, ends) = (mark(code.temporary()), mark(code.ends_session()));
        let (number, meaning) = (code.number(), code.meaning());
        writeln!(table, "| {number} | `{code}` | {temporary} | {ends} | {meaning} |").unwrap();
    }
    table
}

fn list<L: Numbered>() -> String {
    let mut table = String::from("| number | word | meaning |\n|---|---|---|\n");
    for member in L::ALL {
        writeln!(table, "| {} | `{}` | {} |", member.number(), member.word(), member.meaning()).unwrap();
    }
    table
}

fn references() -> [(&'static str, String); 6] {
    [
        ("frames", frames()),
        ("limits", limits()),
        ("errors", errors()),
        ("gaps", list::<GapReason>()),
        ("kinds", list::<PresenceKind>()),
        ("events", list::<PresenceEvent>()),
    ]
}

#[test]
fn the_tables_are_the_lists_of_the_code() {
    let found = text();
    let mut expected = found.clone();
    for (name, table) in references() {
        let begin = format!("<!-- reference: {name} -->\n");
        let start = expected.find(&begin).expect("a place for each table") + begin.len();
        let length = expected[start..].find(END).expect("an end of each table");
        expected.replace_range(start..start + length, &table);
    }
    if std::env::var_os("OREAD_WRITE_REFERENCE").is_some() {
        return std::fs::write(path(), expected).unwrap();
    }
    assert_eq!(found, expected, "run OREAD_WRITE_REFERENCE=1 cargo test --test protocol_document");
}

#[test]
fn words_in_the_text_exist() {
    let words = |list: &[&'static str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let fields =
        FRAME_TYPES.iter().flat_map(|kind| kind.layout).map(|(_, name)| name.trim_end_matches([']', ')']));
    let known: BTreeSet<String> = [
        ErrorCode::ALL.iter().map(|code| code.word().to_owned()).collect(),
        GapReason::ALL.iter().map(|reason| reason.word().to_owned()).collect(),
        PresenceKind::ALL.iter().map(|kind| kind.word().to_owned()).collect(),
        PresenceEvent::ALL.iter().map(|event| event.word().to_owned()).collect(),
        words(&fields.collect::<Vec<_>>()),
    ]
    .concat()
    .into_iter()
    .collect();
    let text = text();
    for word in text.split('`').skip(1).step_by(2) {
        let is_word =
            word.contains('_') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(!is_word || known.contains(word), "`{word}` is in no list");
    }
}

/// An example: who sends it, whether a later version would, its bytes, and what the document calls each of its fields.
struct Example {
    sender: Sender,
    grown: bool,
    bytes: Vec<u8>,
    labels: Vec<String>,
}

fn examples() -> Vec<Example> {
    let text = text();
    let blocks = text.split("```hex ").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(example).collect()
}

fn example(block: &str) -> Example {
    let (head, lines) = block.split_once('\n').unwrap();
    let sender = if head.starts_with("client") { Sender::Client } else { Sender::Server };
    let (mut bytes, mut labels) = (Vec::new(), Vec::new());
    for (hex, label) in lines.lines().map(|line| line.split_once('|').expect("bytes | label")) {
        bytes.extend(hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
        labels.extend(label.split_once(':').map(|(name, _)| name.trim().to_owned()));
    }
    Example { sender, grown: head.ends_with(" grown"), bytes, labels }
}

/// Decodes a frame and encodes it again for a stream.
fn again(sender: Sender, frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match sender {
        Sender::Client => ClientFrame::decode(frame).unwrap().encode(Form::Stream, &mut out).unwrap(),
        _ => ServerFrame::decode(frame).unwrap().encode(Form::Stream, &mut out).unwrap(),
    }
    out
}

#[test]
fn examples_are_frames() {
    for Example { sender, grown, bytes, labels } in examples() {
        let (length, frame) = bytes.split_first_chunk::<LENGTH_BYTES>().unwrap();
        assert_eq!(u32::from_be_bytes(*length) as usize, frame.len(), "{labels:?}");
        let same = again(sender, frame);
        if grown {
            assert_eq!(again(sender, &same[LENGTH_BYTES..]), same, "{labels:?}");
            assert!(same.len() < bytes.len(), "{labels:?} has nothing that is ignored");
        } else {
            assert_eq!(same, bytes, "{labels:?}");
        }
    }
}

#[test]
fn examples_name_their_fields() {
    for example in examples().iter().filter(|example| !example.grown) {
        let kind = FRAME_TYPES.iter().find(|kind| kind.number == example.bytes[LENGTH_BYTES]).unwrap();
        let fields: Vec<_> = kind.layout.iter().map(|(_, name)| name.trim_end_matches([']', ')'])).collect();
        let mut expected = ["length", "type"].into_iter().chain(fields.iter().copied()).collect::<Vec<_>>();
        match kind.name {
            "JOIN" => expected.truncate(example.labels.len().max(5)),
            "PRESENCE" => expected.extend_from_slice(&fields[5..]),
            _ => {}
        }
        assert_eq!(example.labels, expected, "{}", kind.name);
    }
}

/// The decoded example of this type that stands at `place` among those of its type.
fn shown(examples: &[Example], kind: u8, place: usize) -> &[u8] {
    let mut same = examples.iter().filter(|example| example.bytes[LENGTH_BYTES] == kind);
    &same.nth(place).unwrap().bytes[LENGTH_BYTES..]
}

#[test]
fn examples_with_flags_and_lists_mean_what_they_say() {
    let examples = examples();
    let (room, position) = (RoomNumber(7), Position(42));
    let lobby = RoomName::new(b"lobby").unwrap();
    let fresh = Join {
        request: Request(1),
        presence: true,
        own: false,
        publish_only: false,
        room: lobby,
        since: None,
    };
    assert_eq!(ClientFrame::decode(shown(&examples, 0x02, 0)), Ok(ClientFrame::Join(fresh)));
    let since = Some(Since { epoch: Epoch(99), after: Position(40) });
    let back = Join { request: Request(2), presence: false, own: true, since, ..fresh };
    assert_eq!(ClientFrame::decode(shown(&examples, 0x02, 1)), Ok(ClientFrame::Join(back)));

    let entry = |event, session, name: &'static str| Entry {
        event: Listed::Known(event),
        session: SessionId(session),
        name: SessionName::new(name.as_bytes()).unwrap(),
    };
    let mut entries = EntryBuffer::new(4096);
    entries.push(&entry(PresenceEvent::Joined, 4713, "bob")).unwrap();
    entries.push(&entry(PresenceEvent::Lost, 4712, "")).unwrap();
    let kind = Listed::Known(PresenceKind::Changes);
    let presence = Presence { room, position, members: 2, kind, entries: entries.entries() };
    assert_eq!(ServerFrame::decode(shown(&examples, 0x87, 0)), Ok(ServerFrame::Presence(presence)));

    let missed = Missed::new(Position(43), Position(50));
    let gap = Gap { room, missed, reason: Listed::Known(GapReason::Behind) };
    assert_eq!(ServerFrame::decode(shown(&examples, 0x88, 0)), Ok(ServerFrame::Gap(gap)));
    let gap = Gap { room, missed: None, reason: Listed::Known(GapReason::AnotherEpoch) };
    assert_eq!(ServerFrame::decode(shown(&examples, 0x88, 1)), Ok(ServerFrame::Gap(gap)));

    let error = ErrorFrame::new(Request(3), ErrorCode::NotJoined, "room 7: join first");
    assert_eq!(ServerFrame::decode(shown(&examples, 0x89, 0)), Ok(ServerFrame::Error(error)));
    let error = ErrorFrame::new(Request::NONE, ErrorCode::Draining, "bye");
    assert_eq!(ServerFrame::decode(shown(&examples, 0x89, 1)), Ok(ServerFrame::Error(error)));
}

#[test]
fn each_flag_has_its_bit() {
    let join = |flags| {
        ClientFrame::decode(&[&[2, 0, 0, 0, 1, flags, 1, b'r'], &[0; 16][..]].concat()).map(|frame| {
            let ClientFrame::Join(join) = frame else { panic!("a JOIN") };
            [join.presence, join.own, join.since.is_some(), join.publish_only]
        })
    };
    for (place, bit) in [1, 2, 4, 8].into_iter().enumerate() {
        assert_eq!(join(bit), Ok([0, 1, 2, 3].map(|at| at == place)));
    }
    let error = |flags| {
        ServerFrame::decode(&[0x89, 0, 0, 0, 1, 0, 200, flags, 0]).map(|frame| {
            let ServerFrame::Error(error) = frame else { panic!("an ERROR") };
            (error.temporary, error.ends_session)
        })
    };
    assert_eq!([error(1), error(2)], [Ok((true, false)), Ok((false, true))]);
}

#[test]
fn every_type_has_an_example() {
    let examples = examples();
    let shown = |kind: &FrameType, sender| {
        examples.iter().any(|example| example.sender == sender && example.bytes[LENGTH_BYTES] == kind.number)
    };
    for kind in FRAME_TYPES {
        let client = kind.sender == Sender::Server || shown(kind, Sender::Client);
        let server = kind.sender == Sender::Client || shown(kind, Sender::Server);
        assert!(client && server, "no example of {}", kind.name);
    }
}

#[test]
fn it_says_at_its_top_what_is_served() {
    let text = text();
    let top: String = text.lines().take(12).collect();
    assert!(top.contains("What the daemon serves today"), "{top}");
}
