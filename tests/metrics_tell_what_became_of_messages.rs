//! Promise: the metrics of a relay add up. What members received and what they were told is missing is all that was published, over a real
//! scrape; every request that fails, frame that is not known, direct message and return of a session is counted once; and rooms that end
//! give everything back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::time::Duration;

use oread::protocol::ErrorCode;
use relay_fixture::{Client, Heard, Wish, failed, relay};
use support::{Daemon, Metrics};

fn of(metrics: &Metrics, name: &str, reason: &str) -> i64 {
    metrics.sum(name, &[&format!("reason=\"{reason}\"")])
}

#[test]
fn received_and_missing_is_all_that_was_published() {
    const MESSAGES: u64 = 2_000;
    let daemon = relay(|relay| relay.room.log_bytes = 256 << 10);
    let (mut slow, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut quick, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut publisher, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let payload = vec![7; 16 << 10];
    for position in 1..=MESSAGES {
        publisher.publish(0, place.room, &payload);
        assert_eq!(quick.message().0, position);
    }
    daemon.until("the slow one lags", |metrics| {
        metrics.sum("oread_room_log_bytes", &[]) > 0
            && metrics.sum("oread_relay_dwell_seconds_count", &[]) > 0
    });
    let (mut received, mut gaps, mut missing) = (0, 0, 0);
    while received + missing < MESSAGES {
        match slow.hear() {
            Heard::Message { .. } => received += 1,
            Heard::Gap { first, last, .. } => (gaps, missing) = (gaps + 1, missing + last + 1 - first),
            other => panic!("{other:?}"),
        }
    }
    assert!(gaps > 0, "32 MiB into a log of 256 KiB and the kernel's buffers");
    let taken = (MESSAGES + received).cast_signed();
    let metrics = daemon.until("what the sockets took is counted", |metrics| {
        metrics.sum("oread_room_messages_delivered_total", &[]) == taken
    });
    assert_eq!(metrics.sum("oread_room_messages_published_total", &[]), MESSAGES.cast_signed());
    assert_eq!(of(&metrics, "oread_room_gaps_total", "behind"), gaps);
    assert_eq!(metrics.sum("oread_room_gaps_total", &[]), gaps, "for no other reason");
    assert_eq!(of(&metrics, "oread_room_gap_messages_total", "behind"), missing.cast_signed());
    let sampled = metrics.sum("oread_room_fan_out_members_count", &[]);
    assert!((1..=MESSAGES.cast_signed()).contains(&sampled), "{sampled} samples");
    assert_eq!(
        metrics.sum("oread_room_fan_out_members_bucket", &["le=\"2\""]),
        0,
        "there were three members"
    );
    assert_eq!(metrics.sum("oread_room_fan_out_members_bucket", &["le=\"5\""]), sampled);
}

#[test]
fn the_longest_lag_shows_while_somebody_does_not_read() {
    let daemon = relay(|_| {});
    let (slow, _) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut publisher, place) = Client::in_room(&daemon, "lobby", Wish::default());
    let payload = vec![7; 64 << 10];
    for _ in 0..256 {
        publisher.publish(0, place.room, &payload);
    }
    daemon.until("it lags by a second", |metrics| metrics.sum("oread_room_longest_lag_seconds", &[]) >= 1);
    drop(slow);
    daemon.until("nobody lags", |metrics| {
        metrics.sum("oread_room_members", &[]) == 1 && metrics.sum("oread_room_longest_lag_seconds", &[]) == 0
    });
}

#[test]
fn requests_directs_returns_and_unknown_frames_are_counted_once() {
    let daemon = relay(|_| {});
    let (mut anna, lobby) = Client::in_room(&daemon, "lobby", Wish::default());
    let (mut bert, _) = Client::in_room(&daemon, "lobby", Wish::default());
    anna.publish(7, lobby.room + 1, b"nowhere").expect_error(7, ErrorCode::UnknownRoom);
    anna.send(8, 4_000_000, b"nobody").expect_error(8, ErrorCode::UnknownSession);
    anna.send(0, bert.session, b"psst");
    assert!(matches!(bert.hear(), Heard::Direct { .. }));
    // A length of 1 and a type that is not known.
    anna.wire.send(&[0, 0, 0, 1, 0x7f]);
    anna.expect_life();
    let ticket = bert.ticket.clone();
    drop(bert);
    let back = Client::resume(&daemon, &ticket);
    let metrics = daemon.metrics();
    assert_eq!((failed(&metrics, "unknown_room"), failed(&metrics, "unknown_session")), (1, 1));
    for (name, count) in [
        ("oread_relay_requests_failed_total", 2),
        ("oread_relay_direct_messages_total", 1),
        ("oread_relay_unknown_frames_total", 1),
        ("oread_relay_sessions_resumed_total", 1),
    ] {
        assert_eq!(metrics.sum(name, &[]), count, "{name}");
    }
    drop(back);
}

#[test]
fn rooms_that_end_give_everything_back() {
    let daemon = relay(|relay| relay.room.linger = Duration::ZERO);
    let members: Vec<_> = (0..20)
        .map(|number| {
            let (mut member, place) =
                Client::in_room(&daemon, &format!("room-{}", number % 5), Wish::default());
            member.publish_and_hear(place.room, &[number; 1000]);
            member
        })
        .collect();
    let metrics = daemon.metrics();
    assert_eq!((metrics.sum("oread_rooms", &[]), metrics.sum("oread_room_members", &[])), (5, 20));
    assert_eq!(metrics.sum("oread_rooms_limit", &[]), 10_000);
    drop(members);
    settles(&daemon);
}

fn settles(daemon: &Daemon) {
    let gauges = [
        "oread_sessions_active",
        "oread_rooms",
        "oread_room_members",
        "oread_room_log_bytes",
        "oread_outbox_bytes",
    ];
    daemon.until("every gauge is at zero", |metrics| gauges.iter().all(|gauge| metrics.sum(gauge, &[]) == 0));
}
