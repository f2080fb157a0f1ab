//! Promise: a relay that loses, repeats, reorders or changes messages, or announces other than what is missing, is caught with exit code 1
//! and a text that says what and where.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tools_fixture;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Epoch, Form, Gap, GapReason, Joined, Listed, Message, Missed, Payload, Position, RoomNumber,
    ServerFrame, Welcome,
};
use tools_fixture::{code, json, oread, said, serve};

const ROOM: RoomNumber = RoomNumber(7);
const SHORT: [&str; 8] = ["--members", "2", "--duration", "300ms", "--warmup", "50ms", "--timeout", "1s"];

/// What a relay under script makes of message `position`: what it appends to what every member gets.
type Script = fn(position: u64, payload: &[u8], out: &mut Vec<u8>);

/// A relay of one room, which does all else as it should.
fn relay(script: Script) -> String {
    let members: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    serve(move |number, mut stream| {
        frame(&mut stream).expect("HELLO");
        let join = frame(&mut stream).expect("JOIN");
        let ClientFrame::Join(join) = ClientFrame::decode(&join).unwrap() else { panic!("not JOIN") };
        let session = SessionId(u64::try_from(number).unwrap() + 1);
        let welcome = Welcome {
            version: 1,
            flags: 0,
            session,
            max_payload: 65_536,
            keepalive_ms: 0,
            ticket: &[],
            node: "",
        };
        let joined =
            Joined { request: join.request, room: ROOM, epoch: Epoch(1), position: Position(0), members: 1 };
        let mut out = bytes(&ServerFrame::Welcome(welcome));
        out.extend(bytes(&ServerFrame::Joined(joined)));
        stream.write_all(&out).unwrap();
        if !join.publish_only {
            members.lock().unwrap().push(stream);
            return;
        }
        for position in 1.. {
            let Some(publish) = frame(&mut stream) else { return };
            let ClientFrame::Publish(publish) = ClientFrame::decode(&publish).unwrap() else { continue };
            let mut out = Vec::new();
            script(position, publish.payload.bytes(), &mut out);
            for member in &mut *members.lock().unwrap() {
                // A client that has seen enough may have gone.
                let _ = member.write_all(&out);
            }
        }
    })
}

fn frame(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}

fn bytes(frame: &ServerFrame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    frame.encode(Form::Stream, &mut out).unwrap();
    out
}

fn message(position: u64, payload: &[u8], out: &mut Vec<u8>) {
    let (position, payload) = (Position(position), Payload::Bytes(payload));
    out.extend(bytes(&ServerFrame::Message(Message { room: ROOM, position, from: SessionId(3), payload })));
}

fn gap(first: u64, last: u64, out: &mut Vec<u8>) {
    let missed = Missed::new(Position(first), Position(last));
    let reason = Listed::Known(GapReason::Behind);
    out.extend(bytes(&ServerFrame::Gap(Gap { room: ROOM, missed, reason })));
}

/// Runs the load; expects this count of this fault, and these words.
fn caught(script: Script, fault: &str, count: u64, words: &str) {
    let load = |more: &[&str]| {
        oread(&[&["bench", "relay", &relay(script), "--depth", "8"], &SHORT[..], more].concat())
    };
    let output = load(&["--json"]);
    let report = json(&output);
    assert_eq!(code(&output), 1, "{report}");
    assert_eq!(report["account"][fault], count, "{fault}: {report}");
    assert!(report["account"]["published"].as_u64() > Some(50), "it went on: {report}");
    let text = said(&load(&[]));
    assert!(text.contains(words), "{words:?} is not in {text}");
}

#[test]
fn the_script_that_does_as_it_should_passes() {
    let output = oread(&[&["bench", "relay", &relay(message), "--depth", "8"], &SHORT[..]].concat());
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn a_message_that_does_not_come_is_lost() {
    let script: Script = |position, payload, out| {
        if position != 20 {
            message(position, payload, out);
        }
    };
    caught(script, "lost", 2, "room bench, member 0: lost 1 from position 20 on, and no GAP said so");
}

#[test]
fn a_message_that_is_left_out_of_the_count_is_lost() {
    let script: Script = |position, payload, out| match position {
        20 => {}
        21.. => message(position - 1, payload, out),
        _ => message(position, payload, out),
    };
    caught(script, "lost", 2, "lost 1 of publisher 0 from its message 19 on, unannounced");
}

#[test]
fn a_message_that_comes_twice_is_a_duplicate() {
    let script: Script = |position, payload, out| {
        message(position, payload, out);
        if position == 20 {
            message(position, payload, out);
        }
    };
    caught(script, "duplicates", 2, "message 19 of publisher 0 came again");
}

#[test]
fn a_message_that_comes_late_is_out_of_order_and_not_lost() {
    static HELD: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let script: Script = |position, payload, out| {
        let mut held = HELD.lock().unwrap();
        if position == 20 {
            message(position, payload, &mut held);
            return;
        }
        message(position, payload, out);
        out.append(&mut held);
    };
    caught(script, "out_of_order", 2, "message 19 of publisher 0 came late, where 21 was next");
}

#[test]
fn a_changed_byte_is_corruption() {
    let script: Script = |position, payload, out| {
        let mut payload = payload.to_vec();
        if position == 20 {
            payload[40] ^= 1;
        }
        message(position, &payload, out);
    };
    caught(script, "corrupted", 2, "a message came that is not as it was sent");
}

#[test]
fn a_gap_that_says_what_is_missing_is_no_failure() {
    let script: Script = |position, payload, out| match position {
        20 | 21 => {}
        22 => {
            gap(20, 21, out);
            message(position, payload, out);
        }
        _ => message(position, payload, out),
    };
    let output = oread(&[&["bench", "relay", &relay(script), "--depth", "8", "--json"], &SHORT[..]].concat());
    let report = json(&output);
    assert_eq!(code(&output), 0, "{report}");
    assert_eq!(report["account"]["announced_missing"], 4, "{report}");
    assert_eq!(report["account"]["gaps"], 2, "{report}");
}

#[test]
fn a_gap_that_says_too_little_leaves_a_loss() {
    let script: Script = |position, payload, out| match position {
        20 | 21 => {}
        22 => {
            gap(20, 20, out);
            message(position, payload, out);
        }
        _ => message(position, payload, out),
    };
    caught(script, "lost", 2, "lost 1 from position 21 on, and no GAP said so");
}

#[test]
fn a_gap_for_what_came_is_inexact() {
    let script: Script = |position, payload, out| {
        message(position, payload, out);
        if position == 20 {
            gap(20, 20, out);
        }
    };
    caught(script, "inexact_gaps", 2, "a GAP said 20 to 20 where position 21 was next");
}

#[test]
fn messages_that_never_come_are_lost_when_the_time_is_up() {
    let script: Script = |position, payload, out| {
        if position <= 60 {
            message(position, payload, out);
        }
    };
    caught(script, "lost", 16, "8 had not come when the time was up");
}
