//! Promise: two thousand members that leave at once leave nothing behind: no session, no member, and after `linger` no room and no byte.
//! (That the work for each does not grow with their number is counted in `room_work_does_not_grow_with_members.rs`.)

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::time::Duration;

use oread::settings::RoomSettings;
use rooms_fixture::{Guest, Speaker, play, relay};
use support::Daemon;

const MEMBERS: i64 = 2_000;

#[test]
fn two_thousand_leave_at_once() {
    // Both ends are in this process, and some descriptors are the daemon's own.
    let limit = oread::descriptors::raise().now.unwrap_or(u64::MAX);
    let members = MEMBERS.min(i64::try_from(limit / 2).unwrap_or(MEMBERS) - 200);
    let linger = Duration::from_millis(300);
    let daemon =
        Daemon::start(relay(RoomSettings { log_bytes: 256 << 10, linger, ..RoomSettings::default() }));
    play(async {
        let address = daemon.address("echo");
        let mut guests = Vec::new();
        for _ in 0..members {
            let mut guest = Guest::connect(address).await;
            guest.join(false).await;
            guests.push(guest);
        }
        assert_eq!(daemon.metrics().sum("oread_room_members", &[]), members);
        // Nobody reads it, so that all are behind when they go.
        Speaker::come(address).await.say(20, 1_000).await;
        assert!(daemon.metrics().sum("oread_room_log_bytes", &[]) > 0);
        drop(guests);
    });
    let metrics = daemon.until_active(0);
    assert_eq!(metrics.sum("oread_room_members", &[]), 0);
    daemon.until("the room is no more", |metrics| metrics.sum("oread_rooms", &[]) == 0);
    let metrics = daemon.metrics();
    for gauge in ["oread_room_log_bytes", "oread_outbox_bytes", "oread_outbox_frames", "oread_room_members"] {
        assert_eq!(metrics.sum(gauge, &[]), 0, "{gauge}");
    }
    assert_eq!(daemon.status()["process"]["queued_bytes"]["used"], 0);
}
