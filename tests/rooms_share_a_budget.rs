//! Promise: when all logs together reach `limits.queued`, the longest lag is given up first, with a gap; the total stays within the budget and
//! one read; publishers go on, and control frames pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use oread::reason::GapReason;
use oread::settings::RoomSettings;
use rooms_fixture::{Guest, Heard, Ledger, Speaker, play, relay, until};
use support::Daemon;

const BUDGET: u64 = 1 << 20;
/// What a session may have read when the budget is found to be spent.
const ONE_READ: u64 = 256 << 10;
const SIZE: usize = 4_000;

fn used(daemon: &Daemon) -> u64 {
    daemon.status()["process"]["queued_bytes"]["used"].as_u64().unwrap()
}

async fn stall_in(daemon: &Daemon, room: &str) -> (Guest, Ledger) {
    let mut guest = Guest::connect(daemon.address("echo")).await;
    let (_, position) = guest.enter(room, false, None).await;
    (guest, Ledger::from(position))
}

#[test]
fn the_longest_lag_goes_first() {
    let mut settings = relay(RoomSettings { log_bytes: 4 << 20, ..RoomSettings::default() });
    settings.limits.queued = BUDGET;
    let daemon = Daemon::start(settings);
    play(async {
        let address = daemon.address("echo");
        let mut old = stall_in(&daemon, "old").await;
        let mut new = stall_in(&daemon, "new").await;
        let mut in_old = Speaker::in_room(address, "old").await;
        let mut in_new = Speaker::in_room(address, "new").await;

        let last_old = in_old.say(150, SIZE).await;
        // The lag of one is seen to be longer.
        let lag = || daemon.metrics().sum("oread_room_longest_lag_seconds", &[]) > 0;
        until("it has waited", lag).await;
        let shed = || daemon.metrics().sum("oread_room_shed_segments_total", &[]);
        assert_eq!(shed(), 0);
        let mut last_new = 0;
        for opaque in 0..20 {
            last_new = in_new.say(10, SIZE).await;
            assert!(used(&daemon) <= BUDGET + ONE_READ, "{} bytes", used(&daemon));
            for speaker in [&mut in_old, &mut in_new] {
                speaker.guest.mouth.ping(opaque).await;
                let pong = Heard::Pong(opaque.to_be_bytes());
                speaker.guest.ears.until(|heard| *heard == pong).await;
            }
        }
        assert!(shed() > 0, "the budget was not spent");

        let (guest, ledger) = &mut new;
        guest.ears.follow(ledger, last_new).await;
        ledger.assert_lost_nothing();
        let (guest, ledger) = &mut old;
        guest.ears.follow(ledger, last_old).await;
        ledger.assert_missed_for(GapReason::Behind);
        ledger.assert_conserved(last_old);
    });
}

#[test]
fn rooms_without_members_go_before_those_with() {
    let mut settings = relay(RoomSettings { log_bytes: 4 << 20, ..RoomSettings::default() });
    settings.limits.queued = BUDGET;
    let daemon = Daemon::start(settings);
    play(async {
        let address = daemon.address("echo");
        let (mut guest, mut ledger) = stall_in(&daemon, "busy").await;
        let mut in_busy = Speaker::in_room(address, "busy").await;
        in_busy.say(100, SIZE).await;
        let lag = || daemon.metrics().sum("oread_room_longest_lag_seconds", &[]) > 0;
        until("it has waited", lag).await;

        let (reader, _) = stall_in(&daemon, "empty").await;
        let mut in_empty = Speaker::in_room(address, "empty").await;
        let said = in_empty.say(100, SIZE).await;
        in_empty.guest.close();
        reader.close();
        let members = || daemon.metrics().sum("oread_room_members", &[]) == 2;
        until("one room is empty, and lingers", members).await;

        let last = in_busy.say(80, SIZE).await;
        assert!(daemon.metrics().sum("oread_room_shed_segments_total", &[]) > 0, "the budget was not spent");
        guest.ears.follow(&mut ledger, last).await;
        ledger.assert_lost_nothing();
        let (mut back, _) = stall_in(&daemon, "empty").await;
        back.close();
        back = Guest::connect(address).await;
        let (_, position) = back.enter("empty", false, Some((0, 0))).await;
        assert_eq!(position, said, "it is the same room, though it gave up messages");
    });
}

#[test]
fn publishers_go_on_where_nobody_reads() {
    let mut settings = relay(RoomSettings { log_bytes: 4 << 20, ..RoomSettings::default() });
    settings.limits.queued = BUDGET;
    let daemon = Daemon::start(settings);
    play(async {
        let address = daemon.address("echo");
        let mut rooms = Vec::new();
        for room in ["a", "b", "c", "d"] {
            rooms.push((stall_in(&daemon, room).await, Speaker::in_room(address, room).await, 0));
        }
        for _ in 0..10 {
            for (_, speaker, last) in &mut rooms {
                *last = speaker.say(20, SIZE).await;
                assert!(used(&daemon) <= BUDGET + ONE_READ, "{} bytes", used(&daemon));
            }
        }
        for ((guest, ledger), _, last) in &mut rooms {
            assert_eq!(*last, 200, "all was published");
            guest.ears.follow(ledger, *last).await;
            ledger.assert_missed_for(GapReason::Behind);
            ledger.assert_conserved(*last);
        }
    });
}
