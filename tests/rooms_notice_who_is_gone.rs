//! Promise: a member from which nothing comes any more is ended within 1.5 × the keepalive, also while it is far behind and takes nothing; one that
//! speaks and never takes the answers is ended as soon as those fill its outbox and it took nothing for `write_stall`. The others lose nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::time::Duration;

use oread::settings::{RelaySettings, RoomSettings};
use rooms_fixture::{Guest, Speaker, play, relay, until, with};
use support::Daemon;

const SIZE: usize = 4_000;

fn room() -> RoomSettings {
    RoomSettings { log_bytes: 256 << 10, ..RoomSettings::default() }
}

#[test]
fn who_is_silent_and_behind() {
    const SILENT: usize = 10;
    let keepalive = Duration::from_millis(1_500);
    let daemon = Daemon::start(with(RelaySettings { keepalive, room: room(), ..RelaySettings::default() }));
    play(async {
        let address = daemon.address("echo");
        let mut speaker = Speaker::come(address).await;
        let mut silent = Vec::new();
        for _ in 0..SILENT {
            let mut guest = Guest::connect(address).await;
            guest.join(false).await;
            silent.push(guest.fall_silent());
        }
        // It goes on for longer than they may be silent; and it is heard all the time.
        let gone = || daemon.metrics().closed("keepalive") == i64::try_from(SILENT).unwrap();
        let mut last = 0;
        while !gone() {
            last = speaker.say(10, SIZE).await;
            assert!(last < 100_000, "nobody was ended");
        }
        until("they have left the room", || daemon.metrics().sum("oread_room_members", &[]) == 1).await;
        assert!(daemon.metrics().dropped("session_ended") > 0, "what they were owed is counted");
        assert!(last > 100, "they were behind");
    });
}

#[test]
fn who_is_behind_and_lives_is_a_matter_of_its_room() {
    let mut settings = relay(room());
    settings.listeners[0].limits.write_stall = Duration::from_millis(200);
    let daemon = Daemon::start(settings);
    play(async {
        let address = daemon.address("echo");
        let mut late = Guest::connect(address).await;
        let mut ledger = late.join(false).await;
        let mut speaker = Speaker::come(address).await;
        let mut last = speaker.say(150, SIZE).await;
        let lag = || daemon.metrics().sum("oread_room_longest_lag_seconds", &[]) > 1;
        until("it has taken nothing for ten times as long", lag).await;
        last = last.max(speaker.say(10, SIZE).await);
        late.ears.follow(&mut ledger, last).await;
        ledger.assert_conserved(last);
    });
}

#[test]
fn who_never_takes_the_answers() {
    let mut settings = relay(room());
    settings.listeners[0].limits.write_stall = Duration::from_millis(300);
    let daemon = Daemon::start(settings);
    play(async {
        let address = daemon.address("echo");
        let mut deaf = Speaker::come(address).await;
        let mut listener = Speaker::come(address).await;
        let bytes = deaf.next(50, 10);
        let talk = async { while deaf.guest.mouth.try_send(&bytes).await {} };
        let gone = until("it is ended", || daemon.metrics().closed("write_stall") == 1);
        let hear = async { while listener.guest.ears.hear().await.is_some() {} };
        tokio::select! {
            () = async { tokio::join!(talk, gone); } => {}
            () = hear => unreachable!(),
        }
        assert_eq!(daemon.metrics().active(), 1);
    });
}
