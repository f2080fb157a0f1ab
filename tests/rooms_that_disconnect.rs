//! Promise: in a `disconnect` room who falls behind is ended as `fell_behind`, and the others lose nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use oread::settings::{RoomSettings, WhenBehind};
use rooms_fixture::{Audience, Guest, Speaker, play, relay, until};
use support::Daemon;

const LAGGARDS: i64 = 5;

#[test]
fn laggards_end_and_the_others_lose_nothing() {
    let when_behind = WhenBehind::Disconnect;
    let daemon =
        Daemon::start(relay(RoomSettings { log_bytes: 256 << 10, when_behind, ..RoomSettings::default() }));
    play(async {
        let address = daemon.address("echo");
        let audience = Audience::seat(address, 8).await;
        let mut laggards = Vec::new();
        for _ in 0..LAGGARDS {
            let mut laggard = Guest::connect(address).await;
            laggard.join(false).await;
            laggards.push(laggard.fall_silent());
        }
        let mut speaker = Speaker::come(address).await;
        let mut said = 0;
        while daemon.metrics().closed("fell_behind") < LAGGARDS {
            said = speaker.say(10, 4_000).await;
            audience.hears(said).await;
            assert!(said < 10_000, "nobody fell behind");
        }
        until("only who reads is left", || daemon.metrics().sum("oread_room_members", &[]) == 9).await;
        let end = speaker.say_end().await;
        for ledger in audience.ledgers().await {
            ledger.assert_lost_nothing();
            ledger.assert_conserved(end);
        }
        assert!(daemon.metrics().dropped("session_ended") > 0, "what they were owed is counted");
        assert_eq!(daemon.metrics().closed("fell_behind"), LAGGARDS);
        assert!(said > 50);
    });
}
