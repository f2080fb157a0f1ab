//! Promise: a malformed frame of any type ends its session, or fails as a request, as `docs/protocol.md` has it, and costs no other session
//! anything.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use oread::protocol::ErrorCode;
use relay_fixture::{Client, Heard, OWN, Wish, assert_settles, bytes, failed, publication, relay};
use support::{Daemon, frame};

/// Everything that a client says after HELLO: name, a whole frame, and where it is short but whole all the same.
fn whole_frames(room: u32) -> Vec<(&'static str, Vec<u8>, usize)> {
    let room = room.to_be_bytes();
    let since = [&b"\x02\0\0\0\x01\x04\x05lobby"[..], &[0; 16]].concat();
    vec![
        ("JOIN", b"\x02\0\0\0\x01\0\x05lobby".to_vec(), usize::MAX),
        ("JOIN", since, usize::MAX),
        ("LEAVE", [b"\x03\0\0\0\x01", &room[..]].concat(), usize::MAX),
        // A payload may be shorter.
        ("PUBLISH", [b"\x04\0", &room[..], b"\0\0\0\x01hi"].concat(), 10),
        ("PUBLISH", [b"\x04\x80", &room[..], b"\0\0\0\x01\0\x02exhi"].concat(), 14),
        ("SEND", b"\x05\0\0\0\0\0\0\0\0\x01\0\0\0\x01hi".to_vec(), 14),
        ("SEND", b"\x05\x80\0\0\0\0\0\0\0\x01\0\0\0\x01\0\x02exhi".to_vec(), 18),
        ("PING", b"\x06 opaque!".to_vec(), usize::MAX),
        ("PONG", b"\x07 opaque!".to_vec(), usize::MAX),
        ("frame of type 0x20", b"\x20\0\0\0\x01".to_vec(), usize::MAX),
        ("frame of type 0x3F", b"\x3f\0\0\0\x01".to_vec(), usize::MAX),
    ]
}

/// Asserts that this frame ends its session as `bad_frame`; says the text.
fn ends(daemon: &Daemon, bad: &[u8]) -> String {
    let mut client = Client::welcome(daemon);
    client.wire.send(&frame(bad));
    let (said, text) = client.expect_end(ErrorCode::BadFrame);
    assert_eq!(said, [], "{bad:02x?}");
    text
}

#[test]
fn a_frame_cut_short_at_any_byte_ends_its_session_only() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", OWN);
    let mut ended = 0;
    for (name, whole, enough) in whole_frames(place.room) {
        for len in 1..whole.len().min(enough) {
            let text = ends(&daemon, &whole[..len]);
            assert!(text.starts_with(name) && text.contains(" at byte "), "{name} of {len} bytes: {text}");
            ended += 1;
        }
        ada.publish(0, place.room, name.as_bytes());
        assert_eq!(ada.message().1, name.as_bytes());
    }
    ends(&daemon, b"");
    daemon.until("each is counted", |metrics| metrics.closed("bad_frame") == ended + 1);
    ada.expect_life();
    drop(ada);
    assert_settles(&daemon);
}

#[test]
fn a_value_that_cannot_be_ends_its_session() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let large = (1_u64 << 53).to_be_bytes();
    let room = place.room.to_be_bytes();
    for (field, bad) in [
        ("epoch", [&b"\x02\0\0\0\x01\x04\x05lobby"[..], &large, &[0; 8]].concat()),
        ("after", [&b"\x02\0\0\0\x01\x04\x05lobby"[..], &[0; 8], &large].concat()),
        ("session", [b"\x05\0", &large[..], b"\0\0\0\x01hi"].concat()),
        ("extension", [b"\x04\x80", &room[..], b"\0\0\0\x01\xff\xffhi"].concat()),
        ("extension", b"\x05\x80\0\0\0\0\0\0\0\x01\0\0\0\x01\xff\xffhi".to_vec()),
        ("room", b"\x02\0\0\0\x01\0\xfflobby".to_vec()),
    ] {
        let text = ends(&daemon, &bad);
        assert!(text.contains(field), "{field}: {text}");
    }
    ada.expect_life();
}

#[test]
fn a_name_that_cannot_be_fails_its_request() {
    let daemon = relay(|_| {});
    let mut ada = Client::welcome(&daemon);
    let (long, half) = ([b'x'; 129], [b"\xc3".as_slice(), &[b'x'; 20]].concat());
    let mut names: Vec<&[u8]> = vec![b"", &long, &half, b"\xff", b"a\0", b"a\nb", b"\x7f", b"\xc2\x85"];
    let controls: Vec<[u8; 1]> = (0..0x20).map(|control| [control]).collect();
    names.extend(controls.iter().map(|control| &control[..]));
    for (request, name) in (1_u32..).zip(&names) {
        let length = u8::try_from(name.len()).unwrap();
        ada.wire.send(&frame(&[b"\x02", &request.to_be_bytes()[..], &[0, length], name].concat()));
        ada.expect_error(request, ErrorCode::BadName);
    }
    assert_eq!(failed(&daemon.metrics(), "bad_name"), i64::try_from(names.len()).unwrap());
    assert_eq!(daemon.metrics().sum("oread_rooms", &[]), 0);
    ada.join("lobby", Wish::default());
}

/// What came before the frame that ended it was said, and is answered.
#[test]
fn what_was_said_before_it_stands() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", OWN);
    let mut bob = Client::welcome(&daemon);
    bob.join("lobby", relay_fixture::PUBLISH_ONLY);
    let good = bytes(&publication(1, place.room, b"good"));
    let refused = bytes(&publication(2, 999, b"refused"));
    let more = bytes(&publication(3, place.room, b"more"));
    bob.wire.send(&[good, refused, more, frame(b"\x06"), frame(b"\x06 opaque!")].concat());
    let (payloads, _) = bob.wire.rest();
    let mut heard: Vec<_> = payloads.iter().map(|payload| relay_fixture::heard(payload)).collect();
    heard.sort_by_key(|heard| match heard {
        Heard::Receipt { request, .. } | Heard::Error { request, .. } => *request,
        other => panic!("{other:?}"),
    });
    assert!(
        matches!(
            &heard[..],
            [
                Heard::Error { request: 0, code: ErrorCode::BadFrame, .. },
                Heard::Receipt { request: 1, position: 1, members: 1 },
                Heard::Error { request: 2, code: ErrorCode::UnknownRoom, .. },
                Heard::Receipt { request: 3, position: 2, members: 1 },
            ]
        ),
        "{heard:?}"
    );
    assert_eq!((ada.message(), ada.message()), ((1, b"good".to_vec()), (2, b"more".to_vec())));
    ada.expect_life();
}
