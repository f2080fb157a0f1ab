//! Promise: each request of protocol 1 is answered as specified, with the request's own number, and one that fails costs nobody anything: not
//! its own session, and not another.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use oread::peer::SessionId;
use oread::protocol::{ClientFrame, ErrorCode, Payload, Ping, Publish, Request, RoomNumber, SendTo};
use oread::settings::NamePattern;
use relay_fixture::{
    Client, Heard, OWN, PUBLISH_ONLY, Wish, assert_settles, bytes, failed, publication, relay, relay_on,
    since,
};
use support::frame;

#[test]
fn a_message_goes_to_everyone_else_as_it_was_said() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, bobs) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut cyd, cyds) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    let (mut dan, elsewhere) = Client::in_room(&daemon, "other", Wish::default());
    assert_eq!((place.position, place.members, bobs.members, cyds.members), (0, 1, 2, 3));
    assert_eq!((place.room, place.epoch), (bobs.room, bobs.epoch));
    assert!(place.room > 0 && elsewhere.room > 0 && place.room != elsewhere.room);
    assert_ne!(place.epoch, elsewhere.epoch);

    let (room, request) = (RoomNumber(place.room), Request(9));
    for payload in [Payload::Text("hé!"), Payload::Bytes(b"\xff\0"), Payload::Bytes(b""), Payload::Text("")]
    {
        ada.say(&ClientFrame::Publish(Publish { room, request, payload }));
        let Heard::Receipt { request: 9, position, members: 2 } = ada.hear() else { panic!("not RECEIPT") };
        let (text, payload) = (matches!(payload, Payload::Text(_)), payload.bytes().to_vec());
        assert_eq!(bob.hear(), Heard::Message { room: room.0, position, from: ada.session, text, payload });
    }
    for client in [&mut ada, &mut bob, &mut cyd, &mut dan] {
        client.expect_life();
    }
}

#[test]
fn receipts_name_each_position_in_one_batch() {
    const MESSAGES: u32 = 500;
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "lobby", Wish::default());
    // Every third wants no receipt.
    let requests: Vec<u32> = (1..=MESSAGES).map(|n| if n % 3 == 0 { 0 } else { n }).collect();
    let batch = requests.iter().flat_map(|request| bytes(&publication(*request, place.room, b"hi")));
    ada.wire.send(&batch.collect::<Vec<u8>>());
    for (position, request) in (1..).zip(requests) {
        if request > 0 {
            assert_eq!(ada.hear(), Heard::Receipt { request, position, members: 1 });
        }
    }
    bob.expect_messages(1..=u64::from(MESSAGES));
    ada.expect_life();
}

#[test]
fn my_own_messages_come_where_they_were_wanted() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", OWN);
    ada.publish(0, place.room, b"mine");
    assert_eq!(ada.message(), (1, b"mine".to_vec()));
    ada.expect_life();
}

#[test]
fn a_second_join_changes_flags_only() {
    let daemon = relay(|_| {});
    let (mut ada, first) = Client::in_room(&daemon, "lobby", OWN);
    let (mut bob, _) = Client::in_room(&daemon, "lobby", OWN);
    bob.publish(0, first.room, b"1");
    assert_eq!((ada.message().0, bob.message().0), (1, 1));

    // From a position: that is no flag of a membership.
    let again = ada.join("lobby", since(first.epoch, 0));
    assert_eq!((again.room, again.epoch, again.position, again.members), (first.room, first.epoch, 1, 2));
    assert_eq!(ada.publish_and_hear(first.room, b"2"), 2);
    ada.expect_life();
    bob.expect_messages(2..=2);

    // Publish only: nothing is heard, nothing is announced as missing.
    ada.join("lobby", PUBLISH_ONLY);
    bob.publish(0, first.room, b"3");
    bob.expect_messages(3..=3);
    ada.expect_life();

    // And back: from here on.
    assert_eq!(ada.join("lobby", OWN).position, 3);
    bob.publish(0, first.room, b"4");
    ada.expect_messages(4..=4);
    bob.expect_messages(4..=4);
    assert_eq!(daemon.metrics().sum("oread_room_members", &[]), 2);
}

#[test]
fn who_may_only_publish_hears_nothing_after_a_second_join_either() {
    let daemon = relay(|relay| relay.join = vec![NamePattern::new("open")]);
    let (mut ada, place) = Client::in_room(&daemon, "closed", PUBLISH_ONLY);
    ada.say_join(7, "closed", Wish::default());
    ada.expect_error(7, ErrorCode::NotPermitted);
    let (mut bob, _) = Client::in_room(&daemon, "closed", PUBLISH_ONLY);
    bob.publish_and_hear(place.room, b"a secret");
    ada.expect_life();
    assert_eq!(ada.publish_and_hear(place.room, b"still in"), 2);
}

#[test]
fn leaving_is_answered_and_ends_it() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", OWN);
    let (mut bob, _) = Client::in_room(&daemon, "lobby", Wish::default());
    ada.leave(place.room);
    assert_eq!(bob.publish_and_hear(place.room, b"gone?"), 1);
    ada.expect_life();
    ada.say_leave(5, place.room);
    ada.expect_error(5, ErrorCode::NotJoined);
    ada.say_leave(6, 4_000_000_000);
    ada.expect_error(6, ErrorCode::UnknownRoom);
    ada.publish(7, place.room, b"hello?");
    ada.expect_error(7, ErrorCode::NotJoined);
    let back = ada.join("lobby", Wish::default());
    assert_eq!((back.room, back.epoch, back.position), (place.room, place.epoch, 1));
    let metrics = daemon.metrics();
    assert_eq!((failed(&metrics, "not_joined"), failed(&metrics, "unknown_room")), (2, 1));
}

#[test]
fn a_publication_is_refused_by_its_request_and_the_next_is_not() {
    let daemon = relay(|relay| relay.publish = vec![NamePattern::new("lobby")]);
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let quiet = ada.join("quiet", Wish::default());
    for (request, room, code) in [
        (1, place.room + 1000, ErrorCode::UnknownRoom),
        (2, 0, ErrorCode::UnknownRoom),
        (3, quiet.room, ErrorCode::NotPermitted),
        (0, quiet.room, ErrorCode::NotPermitted),
    ] {
        ada.publish(request, room, b"no");
        ada.expect_error(request, code);
    }
    ada.wire.send(&frame(&[&b"\x04\x01"[..], &place.room.to_be_bytes(), b"\0\0\0\x08\xff"].concat()));
    ada.expect_error(8, ErrorCode::BadText);
    assert_eq!(ada.publish_and_hear(place.room, b"yes"), 1);
    bob.expect_messages(1..=1);
    bob.expect_life();
}

/// Errors go ahead of data, but in the order of what they are about; and what was published before a request is in the room when that is answered.
#[test]
fn answers_keep_the_order_of_what_was_asked() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let mut batch = Vec::new();
    for request in 1..=20 {
        let room = if request % 2 == 0 { place.room } else { 999 };
        batch.extend(bytes(&publication(request, room, b"x")));
    }
    let leave = oread::protocol::Leave { request: Request(21), room: RoomNumber(place.room) };
    batch.extend(bytes(&ClientFrame::Leave(leave)));
    batch.extend(bytes(&publication(22, place.room, b"late")));
    ada.wire.send(&batch);
    let all: Vec<Heard> = (0..22).map(|_| ada.hear()).collect();
    let errors: Vec<u32> = all
        .iter()
        .filter_map(|heard| if let Heard::Error { request, .. } = heard { Some(*request) } else { None })
        .collect();
    assert_eq!(errors, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 22]);
    let others: Vec<&Heard> = all.iter().filter(|heard| !matches!(heard, Heard::Error { .. })).collect();
    for (position, heard) in (1..=10).zip(&others) {
        let request = u32::try_from(position).unwrap() * 2;
        assert_eq!(**heard, Heard::Receipt { request, position, members: 1 });
    }
    assert_eq!(*others[10], Heard::Left { request: 21, room: place.room });
    bob.expect_messages(1..=10);
    bob.expect_life();
}

#[test]
fn sending_reaches_who_shares_a_room() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    let (cyd, _) = Client::in_room(&daemon, "other", Wish::default());
    let dan = Client::welcome(&daemon);
    let (session, payload) = (SessionId(bob.session), Payload::Text("hé"));
    ada.say(&ClientFrame::Send(SendTo { session, request: Request(4), payload }));
    assert_eq!(ada.hear(), Heard::Receipt { request: 4, position: 0, members: 1 });
    assert_eq!(bob.hear(), Heard::Direct { from: ada.session, text: true, payload: "hé".into() });
    bob.send(0, ada.session, b"\xff");
    assert_eq!(ada.hear(), Heard::Direct { from: bob.session, text: false, payload: vec![0xff] });
    bob.expect_life();
    for (request, nobody) in [(1, cyd.session), (2, dan.session), (3, 1 << 40), (0, 0)] {
        ada.send(request, nobody, b"who?");
        ada.expect_error(request, ErrorCode::UnknownSession);
    }
    bob.leave(place.room);
    ada.send(5, bob.session, b"still there?");
    ada.expect_error(5, ErrorCode::UnknownSession);
    drop(bob);
    assert_eq!(failed(&daemon.metrics(), "unknown_session"), 5);
    drop((ada, cyd, dan));
    assert_settles(&daemon);
}

#[test]
fn a_full_recipient_is_the_senders_to_know_and_nobodys_end() {
    const PAYLOAD: usize = 16 << 10;
    let daemon = relay_on(
        |listener| {
            listener.outbox.frames = 8;
            listener.socket.send_buffer = Some(16 << 10);
        },
        |_| {},
    );
    let (mut ada, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let mut taken = 0;
    let refused = loop {
        taken += 1;
        assert!(taken < 10_000, "his outbox has no end");
        let number = u32::to_be_bytes(taken).repeat(PAYLOAD / 4);
        ada.send(taken, bob.session, &number);
        match ada.hear() {
            Heard::Receipt { request, position: 0, members: 1 } if request == taken => {}
            Heard::Error { request, code, temporary, ends, .. } => {
                assert_eq!((request, code), (taken, ErrorCode::RecipientFull));
                assert!(temporary && !ends);
                break taken;
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ada.publish_and_hear(place.room, b"and the room goes on"), 1);
    // What the room says comes between his mail: neither keeps the other from him.
    let (mut direct, mut said) = (1, 0);
    while direct < refused || said == 0 {
        match bob.hear() {
            Heard::Message { position: 1, .. } => said += 1,
            Heard::Direct { payload, .. } => {
                assert!(payload == direct.to_be_bytes().repeat(PAYLOAD / 4), "mail {direct} came next");
                direct += 1;
            }
            other => panic!("{:.200}", format!("{other:?}")),
        }
    }
    assert_eq!((direct, said), (refused, 1));
    ada.send(0, bob.session, b"once more");
    assert_eq!(bob.hear(), Heard::Direct { from: ada.session, text: false, payload: b"once more".to_vec() });
}

#[test]
fn requests_to_come_are_unsupported_and_other_types_ignored() {
    let daemon = relay(|_| {});
    let mut ada = Client::welcome(&daemon);
    for kind in 0x20..=0x3F_u8 {
        let request = 7000 + u32::from(kind);
        ada.wire.send(&frame(&[&[kind][..], &request.to_be_bytes(), b"whatever it asks"].concat()));
        let text = ada.expect_error(request, ErrorCode::Unsupported);
        assert!(text.contains(&format!("0x{kind:02X}")), "{text}");
    }
    let unknown: Vec<u8> = (0..=u8::MAX).filter(|kind| !matches!(kind, 1..=7 | 0x20..=0x3F)).collect();
    for kind in &unknown {
        ada.wire.send(&frame(&[*kind])).send(&frame(&[*kind, 1, 2, 3]));
    }
    ada.expect_life();
    let metrics = daemon.metrics();
    assert_eq!(
        metrics.sum("oread_relay_unknown_frames_total", &[]),
        2 * i64::try_from(unknown.len()).unwrap()
    );
    assert_eq!(failed(&metrics, "unsupported"), 32);
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    let daemon = relay(|_| {});
    let mut ada = Client::connect(&daemon);
    let grown = |frame: ClientFrame<'_>| {
        let mut plain = bytes(&frame)[4..].to_vec();
        plain.extend(b"what a later version adds");
        support::frame(&plain)
    };
    ada.wire.send(&grown(ClientFrame::Hello(relay_fixture::hello())));
    let Heard::Welcome { session, .. } = ada.hear() else { panic!("not WELCOME") };
    // Flags: all but that of a position.
    ada.wire.send(&frame(b"\x02\0\0\0\x01\xf2\x05lobby and more"));
    let place = ada.joined(1);
    ada.wire.send(&grown(ClientFrame::Ping(Ping { opaque: [3; 8] })));
    assert_eq!(ada.hear(), Heard::Pong([3; 8]));
    let publish = |extension: &[u8]| {
        let length = u16::try_from(extension.len()).unwrap().to_be_bytes();
        frame(&[b"\x04\xff", &place.room.to_be_bytes()[..], b"\0\0\0\0", &length, extension, b"hi"].concat())
    };
    for (position, extension) in (1..).zip([&b""[..], b"\x09", &[0; 300]]) {
        ada.wire.send(&publish(extension));
        let (room, from, payload) = (place.room, session, b"hi".to_vec());
        assert_eq!(ada.hear(), Heard::Message { room, position, from, text: true, payload });
    }
    ada.wire.send(&frame(&[b"\x03\0\0\0\x05", &place.room.to_be_bytes()[..], b"more"].concat()));
    assert_eq!(ada.hear(), Heard::Left { request: 5, room: place.room });
}
