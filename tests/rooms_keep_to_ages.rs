//! Promise: nothing older than `max_age` is delivered, also to one who always reads a little, and what is left out is announced; what all have read
//! is there for `history`; and a room without members is the same room for `linger`, then another.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::time::Duration;

use oread::reason::GapReason;
use oread::settings::RoomSettings;
use rooms_fixture::{Guest, Heard, LOBBY, Ledger, Speaker, play, relay, until};
use support::Daemon;

const SIZE: usize = 4_000;

fn log_bytes(daemon: &Daemon) -> i64 {
    daemon.metrics().sum("oread_room_log_bytes", &[])
}

#[test]
fn who_reads_late_gets_nothing_that_is_too_old() {
    let max_age = Duration::from_millis(200);
    let daemon = Daemon::start(relay(RoomSettings { max_age, ..RoomSettings::default() }));
    play(async {
        let address = daemon.address("echo");
        let mut late = Guest::connect(address).await;
        let mut ledger = late.join(false).await;
        let mut speaker = Speaker::come(address).await;
        let last = speaker.say(150, SIZE).await;
        until("it is too old", || log_bytes(&daemon) == 0).await;
        late.ears.follow(&mut ledger, last).await;
        ledger.assert_missed_for(GapReason::TooOld);
        ledger.assert_conserved(last);
        let missing = i64::try_from(ledger.missing()).unwrap();
        assert_eq!(daemon.metrics().dropped("too_old"), missing);
        // What is new comes as ever.
        let next = speaker.say(1, SIZE).await;
        late.ears.follow(&mut ledger, next).await;
        assert_eq!(ledger.missing(), missing.unsigned_abs());
    });
}

#[test]
fn who_always_reads_a_little_is_never_further_behind() {
    let room =
        RoomSettings { max_age: Duration::from_millis(200), log_bytes: 32 << 20, ..RoomSettings::default() };
    let daemon = Daemon::start(relay(room));
    play(async {
        let address = daemon.address("echo");
        let mut slow = Guest::connect(address).await;
        let mut ledger = slow.join(false).await;
        let mut speaker = Speaker::come(address).await;
        // Ten times as much is said as it reads, for so long that it would be two seconds behind.
        let mut clock = tokio::time::interval(Duration::from_millis(10));
        let mut last = 0;
        for beat in 0..250 {
            clock.tick().await;
            last = speaker.say(1, 60_000).await;
            if beat % 10 == 0 && ledger.next < last {
                ledger.note(&slow.ears.hear().await.expect("more"));
            }
            let lag = daemon.metrics().sum("oread_room_longest_lag_seconds", &[]);
            assert_eq!(lag, 0, "in whole seconds");
        }
        slow.ears.follow(&mut ledger, last).await;
        ledger.assert_missed_for(GapReason::TooOld);
        ledger.assert_conserved(last);
    });
}

#[test]
fn what_all_have_read_is_there_for_its_time() {
    let history = Duration::from_millis(1_500);
    let daemon = Daemon::start(relay(RoomSettings { history, ..RoomSettings::default() }));
    play(async {
        let address = daemon.address("echo");
        let mut speaker = Speaker::come(address).await;
        let mut first = Guest::connect(address).await;
        let mut ledger = first.join(false).await;
        let last = speaker.say(50, SIZE).await;
        first.ears.follow(&mut ledger, last).await;

        let mut late = Guest::connect(address).await;
        let (epoch, position) = late.enter(LOBBY, false, Some((0, 0))).await;
        assert_eq!(position, last);
        let mut replay = Ledger::from(0);
        late.ears.follow(&mut replay, last).await;
        replay.assert_lost_nothing();

        until("its time is over", || log_bytes(&daemon) == 0).await;
        let mut too_late = Guest::connect(address).await;
        too_late.enter(LOBBY, false, Some((epoch, 10))).await;
        let mut replay = Ledger::from(10);
        too_late.ears.follow(&mut replay, last).await;
        assert_eq!(replay.gaps, [(11..=last, GapReason::NotKept)]);
    });
}

#[test]
fn an_empty_room_lingers_and_then_begins_anew() {
    // All of what comes before it is over has to happen within, on the slowest machine.
    let linger = Duration::from_secs(6);
    let daemon = Daemon::start(relay(RoomSettings { linger, ..RoomSettings::default() }));
    play(async {
        let address = daemon.address("echo");
        let members = || daemon.metrics().sum("oread_room_members", &[]);
        let mut speaker = Speaker::come(address).await;
        let last = speaker.say(5, SIZE).await;
        speaker.guest.close();
        until("the room is empty", || members() == 0).await;

        let mut back = Guest::connect(address).await;
        let (epoch, position) = back.enter(LOBBY, false, Some((0, 0))).await;
        assert_eq!(position, last, "it is the same room");
        let mut replay = Ledger::from(0);
        back.ears.follow(&mut replay, last).await;
        replay.assert_lost_nothing();
        back.close();
        until("it is over", || daemon.metrics().sum("oread_rooms", &[]) == 0).await;
        assert_eq!(log_bytes(&daemon), 0);

        let mut later = Guest::connect(address).await;
        let (another, position) = later.enter(LOBBY, false, Some((epoch, last))).await;
        assert_ne!(another, epoch);
        assert_eq!(position, 0);
        let gap = later.ears.hear().await.unwrap();
        assert!(
            matches!(gap, Heard::Gap { first: 0, last: 0, reason: GapReason::AnotherEpoch, .. }),
            "{gap:?}"
        );
    });
}
