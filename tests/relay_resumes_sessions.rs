//! Promise: a ticket makes another connection the same session. Used while that session stands it replaces it; forged, expired or overtaken it
//! makes a new one; and with a JOIN from the last position nothing is heard twice and nothing is missed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::time::{Duration, Instant};

use oread::protocol::ErrorCode;
use relay_fixture::{Client, Heard, PUBLISH_ONLY, Wish, assert_settles, relay, relay_on_two_workers, since};
use support::until;

#[test]
fn a_ticket_brings_the_number_back() {
    let daemon = relay(|_| {});
    let (mut bob, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let mut ada = Client::welcome(&daemon);
    let number = ada.session;
    for round in 1..=3 {
        let ticket = ada.ticket.clone();
        drop(ada);
        daemon.until_active(1);
        ada = Client::resume(&daemon, &ticket);
        assert_eq!(ada.session, number);
        assert_ne!(ada.ticket, ticket);
        // Rooms are not resumed.
        bob.send(9, number, b"are you there?");
        bob.expect_error(9, ErrorCode::UnknownSession);
        ada.join("lobby", Wish::default());
        bob.send(0, number, b"hello again");
        assert_eq!(
            ada.hear(),
            Heard::Direct { from: bob.session, text: false, payload: b"hello again".into() }
        );
        assert_eq!(daemon.metrics().sum("oread_relay_sessions_resumed_total", &[]), round);
    }
}

#[test]
fn a_second_use_replaces_the_first() {
    let daemon = relay_on_two_workers(|_| {});
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let number = ada.session;
    for round in 1..=4 {
        let mut next = Client::resume(&daemon, &ada.ticket);
        assert_eq!(next.session, number);
        let (said, _) = ada.expect_end(ErrorCode::Replaced);
        assert_eq!(said, []);
        let again = next.join("lobby", Wish::default());
        assert_eq!((again.room, again.epoch, again.members), (place.room, place.epoch, 1));
        assert_eq!(daemon.metrics().sum("oread_relay_sessions_resumed_total", &[]), round);
        ada = next;
        daemon.until("the first is gone", |metrics| metrics.closed("replaced") == round);
    }
    drop(ada);
    assert_settles(&daemon);
}

/// It is not waited for: it takes nothing, and much waits for it.
#[test]
fn one_that_is_stuck_is_replaced_at_once() {
    let daemon = relay(|_| {});
    let (ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    ada.take_little();
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    let much = vec![0; 64 << 10];
    for _ in 0..500 {
        bob.publish(0, place.room, &much);
    }
    bob.publish_and_hear(place.room, b"the last");
    let mut next = Client::resume(&daemon, &ada.ticket);
    assert_eq!(next.session, ada.session);
    assert_eq!(next.join("lobby", Wish::default()).members, 2);
    next.expect_life();
}

/// The last ticket but one is good, too: the answer to its use may have been lost. Those before it are not.
#[test]
fn an_overtaken_ticket_replaces_nobody() {
    let daemon = relay(|_| {});
    let first = Client::welcome(&daemon);
    let second = Client::resume(&daemon, &first.ticket);
    let third = Client::resume(&daemon, &first.ticket);
    let mut fourth = Client::resume(&daemon, &third.ticket);
    for client in [&second, &third, &fourth] {
        assert_eq!(client.session, first.session);
    }
    let stranger = Client::resume(&daemon, &first.ticket);
    assert_ne!(stranger.session, first.session);
    fourth.expect_life();
}

#[test]
fn a_forged_ticket_makes_a_new_session() {
    let daemon = relay(|_| {});
    let mut ada = Client::welcome(&daemon);
    let mut forgeries: Vec<Vec<u8>> = (0..ada.ticket.len())
        .map(|byte| {
            let mut forged = ada.ticket.clone();
            forged[byte] ^= 1;
            forged
        })
        .collect();
    forgeries.extend([b"x".to_vec(), ada.ticket[1..].to_vec(), [&ada.ticket[..], b"x"].concat()]);
    for forged in forgeries {
        assert_ne!(Client::resume(&daemon, &forged).session, ada.session);
    }
    // One of another daemon.
    let other = relay(|_| {});
    assert!(Client::resume(&other, &ada.ticket).session > 0);
    assert_eq!(other.metrics().sum("oread_relay_sessions_resumed_total", &[]), 0);
    assert_eq!(daemon.metrics().sum("oread_relay_sessions_resumed_total", &[]), 0);
    ada.expect_life();
}

#[test]
fn a_ticket_lasts_as_long_as_its_session_and_expires_after_it() {
    const RESUME_FOR: Duration = Duration::from_millis(20);
    let pass = || {
        let begin = Instant::now();
        until("twice its time passes", || begin.elapsed() > 2 * RESUME_FOR);
    };
    let daemon = relay(|relay| relay.resume_for = RESUME_FOR);
    let ada = Client::welcome(&daemon);
    pass();
    let again = Client::resume(&daemon, &ada.ticket);
    assert_eq!(again.session, ada.session);
    pass();
    let (number, ticket) = (again.session, again.ticket.clone());
    drop(again);
    daemon.until_active(0);
    pass();
    assert_ne!(Client::resume(&daemon, &ticket).session, number);
}

/// A publisher goes on while a member is cut off again and again, at whatever it was doing, and comes back from its last position.
#[test]
fn nothing_is_missed_and_nothing_is_heard_twice() {
    const MESSAGES: u64 = 3000;
    let daemon = relay_on_two_workers(|relay| relay.room.history = Duration::from_mins(5));
    let (mut ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    let number = ada.session;
    let publisher = std::thread::spawn(move || {
        for position in 1..=MESSAGES {
            assert_eq!(bob.publish_and_hear(place.room, &position.to_be_bytes()), position);
        }
        bob
    });
    let mut last = 0;
    let mut cuts = 0;
    while last < MESSAGES {
        for _ in 0..(7 + cuts * 13 % 90).min(MESSAGES - last) {
            let (position, payload) = ada.message();
            assert_eq!((position, payload), (last + 1, position.to_be_bytes().to_vec()));
            last = position;
        }
        cuts += 1;
        let (ticket, old) = (ada.ticket.clone(), ada);
        if cuts % 3 == 0 {
            old.wire.reset();
            ada = Client::resume(&daemon, &ticket);
        } else {
            // Still there: it is replaced.
            ada = Client::resume(&daemon, &ticket);
            drop(old);
        }
        assert_eq!(ada.session, number);
        let again = ada.join("lobby", since(place.epoch, last));
        assert_eq!((again.room, again.epoch), (place.room, place.epoch));
    }
    let _bob = publisher.join().unwrap();
    ada.expect_life();
    assert!(cuts > 30);
}
