//! Promise: a JOIN from a position gets what came after it, then what is said from then on: nothing twice, nothing missing, and a GAP for exactly
//! what is held no longer. A room that died and is born again is another epoch.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::time::Duration;

use oread::protocol::{ErrorCode, GapReason};
use oread::settings::RelaySettings;
use relay_fixture::{Client, Heard, OWN, PUBLISH_ONLY, Place, Wish, relay, since};
use support::{Daemon, until};

fn keeping(relay: &mut RelaySettings) {
    relay.room.history = Duration::from_mins(1);
}

/// A publisher that has said so many messages, each of which is its position.
fn publisher(daemon: &Daemon, messages: u64) -> (Client, Place) {
    let (mut client, mut place) = Client::in_room(daemon, "lobby", PUBLISH_ONLY);
    for position in 1..=messages {
        assert_eq!(client.publish_and_hear(place.room, &position.to_be_bytes()), position);
    }
    place.position = messages;
    (client, place)
}

fn another_epoch(place: Place) -> Heard {
    Heard::Gap { room: place.room, first: 0, last: 0, reason: GapReason::AnotherEpoch }
}

#[test]
fn from_a_position_everything_behind_it_comes_and_then_what_is_new() {
    let daemon = relay(keeping);
    let (mut ada, place) = publisher(&daemon, 10);
    for (after, first) in [(0, 1), (1, 2), (9, 10), (10, 11), (11, 11), (1 << 50, 11)] {
        let (mut bob, joined) = Client::in_room(&daemon, "lobby", since(place.epoch, after));
        assert_eq!((joined.epoch, joined.position), (place.epoch, 10));
        bob.expect_messages(first..=10);
        bob.expect_life();
    }
    let (mut bob, _) = Client::in_room(&daemon, "lobby", since(place.epoch, 7));
    let (mut cyd, _) = Client::in_room(&daemon, "lobby", Wish::default());
    ada.publish_and_hear(place.room, &11_u64.to_be_bytes());
    for position in 8..=11_u64 {
        assert_eq!(bob.message(), (position, position.to_be_bytes().to_vec()));
    }
    cyd.expect_messages(11..=11);
}

#[test]
fn without_an_epoch_all_that_is_held_comes_without_a_gap() {
    let daemon = relay(|relay| {
        keeping(relay);
        relay.room.log_messages = 16;
    });
    let (_ada, _) = publisher(&daemon, 100);
    let (mut bob, joined) = Client::in_room(&daemon, "lobby", since(0, 0));
    let first = bob.message().0;
    assert!(first > 100 - 16, "more is held than may be");
    bob.expect_messages(first + 1..=100);
    bob.expect_life();
    assert_eq!(joined.position, 100);
}

#[test]
fn of_another_epoch_nothing_can_be_counted() {
    let daemon = relay(keeping);
    let (mut ada, place) = publisher(&daemon, 3);
    for (epoch, after) in [(place.epoch - 1, 0), (place.epoch + 1, 2), (0, 2), ((1 << 53) - 1, 3)] {
        let (mut bob, joined) = Client::in_room(&daemon, "lobby", since(epoch, after));
        assert_eq!(bob.hear(), another_epoch(place));
        let next = ada.publish_and_hear(place.room, b"new");
        bob.expect_messages(next..=next);
        assert_eq!((joined.epoch, joined.position), (place.epoch, next - 1));
    }
}

#[test]
fn what_is_held_no_longer_is_announced_exactly() {
    let daemon = relay(|relay| {
        keeping(relay);
        relay.room.log_messages = 16;
    });
    let (_ada, place) = publisher(&daemon, 100);
    for after in [0, 1, 50, 83, 99] {
        let (mut bob, _) = Client::in_room(&daemon, "lobby", since(place.epoch, after));
        let mut next = after + 1;
        while next <= 100 {
            match bob.hear() {
                Heard::Gap { room, first, last, reason: GapReason::NotKept } => {
                    assert_eq!((room, first), (place.room, after + 1), "once, and first");
                    assert!((after + 1..=100).contains(&last));
                    next = last + 1;
                }
                Heard::Message { position, .. } => {
                    assert_eq!(position, next);
                    next += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        bob.expect_life();
    }
    let metrics = daemon.metrics();
    assert!(metrics.sum("oread_room_gaps_total", &["reason=\"not_kept\""]) >= 3);
    assert_eq!(metrics.dropped("behind"), 0);
}

/// The room holds nothing at all: one gap up to the newest.
#[test]
fn where_nothing_is_held_the_gap_is_everything() {
    let daemon = relay(|_| {});
    let (mut ada, place) = publisher(&daemon, 5);
    daemon.until("what was read is given up", |metrics| metrics.sum("oread_room_log_bytes", &[]) == 0);
    let (mut bob, _) = Client::in_room(&daemon, "lobby", since(place.epoch, 2));
    assert_eq!(bob.hear(), Heard::Gap { room: place.room, first: 3, last: 5, reason: GapReason::NotKept });
    ada.publish(0, place.room, b"new");
    bob.expect_messages(6..=6);
}

#[test]
fn my_own_messages_are_left_out_of_my_replay_unless_they_are_wanted() {
    let daemon = relay(keeping);
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    for position in (1..=10).step_by(2) {
        assert_eq!(ada.publish_and_hear(place.room, b"ada"), position);
        assert_eq!(bob.publish_and_hear(place.room, b"bob"), position + 1);
        assert_eq!(ada.message(), (position + 1, b"bob".to_vec()));
    }
    ada.leave(place.room);
    ada.join("lobby", since(place.epoch, 0));
    for position in (2..=10).step_by(2) {
        assert_eq!(ada.message(), (position, b"bob".to_vec()));
    }
    ada.expect_life();
    ada.leave(place.room);
    ada.join("lobby", Wish { own: true, ..since(place.epoch, 4) });
    ada.expect_messages(5..=10);
    ada.expect_life();
}

#[test]
fn a_room_lingers_with_what_it_holds() {
    let daemon = relay(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    for _ in 0..3 {
        ada.publish(0, place.room, b"x");
    }
    ada.leave(place.room);
    let again = ada.join("lobby", Wish { own: true, ..since(place.epoch, 1) });
    assert_eq!((again.room, again.epoch, again.position), (place.room, place.epoch, 3));
    ada.expect_messages(2..=3);
}

#[test]
fn a_room_that_is_born_again_is_another() {
    let daemon = relay(|relay| relay.room.linger = Duration::ZERO);
    let mut ada = Client::welcome(&daemon);
    let mut before = ada.join("lobby", OWN);
    for _ in 0..3 {
        ada.publish(0, before.room, b"x");
        ada.expect_messages(1..=1);
        ada.leave(before.room);
        until("the room is gone", || daemon.metrics().sum("oread_rooms", &[]) == 0);
        ada.publish(9, before.room, b"too late");
        ada.expect_error(9, ErrorCode::NotJoined);
        let now = ada.join("lobby", Wish { own: true, ..since(before.epoch, 1) });
        assert!(now.room > before.room, "a number is not used again");
        assert_ne!(now.epoch, before.epoch);
        assert_eq!((now.position, now.members), (0, 1));
        assert_eq!(ada.hear(), another_epoch(now));
        before = now;
    }
}
