//! Promise: rooms, members, names, payloads and rates are bounded as configured: the last that is allowed passes, one more is refused with the
//! code that says which limit it was, and who was within them notices nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::time::Instant;

use oread::protocol::{ErrorCode, NAME_MAX};
use oread::settings::{CodecSettings, FrameSettings, NamePattern};
use relay_fixture::{Client, Heard, OWN, PUBLISH_ONLY, Wish, bytes, publication, relay, relay_on, since};

#[test]
fn rooms_have_a_number_and_an_empty_one_goes_first() {
    let daemon = relay(|relay| relay.rooms_max = 2);
    let mut ada = Client::welcome(&daemon);
    let (a, b) = (ada.join("a", Wish::default()), ada.join("b", Wish::default()));
    ada.say_join(3, "c", Wish::default());
    ada.expect_error(3, ErrorCode::NoMoreRooms);
    let (mut bob, also_a) = Client::in_room(&daemon, "a", Wish::default());
    assert_eq!(also_a.room, a.room);

    // Empty, it lingers, and can be joined; until another one is wanted.
    ada.leave(b.room);
    assert_eq!(ada.join("b", Wish::default()).epoch, b.epoch);
    ada.leave(b.room);
    let c = ada.join("c", Wish::default());
    assert!(c.room > b.room);
    bob.say_join(4, "b", Wish::default());
    bob.expect_error(4, ErrorCode::NoMoreRooms);
    assert_eq!(daemon.metrics().sum("oread_rooms", &[]), 2);
    ada.leave(c.room);
    let again = bob.join("b", since(b.epoch, 0));
    assert_ne!((again.room, again.epoch), (b.room, b.epoch));
    assert!(matches!(bob.hear(), Heard::Gap { first: 0, last: 0, .. }));
    assert_eq!(bob.publish_and_hear(a.room, b"unmoved"), 1);
}

#[test]
fn a_session_is_in_so_many_rooms() {
    let daemon = relay(|relay| relay.rooms_per_session = 2);
    let mut ada = Client::welcome(&daemon);
    let a = ada.join("a", Wish::default());
    ada.join("b", Wish::default());
    ada.say_join(3, "c", Wish::default());
    ada.expect_error(3, ErrorCode::TooManyRooms);
    assert_eq!(ada.join("a", OWN).room, a.room);
    ada.leave(a.room);
    ada.join("c", Wish::default());
    assert_eq!(daemon.metrics().sum("oread_room_members", &[]), 2);
}

/// Among them rooms that share a bit of what is new.
#[test]
fn a_session_hears_all_of_many_rooms() {
    const ROOMS: u32 = 150;
    let daemon = relay(|relay| relay.rooms_per_session = ROOMS.into());
    let (mut ada, mut bob) = (Client::welcome(&daemon), Client::welcome(&daemon));
    for room in 0..ROOMS {
        ada.join(&format!("room {room}"), Wish::default());
    }
    for room in 0..ROOMS {
        let place = bob.join(&format!("room {room}"), PUBLISH_ONLY);
        assert_eq!(bob.publish_and_hear(place.room, &room.to_be_bytes()), 1);
        assert_eq!(ada.message(), (1, room.to_be_bytes().to_vec()));
    }
}

#[test]
fn a_room_has_so_many_members() {
    let daemon = relay(|relay| relay.room.members = 2);
    let (mut ada, place) = Client::in_room(&daemon, "a", Wish::default());
    let (bob, _) = Client::in_room(&daemon, "a", PUBLISH_ONLY);
    let mut cyd = Client::welcome(&daemon);
    cyd.say_join(3, "a", Wish::default());
    cyd.expect_error(3, ErrorCode::RoomFull);
    assert_eq!(ada.join("a", OWN).members, 2);
    // A seat is given back by who leaves and by who is gone.
    ada.leave(place.room);
    assert_eq!(cyd.join("a", Wish::default()).members, 2);
    drop(bob);
    daemon.until("his seat is free", |metrics| metrics.sum("oread_room_members", &[]) == 1);
    assert_eq!(ada.join("a", Wish::default()).members, 2);
}

#[test]
fn names_are_compared_by_their_bytes() {
    let daemon = relay(|_| {});
    let mut ada = Client::welcome(&daemon);
    let longest = "é".repeat(NAME_MAX / 2);
    let mut rooms: Vec<u32> = [&longest, "é", "e\u{301}", "É", " ", "a b", "ab", "\u{200d}", "🦀"]
        .map(|name| ada.join(name, Wish::default()).room)
        .to_vec();
    assert_eq!(ada.join(&longest, Wish::default()).room, rooms[0]);
    rooms.sort_unstable();
    rooms.dedup();
    assert_eq!(rooms.len(), 9);
}

#[test]
fn the_longest_payload_passes_and_one_more_byte_does_not() {
    let max = 5_000;
    let daemon = relay_on(
        |listener| {
            listener.codec =
                CodecSettings::LengthDelimited(FrameSettings { max, ..FrameSettings::default() });
        },
        |_| {},
    );
    let (mut ada, place) = Client::in_room(&daemon, "a", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "a", Wish::default());
    let longest = vec![b'x'; ada.max_payload as usize];
    assert_eq!(ada.publish_and_hear(place.room, &longest), 1);
    assert_eq!(bob.message(), (1, longest.clone()));
    ada.send(0, bob.session, &longest);
    assert_eq!(bob.hear(), Heard::Direct { from: ada.session, text: false, payload: longest.clone() });

    let longer = [&longest[..], b"x"].concat();
    ada.publish(5, place.room, &longer);
    ada.expect_error(5, ErrorCode::PayloadTooLarge);
    ada.send(6, bob.session, &longer);
    ada.expect_error(6, ErrorCode::PayloadTooLarge);
    // As long as a frame may be, and one byte more.
    let overhead = bytes(&publication(7, place.room, b"")).len() - 4;
    let whole = usize::try_from(max).unwrap() - overhead;
    ada.publish(7, place.room, &vec![0; whole]);
    ada.expect_error(7, ErrorCode::PayloadTooLarge);
    ada.publish(8, place.room, &vec![0; whole + 1]);
    ada.expect_end(ErrorCode::FrameTooLarge);
    bob.expect_life();
}

/// Counted, not timed: at no moment were there more than a second's worth and what time had brought.
#[test]
fn a_publish_rate_is_kept_by_pacing() {
    const RATE: u32 = 100;
    const MESSAGES: u32 = 250;
    let daemon = relay(|relay| relay.publish_rate = RATE.into());
    let (mut ada, place) = Client::in_room(&daemon, "a", PUBLISH_ONLY);
    let (mut bob, _) = Client::in_room(&daemon, "a", PUBLISH_ONLY);
    let begun = Instant::now();
    let batch = (1..=MESSAGES).flat_map(|request| bytes(&publication(request, place.room, b"x")));
    ada.wire.send(&batch.collect::<Vec<u8>>());
    // Others have a rate of their own.
    bob.publish_and_hear(place.room, b"mine");
    for message in 1..=MESSAGES {
        match ada.hear() {
            Heard::Receipt { request, .. } => assert_eq!(request, message),
            other => panic!("{other:?}"),
        }
        // A second's worth at once, and half a second by which the worker's clock may have lagged when this began.
        let most = f64::from(RATE) * (1.5 + begun.elapsed().as_secs_f64());
        assert!(f64::from(message) <= most, "{message} after {:?}", begun.elapsed());
    }
    let metrics = daemon.metrics();
    assert_eq!(metrics.sum("oread_relay_requests_failed_total", &[]), 0, "nothing was refused");
    assert_eq!(metrics.sum("oread_room_messages_published_total", &[]), i64::from(MESSAGES) + 1);
}

#[test]
fn patterns_say_who_may_hear_and_who_may_speak() {
    let daemon = relay(|relay| {
        relay.join = vec![NamePattern::new("chat-*"), NamePattern::new("news")];
        relay.publish = vec![NamePattern::new("chat-*"), NamePattern::new("box")];
    });
    let mut ada = Client::welcome(&daemon);
    let chat = ada.join("chat-1", Wish::default());
    assert_eq!(ada.publish_and_hear(chat.room, b"hi"), 1);
    let news = ada.join("news", Wish::default());
    ada.publish(1, news.room, b"fake");
    ada.expect_error(1, ErrorCode::NotPermitted);
    for (request, room, wish) in [
        (2, "box", Wish::default()),
        (3, "box", OWN),
        (4, "news", PUBLISH_ONLY),
        (5, "chat", Wish::default()),
    ] {
        // A second JOIN that wants less is none of these rules' matter.
        ada.say_join(request, room, wish);
        match room {
            "news" => drop(ada.joined(request)),
            _ => drop(ada.expect_error(request, ErrorCode::NotPermitted)),
        }
    }
    let letters = ada.join("box", PUBLISH_ONLY);
    assert_eq!(ada.publish_and_hear(letters.room, b"for whoever may read it"), 1);
    assert_eq!(daemon.metrics().sum("oread_rooms", &[]), 3);
}
