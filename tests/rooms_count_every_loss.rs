//! Promise: whoever is killed at random, in whatever way, and whoever stops reading for a while: for each member that is left, received + announced
//! missing + its own = published since it joined, in one order that is the same for all. Where the wire cannot announce, the metrics
//! add up: published × everyone else = sent + dropped under one reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::thread::scope;
use std::time::Duration;

use oread::settings::{RoomSettings, WhenBehind};
use rooms_fixture::storm::{self, Storm};
use rooms_fixture::{Random, narrow, plain};
use support::{Daemon, Wire, frames};

#[test]
fn for_each_member_that_is_left() {
    let mut random = Random::seeded();
    let mut missing = 0;
    for _ in 0..3 {
        missing += storm::run(Storm::default(), &mut random).missing;
    }
    assert!(missing > 0, "nobody missed anything");
}

#[test]
fn under_every_bound() {
    let mut random = Random::seeded();
    let room = Storm::default().room;
    let when_behind = WhenBehind::Block;
    let short = |millis| Duration::from_millis(millis);
    for (name, storm) in [
        ("pushed off", Storm { room: RoomSettings { log_messages: 50, ..room }, ..Storm::default() }),
        ("too old", Storm { room: RoomSettings { max_age: short(100), ..room }, ..Storm::default() }),
        ("shed", Storm { queued: 200 << 10, ..Storm::default() }),
        (
            "waited for",
            Storm {
                room: RoomSettings { when_behind, block_for: short(50), ..room },
                messages: 50,
                ..Storm::default()
            },
        ),
    ] {
        let outcome = storm::run(storm, &mut random);
        assert!(outcome.missing > 0, "{name}: nobody missed anything");
    }
}

/// Frames that each member of the plain room says, and bytes of each.
const FRAMES: u32 = 150;
const BYTES: usize = 2_000;
const READERS: usize = 6;
const SILENT: usize = 6;

#[test]
fn in_the_metrics_of_a_plain_room() {
    let room = Storm::default().room;
    let block_for = Duration::from_millis(50);
    assert_metrics_add_up(1, room);
    assert_metrics_add_up(2, RoomSettings { max_age: Duration::from_millis(100), ..room });
    assert_metrics_add_up(2, RoomSettings { when_behind: WhenBehind::Block, block_for, ..room });
}

#[track_caller]
fn assert_metrics_add_up(workers: usize, room: RoomSettings) {
    let mut settings = plain(room);
    settings.runtime.workers = workers.try_into().unwrap();
    let daemon = Daemon::start(settings);
    let members: Vec<Wire> = (0..READERS + SILENT).map(|_| narrow(daemon.address("echo"))).collect();
    let all = i64::try_from(members.len()).unwrap();
    daemon.until("all are in the room", |metrics| metrics.sum("oread_room_members", &[]) == all);
    let said = all * i64::from(FRAMES);
    scope(|scope| {
        for (number, member) in members.iter().enumerate() {
            let mut writer = Wire(member.0.try_clone().unwrap());
            scope.spawn(move || {
                writer.send(&frames(FRAMES, BYTES));
            });
            if number < READERS {
                let mut reader = member.0.try_clone().unwrap();
                scope.spawn(move || std::io::copy(&mut reader, &mut std::io::sink()).unwrap());
            }
        }
        daemon
            .until("all was said", |metrics| metrics.sum("oread_room_messages_published_total", &[]) == said);
        for (number, member) in members.into_iter().enumerate() {
            match number {
                // They are owed what is left, and then the end.
                0..READERS => member.half_close(),
                _ if number.is_multiple_of(2) => member.reset(),
                _ => drop(member),
            }
        }
    });
    let metrics = daemon.until_active(0);
    let reasons = ["behind", "too_old", "session_ended"];
    let dropped: i64 = reasons.map(|reason| metrics.dropped(reason)).iter().sum();
    assert!(dropped > 0, "nobody missed anything");
    assert_eq!(metrics.sum("oread_frames_dropped_total", &[]), dropped, "no other reason is there");
    assert_eq!(metrics.frames("sent") + dropped, said * (all - 1), "each frame is owed to everyone else");
}
