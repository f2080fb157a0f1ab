//! Promise: a publisher that floods its room starves neither another room nor an echo: between a frame and its arrival there the flood gets a
//! bounded number of bytes, not a share of time. And a session in several rooms is served by them in turns. Counted, not timed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod flood;
mod rooms_fixture;
mod session_fixture;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use flood::{Flood, client, seat};
use oread::relay::{House, Houses, Life, Relay};
use oread::service::Echo;
use oread::settings::{RelayProtocol, RelaySettings, RoomSettings};
use rooms_fixture::{Guest, Heard, Speaker, play};
use session_fixture::World;
use support::{Daemon, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A relay in plain mode: one room.
fn room(houses: &Arc<Houses>) -> Relay {
    let protocol = RelayProtocol::Plain { room: "lobby".into() };
    let relay = RelaySettings { protocol, ..RelaySettings::default() };
    Relay::new(House::new(&support::settings().listeners[0], &relay, 1 << 20, houses))
}

/// What a session may move in one turn.
const TURN: u64 = 128 << 10;
/// Sessions of the flood: who speaks and who hears.
const FLOOD: u64 = 40;
const ROUNDS: usize = 100;

/// Bytes of the flood between a frame's leaving at one socket and its coming at another, at the worst.
async fn worst(moved: &AtomicU64, mut from: TcpStream, mut to: Option<TcpStream>) -> u64 {
    let hello = frame(b"hello");
    let mut worst = 0;
    for _ in 0..ROUNDS {
        let before = moved.load(Relaxed);
        from.write_all(&hello).await.unwrap();
        let mut came = [0; 9];
        to.as_mut().unwrap_or(&mut from).read_exact(&mut came).await.unwrap();
        assert_eq!(came[..], hello[..]);
        worst = worst.max(moved.load(Relaxed) - before);
    }
    worst
}

#[tokio::test]
async fn a_flooded_room_has_its_turns_and_no_more() {
    let world = World::new(&support::settings().listeners[0]);
    let houses = Arc::new(Houses::new(Life::of_host(), world.context.process.queued.clone()));
    let (flooded, quiet) = (room(&houses), room(&houses));
    let moved = Arc::new(AtomicU64::new(0));
    for number in 0..FLOOD {
        seat(&world, &flooded, Flood { speaks: number == 0, moved: moved.clone() });
    }
    let (from, to, echo) =
        (client(&world, &quiet).await, client(&world, &quiet).await, client(&world, &Echo).await);
    let in_room = worst(&moved, from, Some(to)).await;
    let in_echo = worst(&moved, echo, None).await;
    assert!(moved.load(Relaxed) > FLOOD * TURN, "there was no flood");
    // However many they are: a turn's worth of them, and what the last of these adds, between two looks at the sockets. There are four looks: for
    // each of the two ends, and as many for what was under way.
    let most = 4 * 3 * TURN;
    assert!(in_room <= most, "{in_room} bytes of the flood before a quiet room's frame came");
    assert!(in_echo <= most, "{in_echo} bytes of the flood before an echo came");
}

/// More members than are woken at once, by whoever has news for them.
const MANY: u64 = 20;

#[tokio::test]
async fn a_large_room_beside_a_flood_waits_no_longer() {
    let world = World::new(&support::settings().listeners[0]);
    let houses = Arc::new(Houses::new(Life::of_host(), world.context.process.queued.clone()));
    let (flooded, quiet) = (room(&houses), room(&houses));
    let moved = Arc::new(AtomicU64::new(0));
    seat(&world, &flooded, Flood { speaks: true, moved: moved.clone() });
    for _ in 0..MANY {
        seat(&world, &quiet, Flood { speaks: false, moved: Arc::default() });
    }
    let (from, to) = (client(&world, &quiet).await, client(&world, &quiet).await);
    let in_room = worst(&moved, from, Some(to)).await;
    // As above, and a look while the wake-ups are gathered.
    let most = 5 * 3 * TURN;
    assert!(in_room <= most, "{in_room} bytes of the flood before a quiet room's frame came");
}

/// A member of so many rooms, the first of which is far ahead of what it reads: the others' messages do not wait for that.
#[track_caller]
fn assert_served_in_turns(all: usize) {
    const LOUD: u32 = 100;
    const SIZE: usize = 40_000;
    let relay = RelaySettings {
        room: RoomSettings { log_bytes: 8 << 20, ..RoomSettings::default() },
        rooms_per_session: 1_000,
        ..RelaySettings::default()
    };
    let daemon = Daemon::start(rooms_fixture::with(relay));
    play(async {
        let address = daemon.address("echo");
        let mut member = Guest::connect(address).await;
        let mut rooms = Vec::new();
        for room in 0..all {
            member.enter(&room.to_string(), false, None).await;
            rooms.push(Speaker::in_room(address, &room.to_string()).await);
        }
        rooms[0].say(LOUD, SIZE).await;
        for quiet in &mut rooms[1..] {
            quiet.say(1, 10).await;
        }
        // It reads only now: what it gets of the loud room before the others' turns is what was under way, and a turn for each.
        let (mut loud, mut quiet) = (0, 0);
        while quiet < all - 1 {
            match member.ears.hear().await.expect("more") {
                Heard::Message { payload, .. } if payload.len() == SIZE => loud += 1,
                Heard::Message { .. } => quiet += 1,
                other => panic!("{other:?}"),
            }
        }
        let before = loud * SIZE;
        assert!(
            before <= (128 << 10) + 4 * (128 << 10),
            "{before} bytes of the loud room came before the others"
        );
        while loud < LOUD as usize {
            loud += usize::from(matches!(member.ears.hear().await, Some(Heard::Message { .. })));
        }
    });
}

#[test]
fn a_session_in_several_rooms_is_served_by_each_in_turns() {
    assert_served_in_turns(4);
}

#[test]
fn so_is_one_in_more_rooms_than_a_word_has_bits() {
    assert_served_in_turns(150);
}
