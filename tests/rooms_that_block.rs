//! Promise: in a `block` room publishers wait for who reads, and lose nothing; their clocks stand still meanwhile; who does not read is passed
//! over after `block_for` and told so; and members that write before they read do not lock it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::time::Duration;

use oread::reason::GapReason;
use oread::settings::{RoomSettings, ServiceKind, WhenBehind};
use rooms_fixture::{
    Chronicle, Guest, Heard, Ledger, Mouth, Speaker, hear_to_the_end, in_time, play, relay, until,
};
use support::Daemon;

const SIZE: usize = 4_000;
/// More than the log and the kernel's buffers of one member.
const TOO_MANY: u32 = 105;

fn room(block_for: Duration) -> RoomSettings {
    RoomSettings {
        log_bytes: 256 << 10,
        when_behind: WhenBehind::Block,
        block_for,
        ..RoomSettings::default()
    }
}

async fn until_held(daemon: &Daemon) {
    let held = || daemon.metrics().sum("oread_reads_paused_total", &["reason=\"held\""]) > 0;
    until("a publisher waits", held).await;
}

fn published(daemon: &Daemon) -> i64 {
    daemon.metrics().sum("oread_room_messages_published_total", &[])
}

#[test]
fn publishers_wait_for_who_reads_on() {
    let daemon = Daemon::start(relay(room(Duration::from_mins(1))));
    play(async {
        let mut speaker = Speaker::come(daemon.address("echo")).await;
        let mut late = Guest::connect(daemon.address("echo")).await;
        let mut ledger = late.join(false).await;
        let bytes = speaker.next(200, SIZE);
        speaker.guest.mouth.send(&bytes).await;
        until_held(&daemon).await;
        assert!(published(&daemon) < 200, "it waits");
        let last = tokio::join!(speaker.hear_receipts(), late.ears.follow(&mut ledger, 200)).0;
        assert_eq!(last, 200);
        ledger.assert_lost_nothing();
    });
}

#[test]
fn who_is_held_by_one_room_still_hears_another() {
    let daemon = Daemon::start(relay(room(Duration::from_mins(1))));
    play(async {
        let address = daemon.address("echo");
        let mut held = Speaker::in_room(address, "other").await;
        held.guest.enter(rooms_fixture::LOBBY, false, None).await;
        let mut laggard = Guest::connect(address).await;
        laggard.join(false).await;
        let bytes = held.next(200, SIZE);
        held.guest.mouth.send(&bytes).await;
        until_held(&daemon).await;
        Speaker::in_room(address, "other").await.say(3, 5).await;
        let mut heard = 0;
        while heard < 3 {
            heard += usize::from(matches!(held.guest.ears.hear().await, Some(Heard::Message { .. })));
        }
        assert!(published(&daemon) < 203, "it is held still");
    });
}

/// Says now and then that it lives, and nothing else.
async fn live(mouth: &mut Mouth) {
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    loop {
        beat.tick().await;
        mouth.say(&oread::protocol::ClientFrame::Pong(oread::protocol::Pong { opaque: [0; 8] })).await;
    }
}

#[test]
fn the_clocks_of_a_publisher_that_waits_stand_still() {
    let mut settings = relay(room(Duration::from_secs(2)));
    let listener = &mut settings.listeners[0];
    listener.limits.idle = Duration::from_millis(1_500);
    if let ServiceKind::Relay(relay) = &mut listener.service {
        relay.keepalive = Duration::from_secs(1);
    }
    let daemon = Daemon::start(settings);
    play(async {
        let mut speaker = Speaker::come(daemon.address("echo")).await;
        let mut laggard = Guest::connect(daemon.address("echo")).await;
        let mut ledger = laggard.join(false).await;
        let Guest { ears, mouth, .. } = &mut laggard;
        let whole = async {
            let bytes = speaker.next(TOO_MANY, SIZE);
            speaker.guest.mouth.send(&bytes).await;
            until_held(&daemon).await;
            // Its room holds it for longer than it may be silent.
            let Speaker { guest, ledger: own, .. } = &mut speaker;
            let last = tokio::select! {
                last = guest.ears.receipt(own, TOO_MANY) => last,
                () = live(&mut guest.mouth) => unreachable!(),
            };
            assert_eq!(last, u64::from(TOO_MANY));
            let ended = ["keepalive", "idle_timeout"].map(|reason| daemon.metrics().closed(reason));
            assert_eq!(ended, [0, 0], "nobody was ended for silence");
            ears.follow(&mut ledger, u64::from(TOO_MANY)).await;
        };
        tokio::select! {
            () = whole => {}
            () = live(mouth) => unreachable!(),
        }
        ledger.assert_missed_for(GapReason::Behind);
        ledger.assert_conserved(u64::from(TOO_MANY));
    });
}

#[test]
fn a_fault_behind_messages_that_wait_is_not_forgotten() {
    let daemon = Daemon::start(relay(room(Duration::from_millis(100))));
    play(async {
        let mut speaker = Speaker::come(daemon.address("echo")).await;
        let mut laggard = Guest::connect(daemon.address("echo")).await;
        let _ledger = laggard.join(false).await;
        let mut bytes = speaker.next(TOO_MANY, SIZE);
        bytes.extend(u32::MAX.to_be_bytes());
        speaker.guest.mouth.send(&bytes).await;
        until("the fault is found", || daemon.metrics().closed("frame_too_large") == 1).await;
        assert_eq!(published(&daemon), i64::from(TOO_MANY), "all before it counts");
    });
}

/// Writes all it has to say before it reads anything.
async fn writes_first(mut guest: Guest, mut ledger: Ledger, messages: u32) -> Ledger {
    let mut bytes = Vec::new();
    for number in 0..messages {
        let mut payload = vec![b'.'; SIZE];
        payload[..4].copy_from_slice(&number.to_be_bytes());
        bytes.extend(guest.mouth.message(number + 1, &payload));
    }
    guest.mouth.send(&bytes).await;
    while ledger.own.len() < messages as usize {
        ledger.note(&guest.ears.hear().await.expect("a receipt for each"));
    }
    hear_to_the_end(&mut guest.ears, &mut ledger).await;
    ledger
}

#[test]
fn members_that_write_before_they_read_do_not_lock_it() {
    const MEMBERS: u32 = 4;
    const EACH: u32 = 100;
    let daemon = Daemon::start(relay(room(Duration::from_millis(100))));
    play(async {
        let address = daemon.address("echo");
        let mut seated = Vec::new();
        for _ in 0..MEMBERS {
            let mut guest = Guest::connect(address).await;
            let ledger = guest.join(false).await;
            seated.push((guest, ledger));
        }
        let members: Vec<_> = seated
            .into_iter()
            .map(|(guest, ledger)| tokio::spawn(writes_first(guest, ledger, EACH)))
            .collect();
        let all = i64::from(MEMBERS * EACH);
        until("all was published", || published(&daemon) == all).await;
        Speaker::come(address).await.say_end().await;
        let (mut chronicle, mut ledgers) = (Chronicle::default(), Vec::new());
        for member in members {
            let ledger = in_time("a member hears the end", member).await.unwrap();
            chronicle.add(&ledger);
            ledgers.push(ledger);
        }
        assert_eq!(i64::try_from(chronicle.newest).unwrap(), all + 1, "nothing was lost before the room");
        for ledger in &ledgers {
            ledger.assert_conserved(chronicle.newest);
        }
    });
}
