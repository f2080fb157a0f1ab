//! Promise: who is silent is asked whether it lives, not all at one moment, and ends after 1.5 times the keepalive, whether it can be written to or
//! not. Who provokes answers and does not take them is not read until it does, and loses none; who is kept waiting by a room is not ended.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use oread::protocol::{ClientFrame, ErrorCode, Ping, Pong};
use oread::settings::{RelaySettings, WhenBehind};
use relay_fixture::{Client, Heard, PUBLISH_ONLY, Wish, bytes, failed, publication, relay, relay_on};

/// Half of it is what a client has for its answer, on a busy machine too.
const KEEPALIVE: Duration = Duration::from_secs(3);
/// Two ticks: one for when the clock began, one for when it was looked at.
const INEXACT: Duration = Duration::from_millis(100);

fn keepalive(relay: &mut RelaySettings) {
    relay.keepalive = KEEPALIVE;
}

fn never(relay: &mut RelaySettings) {
    relay.keepalive = Duration::ZERO;
}

fn ping(number: u64) -> Vec<u8> {
    bytes(&ClientFrame::Ping(Ping { opaque: number.to_be_bytes() }))
}

#[test]
fn pings_are_spread() {
    let daemon = relay(|relay| relay.keepalive = 2 * KEEPALIVE);
    let begun = Instant::now();
    let mut clients: Vec<Client> = (0..16).map(|_| Client::welcome(&daemon)).collect();
    let moments: BTreeSet<[u8; 8]> = clients
        .iter_mut()
        .map(|client| match client.hear_any() {
            // What this server asks with is the tick at which it asks.
            Heard::Ping(opaque) => opaque,
            other => panic!("not PING: {other:?}"),
        })
        .collect();
    assert!(begun.elapsed() + INEXACT >= KEEPALIVE * 2 * 3 / 4, "a quarter early at the most");
    assert!(moments.len() > 4, "all at {moments:?}");
}

#[test]
fn who_answers_lives_and_who_is_silent_ends() {
    let daemon = relay(keepalive);
    let mut ada = Client::welcome(&daemon);
    let begun = Instant::now();
    let mut bob = Client::welcome(&daemon);
    let mut asked = 0;
    while asked < 3 {
        match ada.hear_any() {
            Heard::Ping(opaque) => drop(ada.say(&ClientFrame::Pong(Pong { opaque }))),
            other => panic!("not PING: {other:?}"),
        }
        asked += 1;
    }
    ada.say(&ClientFrame::Ping(Ping { opaque: [9; 8] }));
    let (payloads, _) = bob.wire.rest();
    let all: Vec<Heard> = payloads.iter().map(|payload| relay_fixture::heard(payload)).collect();
    assert!(
        matches!(&all[..], [Heard::Ping(_), Heard::Error { code: ErrorCode::Keepalive, ends: true, .. }]),
        "asked once, then ended: {all:?}"
    );
    assert!(begun.elapsed() + INEXACT >= KEEPALIVE * 3 / 2);
    drop(bob);
    daemon.until("it is counted", |metrics| metrics.closed("keepalive") == 1);
    assert_eq!(ada.hear(), Heard::Pong([9; 8]));
}

#[test]
fn who_can_not_be_written_to_ends_all_the_same() {
    let daemon = relay_on(|listener| listener.socket.send_buffer = Some(16 << 10), keepalive);
    let (ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    ada.take_little();
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    let much = vec![0; 32 << 10];
    for _ in 0..100 {
        bob.publish_and_hear(place.room, &much);
    }
    daemon.until("the silent one is ended", |metrics| {
        bob.expect_life();
        metrics.closed("keepalive") == 1
    });
    let metrics = daemon.until_active(1);
    assert_eq!(metrics.sum("oread_room_members", &[]), 1);
}

#[test]
fn many_pings_cost_a_bounded_answer() {
    const PINGS: u64 = 100_000;
    let daemon = relay_on(|listener| listener.socket.send_buffer = Some(16 << 10), never);
    let mut ada = Client::welcome(&daemon);
    ada.take_little();
    let mut writing = ada.wire.0.try_clone().unwrap();
    let flood = std::thread::spawn(move || {
        let all: Vec<u8> = (1..=PINGS).flat_map(ping).collect();
        std::io::Write::write_all(&mut writing, &all).unwrap();
    });
    daemon.until("the flood is here", |metrics| metrics.frames("received") > 10_000);
    assert!(daemon.metrics().sum("oread_outbox_bytes", &[]) <= 4096);
    let mut last = 0;
    while last < PINGS {
        match ada.hear() {
            Heard::Pong(opaque) => {
                let number = u64::from_be_bytes(opaque);
                assert!(number > last, "{number} after {last}");
                last = number;
            }
            other => panic!("not PONG: {other:?}"),
        }
    }
    flood.join().unwrap();
    ada.expect_life();
}

#[test]
fn each_of_many_failures_is_answered() {
    const REQUESTS: u32 = 30_000;
    let daemon = relay_on(|listener| listener.socket.send_buffer = Some(16 << 10), never);
    let mut ada = Client::welcome(&daemon);
    ada.take_little();
    let mut writing = ada.wire.0.try_clone().unwrap();
    let flood = std::thread::spawn(move || {
        for chunk in (1..=REQUESTS).collect::<Vec<_>>().chunks(37) {
            let some: Vec<u8> =
                chunk.iter().flat_map(|request| bytes(&publication(*request, 9, b"x"))).collect();
            std::io::Write::write_all(&mut writing, &some).unwrap();
        }
    });
    daemon.until("it is read no more", |metrics| metrics.sum("oread_reads_paused_total", &[]) > 0);
    for request in 1..=REQUESTS {
        ada.expect_error(request, ErrorCode::UnknownRoom);
    }
    flood.join().unwrap();
    assert_eq!(failed(&daemon.metrics(), "unknown_room"), i64::from(REQUESTS));
    assert_eq!(daemon.metrics().dropped("outbox_newest"), 0);
}

/// A member is forgiven that it does not take what its rooms say: that is their policy's matter. Not that it does not take its answers.
#[test]
fn who_never_takes_its_answers_ends_though_it_is_in_a_room() {
    let daemon = relay_on(
        |listener| {
            listener.socket.send_buffer = Some(16 << 10);
            listener.outbox.bytes = 16 << 10;
            listener.limits.write_stall = KEEPALIVE;
        },
        keepalive,
    );
    let (ada, place) = Client::in_room(&daemon, "lobby", Wish::default());
    ada.take_little();
    let mut writing = ada.wire.0.try_clone().unwrap();
    let _flood = std::thread::spawn(move || {
        let some = bytes(&publication(1, place.room, b"x")).repeat(1000);
        // Until it is ended.
        while std::io::Write::write_all(&mut writing, &some).is_ok() {}
    });
    daemon.until("it is ended", |metrics| metrics.closed("write_stall") == 1);
    daemon.until_active(0);
}

#[test]
fn who_is_kept_waiting_by_a_room_is_not_ended() {
    const MESSAGES: u32 = 400;
    let daemon = relay_on(
        |listener| listener.socket.send_buffer = Some(16 << 10),
        |relay| {
            keepalive(relay);
            relay.room.when_behind = WhenBehind::Block;
            relay.room.block_for = Duration::from_mins(5);
            relay.room.log_bytes = 64 << 10;
        },
    );
    let (mut slow, place) = Client::in_room(&daemon, "lobby", Wish::default());
    slow.take_little();
    let (mut ada, _) = Client::in_room(&daemon, "lobby", PUBLISH_ONLY);
    let mut writing = ada.wire.0.try_clone().unwrap();
    let publisher = std::thread::spawn(move || {
        let all = (1..=MESSAGES).flat_map(|request| bytes(&publication(request, place.room, &[b'x'; 4096])));
        std::io::Write::write_all(&mut writing, &all.collect::<Vec<u8>>()).unwrap();
    });
    let held = daemon.until("the publisher is held", |metrics| {
        metrics.sum("oread_reads_paused_total", &["reason=\"held\""]) > 0
    });
    assert_eq!(held.closed("keepalive"), 0);
    // Long enough for another one that begins now and is silent to be ended. The slow one says that it lives, and takes nothing.
    let _silent = Client::welcome(&daemon);
    let metrics = daemon.until("the silent one is ended", |metrics| {
        slow.wire.send(&ping(1));
        metrics.closed("keepalive") > 0
    });
    assert_eq!(metrics.closed("keepalive"), 1);
    let mut next = 1;
    while next <= u64::from(MESSAGES) {
        match slow.hear() {
            Heard::Message { position, .. } => {
                assert_eq!(position, next);
                next += 1;
            }
            Heard::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
    for request in 1..=MESSAGES {
        assert!(matches!(ada.hear(), Heard::Receipt { request: answered, .. } if answered == request));
    }
    publisher.join().unwrap();
    assert_eq!(daemon.metrics().closed("keepalive"), 1);
}
