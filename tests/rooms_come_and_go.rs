//! Promise: joining and leaving while a room is written to loses nothing silently; and where rooms end and begin all the time, a number stands for
//! one life of one room, whoever asks on whichever worker, and nothing is left of them at the end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use oread::protocol::{ClientFrame, ErrorCode, Leave, Request};
use oread::settings::{RelaySettings, RoomSettings};
use rooms_fixture::{
    Audience, Chronicle, Guest, Heard, LOBBY, Ledger, Random, Speaker, in_time, is_end, play, relay, with,
};
use support::Daemon;

/// What LEFT is to a test.
const LEFT: Heard = Heard::Other(0x83);

async fn leave(guest: &mut Guest) {
    guest.mouth.say(&ClientFrame::Leave(Leave { request: Request(2), room: guest.mouth.room })).await;
}

/// Comes, hears a little, and goes, again and again until the last message.
async fn come_and_go(address: SocketAddr, mut random: Random) -> (Ledger, u32) {
    let mut guest = Guest::connect(address).await;
    let (epoch, position) = guest.enter(LOBBY, false, None).await;
    let mut ledger = Ledger::from(position);
    for times in 0.. {
        let mut ended = false;
        for _ in 0..random.below(30) {
            let heard = guest.ears.hear().await.expect("more");
            ledger.note(&heard);
            ended |= is_end(&heard);
            if ended {
                return (ledger, times);
            }
        }
        leave(&mut guest).await;
        loop {
            let heard = guest.ears.hear().await.expect("LEFT");
            if heard == LEFT {
                break;
            }
            ledger.note(&heard);
            ended |= is_end(&heard);
        }
        if ended {
            return (ledger, times);
        }
        let (again, _) = guest.enter(LOBBY, false, Some((epoch, ledger.next - 1))).await;
        assert_eq!(again, epoch, "somebody was always there");
    }
    unreachable!("the last message comes")
}

#[test]
fn members_come_and_go_while_it_is_written_to() {
    let history = Duration::from_mins(1);
    let mut settings = relay(RoomSettings { log_bytes: 256 << 10, history, ..RoomSettings::default() });
    settings.runtime.workers = 2.try_into().unwrap();
    let daemon = Daemon::start(settings);
    let mut random = Random::seeded();
    play(async {
        let address = daemon.address("echo");
        let audience = Audience::seat(address, 2).await;
        let mut speaker = Speaker::come(address).await;
        let guests: Vec<_> = (0..20).map(|_| tokio::spawn(come_and_go(address, random.fork()))).collect();
        for _ in 0..200 {
            speaker.say(5, 500).await;
        }
        let end = speaker.say_end().await;
        let (mut chronicle, mut comings) = (Chronicle::default(), 0);
        for guest in guests {
            let (ledger, times) = in_time("a guest hears the end", guest).await.unwrap();
            ledger.assert_conserved(end);
            chronicle.add(&ledger);
            comings += times;
        }
        for ledger in audience.ledgers().await {
            ledger.assert_conserved(end);
            chronicle.add(&ledger);
        }
        assert!(comings > 200, "{comings} comings");
    });
}

/// A room's number, and what it stood for.
type Lives = Vec<(u32, (u64, String))>;

/// Goes from room to room, and says something in each that lets it in.
async fn hop(address: SocketAddr, mut random: Random) -> Lives {
    let mut guest = Guest::connect(address).await;
    let mut lives = Vec::new();
    for number in 1..=60_u32 {
        let name = format!("room {}", random.below(6));
        guest.mouth.ask_for(&name, true, None).await;
        let (room, epoch, newest) = match guest.ears.hear().await.expect("an answer") {
            Heard::Joined { room, epoch, position, .. } => (room, epoch, position),
            Heard::Error { code: ErrorCode::NoMoreRooms, .. } => continue,
            other => panic!("{other:?}"),
        };
        lives.push((room, (epoch, name)));
        guest.mouth.room = oread::protocol::RoomNumber(room);
        guest.mouth.publish(&number.to_be_bytes()).await;
        let me = guest.session;
        let mut last = newest;
        loop {
            let heard = guest.ears.hear().await.expect("its own message");
            let Heard::Message { room: of, position, from, .. } = heard else { panic!("{heard:?}") };
            assert_eq!((of, position), (room, last + 1), "one room, without holes");
            last = position;
            if from == me {
                break;
            }
        }
        leave(&mut guest).await;
        guest.ears.until(|heard| *heard == LEFT).await;
    }
    lives
}

#[test]
fn rooms_come_and_go_where_there_may_be_few() {
    let room = RoomSettings { linger: Duration::from_millis(200), ..RoomSettings::default() };
    let mut settings = with(RelaySettings { room, rooms_max: 3, ..RelaySettings::default() });
    settings.runtime.workers = 2.try_into().unwrap();
    let daemon = Daemon::start(settings);
    let mut random = Random::seeded();
    play(async {
        let address = daemon.address("echo");
        let guests: Vec<_> = (0..8).map(|_| tokio::spawn(hop(address, random.fork()))).collect();
        let mut known: HashMap<u32, (u64, String)> = HashMap::new();
        for guest in guests {
            for (number, life) in in_time("a guest has been everywhere", guest).await.unwrap() {
                let was = known.entry(number).or_insert_with(|| life.clone());
                assert_eq!(*was, life, "room {number} is one life of one room");
            }
        }
        let mut epochs: Vec<_> = known.values().map(|(epoch, _)| epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        assert_eq!(epochs.len(), known.len(), "no two lives have one epoch");
        assert!(known.len() > 6, "no room began anew: {known:?}");
    });
    daemon.until_active(0);
    let metrics = daemon.until("no room is left", |metrics| metrics.sum("oread_rooms", &[]) == 0);
    assert_eq!(metrics.sum("oread_room_members", &[]), 0);
    assert_eq!(metrics.sum("oread_room_log_bytes", &[]), 0);
    assert_eq!(daemon.status()["process"]["queued_bytes"]["used"], 0);
}
