//! Promise: a session begins with HELLO and is told its limits in WELCOME. Whatever else comes first ends it with an ERROR that says why, a
//! close that loses no word of that, and its own reason in the metrics.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::time::Duration;

use oread::protocol::{ClientFrame, ErrorCode, HELLO_MAX, Hello, Numbered, Ping, SessionName, max_payload};
use oread::settings::{CodecSettings, FrameSettings};
use relay_fixture::{
    Client, Heard, OWN, Wish, assert_settles, bytes, failed, hello, publication, relay, relay_on,
};
use support::{Daemon, frame};

/// Asserts that a client that begins so is ended with this code, and that the metrics name it. Says the text.
fn ends(daemon: &Daemon, code: ErrorCode, first: &[u8]) -> String {
    let before = daemon.metrics().closed(code.word());
    let mut client = Client::connect(daemon);
    client.wire.send(first);
    let (said, text) = client.expect_end(code);
    assert_eq!(said, []);
    drop(client);
    daemon.until("the end is counted", |metrics| metrics.closed(code.word()) == before + 1);
    text
}

fn opening(change: impl FnOnce(&mut Hello<'_>)) -> Vec<u8> {
    let mut hello = hello();
    change(&mut hello);
    bytes(&ClientFrame::Hello(hello))
}

#[test]
fn welcome_names_the_session_and_its_limits() {
    let max = 10_000;
    let daemon = relay_on(
        |listener| {
            listener.codec =
                CodecSettings::LengthDelimited(FrameSettings { max, ..FrameSettings::default() });
        },
        |relay| relay.keepalive = Duration::from_secs(77),
    );
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(&daemon);
        client.say(&ClientFrame::Hello(hello()));
        let Heard::Welcome { session, max_payload: most, keepalive_ms, ticket, node } = client.hear() else {
            panic!("not WELCOME");
        };
        assert_eq!(most as usize, max_payload(usize::try_from(max).unwrap()));
        assert_eq!(keepalive_ms, 77_000);
        assert!(!ticket.is_empty());
        assert!(!node.is_empty());
        sessions.push(session);
    }
    assert_ne!(sessions[0], sessions[1]);
    assert!(sessions.iter().all(|session| *session > 0));
}

#[test]
fn without_resuming_there_is_no_ticket_and_without_keepalive_no_ping() {
    let daemon = relay(|relay| (relay.resume_for, relay.keepalive) = (Duration::ZERO, Duration::ZERO));
    let mut client = Client::connect(&daemon);
    client.say(&ClientFrame::Hello(hello()));
    let Heard::Welcome { ticket, keepalive_ms, .. } = client.hear() else { panic!("not WELCOME") };
    assert_eq!((ticket, keepalive_ms), (Vec::new(), 0));
}

#[test]
fn requests_may_follow_hello_at_once() {
    let daemon = relay(|_| {});
    let mut client = Client::connect(&daemon);
    client.say(&ClientFrame::Hello(hello())).say_join(1, "a", Wish::default()).say_join(
        2,
        "b",
        Wish::default(),
    );
    assert!(matches!(client.hear(), Heard::Welcome { .. }));
    client.joined(1);
    client.joined(2);
}

#[test]
fn welcome_is_the_first_that_comes_whatever_was_asked_behind_hello() {
    let daemon = relay(|relay| relay.join = Vec::new());
    let mut client = Client::connect(&daemon);
    let ping = bytes(&ClientFrame::Ping(Ping { opaque: [1; 8] }));
    let refused = frame(b"\x02\0\0\0\x07\0\x01a");
    client.wire.send(&[opening(|_| {}), ping, refused].concat());
    assert!(matches!(client.hear(), Heard::Welcome { .. }));
    // These two in whichever order.
    let both = [client.hear(), client.hear()];
    assert!(both.contains(&Heard::Pong([1; 8])), "{both:?}");
    assert!(both.iter().any(|heard| matches!(heard, Heard::Error { request: 7, .. })), "{both:?}");
}

#[test]
fn anything_but_hello_is_refused() {
    let daemon = relay(|_| {});
    for first in [
        &b""[..],
        b"\x02\0\0\0\x01\0\x01a",              // JOIN
        b"\x02\0\0\0\x01\0\0",                 // JOIN with a name that would be `bad_name`
        b"\x03\0\0\0\x01\0\0\0\x01",           // LEAVE
        b"\x04\0\0\0\0\x01\0\0\0\0hi",         // PUBLISH
        b"\x04\x01\0\0\0\x01\0\0\0\0\xff",     // PUBLISH with a payload that would be `bad_text`
        b"\x05\0\0\0\0\0\0\0\0\x01\0\0\0\0hi", // SEND
        b"\x0600000000",                       // PING
        b"\x0700000000",                       // PONG
        b"\x20\0\0\0\x01",                     // a request to come
        b"\x81",                               // what only a server says
        b"GET / HTTP/1.1",
    ] {
        ends(&daemon, ErrorCode::HelloExpected, &frame(first));
    }
    assert_eq!(failed(&assert_settles(&daemon), "bad_name"), 0);
}

#[test]
fn a_hello_that_is_none_is_a_bad_frame() {
    let daemon = relay(|_| {});
    let whole = opening(|hello| hello.name = SessionName::new(b"ada").unwrap());
    for len in 1..whole.len() - 4 {
        let text = ends(&daemon, ErrorCode::BadFrame, &frame(&whole[4..4 + len]));
        assert!(text.starts_with("HELLO, "), "{text}");
    }
    ends(&daemon, ErrorCode::BadFrame, &frame(b"\x01\0\x01\0\x01\0\0\0\0\0\0\0\0\x03a\nb"));
}

#[test]
fn a_hello_has_a_longest_form() {
    let daemon = relay(|relay| relay.resume_for = Duration::ZERO);
    let empty = opening(|_| {}).len() - 4;
    let ticket = vec![7; HELLO_MAX - empty];
    let mut client = Client::greet(&daemon, Hello { ticket: &ticket, ..hello() });
    client.expect_life();
    let ticket = vec![7; HELLO_MAX - empty + 1];
    let long = bytes(&ClientFrame::Hello(Hello { ticket: &ticket, ..hello() }));
    let text = ends(&daemon, ErrorCode::FrameTooLarge, &long);
    assert_eq!(text, "a first frame of 4097 bytes; it has to be HELLO, of at most 4096 bytes");
    // As soon as its length is known, whatever came of it.
    for part in 4..9 {
        assert_eq!(ends(&daemon, ErrorCode::FrameTooLarge, &long[..part]), text);
    }
}

#[test]
fn what_is_longer_than_a_hello_is_too_large_whatever_it_is() {
    let daemon = relay(|_| {});
    let publish = frame(&[&[4][..], &[0; 5000]].concat());
    assert_eq!(
        ends(&daemon, ErrorCode::FrameTooLarge, &publish),
        ends(&daemon, ErrorCode::FrameTooLarge, &publish[..4])
    );
}

#[test]
fn behind_hello_a_frame_may_be_longer() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", OWN);
    let long = vec![b'x'; HELLO_MAX * 2];
    ada.publish(0, place.room, &long);
    assert_eq!(ada.message(), (1, long.clone()));
    // Behind a HELLO of the same read, too, and in pieces.
    let mut bob = Client::connect(&daemon);
    bob.wire.send(&[opening(|_| {}), bytes(&publication(9, place.room, &long))[..5000].to_vec()].concat());
    assert!(matches!(bob.hear(), Heard::Welcome { .. }));
    bob.wire.send(&bytes(&publication(9, place.room, &long))[5000..]);
    bob.expect_error(9, ErrorCode::NotJoined);
}

#[test]
fn a_length_over_the_maximum_ends_without_waiting_for_the_frame() {
    let daemon = relay(|_| {});
    ends(&daemon, ErrorCode::FrameTooLarge, &u32::MAX.to_be_bytes());
    let mut client = Client::welcome(&daemon);
    client.wire.send(&((1 << 20) + 1_u32).to_be_bytes());
    let (_, text) = client.expect_end(ErrorCode::FrameTooLarge);
    let most = client.max_payload;
    assert_eq!(
        text,
        format!(
            "frame of 1048577 bytes, the maximum is 1048576; send at most the {most} bytes of payload that WELCOME allowed"
        )
    );
}

#[test]
fn without_a_common_version_the_spoken_ones_are_named() {
    let daemon = relay(|_| {});
    for (lowest, highest) in [(2, 9), (0, 0), (2, 1)] {
        let text = ends(
            &daemon,
            ErrorCode::NoCommonVersion,
            &opening(|hello| (hello.lowest, hello.highest) = (lowest, highest)),
        );
        assert!(text.contains("version 1 "), "{text}");
    }
    for (lowest, highest) in [(0, 1), (1, u16::MAX)] {
        Client::greet(&daemon, Hello { lowest, highest, ..hello() });
    }
}

#[test]
fn a_second_hello_is_a_bad_frame() {
    let daemon = relay(|_| {});
    let mut client = Client::welcome(&daemon);
    client.say(&ClientFrame::Hello(hello()));
    client.expect_end(ErrorCode::BadFrame);
    daemon.until("the end is counted", |metrics| metrics.closed("bad_frame") == 1);
}

#[test]
fn silence_ends_at_the_handshake_deadline_and_half_a_hello_too() {
    let daemon = relay_on(|listener| listener.limits.handshake = Duration::from_millis(100), |_| {});
    ends(&daemon, ErrorCode::HandshakeTimeout, &[]);
    ends(&daemon, ErrorCode::HandshakeTimeout, &opening(|_| {})[..9]);
    let mut client = Client::welcome(&daemon);
    client.expect_life();
}

/// The client writes on after what ends it: its last words are read away, and the ERROR arrives all the same.
#[test]
fn last_words_arrive_at_a_client_that_writes_on() {
    let daemon = relay(|_| {});
    let mut client = Client::connect(&daemon);
    let flood = frame(&[0; 1000]).repeat(200);
    client.wire.send(&frame(b"\x06-early--")).send(&flood);
    client.expect_end(ErrorCode::HelloExpected);
    assert_settles(&daemon);
}
