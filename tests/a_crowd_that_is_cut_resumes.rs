//! Promise: two thousand clients, cut at random for ten minutes' worth of traffic, come back with their ticket and their position, and see
//! each message of their room once and in order, or are told at its place that it is missing.
//!
//! Time is counted in messages: a room is told one a second, some seconds at once, and waits while somebody who is there is too far
//! behind. So the ten minutes are over as soon as everything in them has happened, on any machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use oread::settings::{NamePattern, RelaySettings, RoomSettings, Settings};
use rooms_fixture::{Chronicle, Guest, Heard, Ledger, Quiet, Random, Speaker, is_end, play, with};
use support::Daemon;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

const ROOMS: usize = 40;
/// Clients in each room, beside the one who speaks there.
const CLIENTS: usize = 50;
const SECONDS: u64 = 600;
/// A client is cut once in so many messages: of a minute, on average.
const BETWEEN_CUTS: u32 = 60;
/// Seconds for which it stays away at the most.
const LONGEST_AWAY: u32 = 30;
/// Seconds by which a room is ahead of those who are there at the most.
const AHEAD: u64 = 10;
/// Seconds that pass at once at the most.
const AT_ONCE: u32 = 8;
/// Messages that a room keeps whose name begins with `brief`; the others keep all.
const BRIEF: u64 = 20;
const BYTES: usize = 64;

/// One room's time, which is the same as the position of its newest message.
struct RoomTime {
    name: String,
    now: watch::Sender<u64>,
    /// For each client the second that it does not hold up: how far it has heard, or when it comes back.
    passed: Vec<AtomicU64>,
    moved: Notify,
}

impl RoomTime {
    fn new(room: usize) -> Arc<Self> {
        let name = if room.is_multiple_of(2) { format!("brief-{room}") } else { format!("whole-{room}") };
        let passed = (0..CLIENTS).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { name, now: watch::channel(0).0, passed, moved: Notify::new() })
    }

    fn pass(&self, client: usize, second: u64) {
        self.passed[client].store(second, SeqCst);
        self.moved.notify_one();
    }

    async fn may_come(&self, second: u64) {
        while self.passed.iter().any(|passed| passed.load(SeqCst) + AHEAD < second) {
            self.moved.notified().await;
        }
    }

    async fn is(&self, second: u64) {
        self.now.subscribe().wait_for(|now| *now >= second).await.unwrap();
    }
}

/// A client over all of its connections.
struct Client {
    room: Arc<RoomTime>,
    which: usize,
    address: SocketAddr,
    guest: Guest,
    epoch: u64,
    ledger: Ledger,
    cuts: i64,
    random: Random,
}

impl Client {
    async fn come(room: &Arc<RoomTime>, which: usize, address: SocketAddr, random: Random) -> Self {
        let mut guest = Guest::connect(address).await;
        let (epoch, position) = guest.enter(&room.name, false, None).await;
        let ledger = Ledger::from(position);
        Self { room: room.clone(), which, address, guest, epoch, ledger, cuts: 0, random }
    }

    /// Through all ten minutes.
    async fn live(mut self) -> Self {
        while self.listen().await {
            self = self.be_cut().await;
        }
        self
    }

    /// Until the line is cut. Says whether there is more to come.
    async fn listen(&mut self) -> bool {
        loop {
            let heard = self.guest.ears.hear().await.expect("more of the room");
            self.ledger.note(&heard);
            self.room.pass(self.which, self.ledger.next - 1);
            if is_end(&heard) {
                return false;
            }
            if matches!(heard, Heard::Message { .. }) && self.random.once_in(BETWEEN_CUTS) {
                return true;
            }
        }
    }

    /// Is away for a while, and the same session again.
    async fn be_cut(mut self) -> Self {
        let (session, ticket) = (self.guest.session, self.guest.ticket.clone());
        let _left_open = cut(self.guest, &mut self.random);
        let heard = self.ledger.next - 1;
        let back = SECONDS.min(heard + u64::from(self.random.below(LONGEST_AWAY)));
        self.room.pass(self.which, back);
        self.room.is(back).await;
        let mut guest = Guest::come_back(self.address, &ticket).await;
        assert_eq!(guest.session, session, "it is the same session");
        let (epoch, _) = guest.enter(&self.room.name, false, Some((self.epoch, heard))).await;
        assert_eq!(epoch, self.epoch);
        Self { guest, cuts: self.cuts + 1, ..self }
    }
}

/// The ways in which a connection goes: with a reset, in order, or for the client alone.
fn cut(guest: Guest, random: &mut Random) -> Option<Quiet> {
    match random.below(3) {
        0 => guest.reset(),
        1 => guest.close(),
        _ => return Some(guest.fall_silent()),
    }
    None
}

async fn speak(room: Arc<RoomTime>, mut speaker: Speaker, mut random: Random) {
    let mut now = 0;
    while now < SECONDS {
        let messages = (1 + random.below(AT_ONCE)).min(u32::try_from(SECONDS - now).unwrap());
        now += u64::from(messages);
        room.may_come(now).await;
        assert_eq!(speaker.say(messages, BYTES).await, now);
        room.now.send_replace(now);
    }
    speaker.say_end().await;
}

fn settings() -> Settings {
    let whole = RoomSettings { history: Duration::from_hours(1), ..RoomSettings::default() };
    let brief = RoomSettings { log_messages: BRIEF, ..whole };
    let rooms = vec![(NamePattern::new("brief-*"), brief)];
    let relay = RelaySettings { room: whole, rooms, keepalive: Duration::ZERO, ..RelaySettings::default() };
    let mut settings = with(relay);
    settings.runtime.workers = NonZeroUsize::new(2).unwrap();
    settings
}

/// All rooms at once, to the end. Whoever fails ends it.
async fn ten_minutes(address: SocketAddr, random: &mut Random) -> Vec<Client> {
    let rooms: Vec<_> = (0..ROOMS).map(RoomTime::new).collect();
    let (mut speakers, mut clients) = (Vec::new(), Vec::new());
    for room in &rooms {
        speakers.push(Speaker::in_room(address, &room.name).await);
        for which in 0..CLIENTS {
            clients.push(Client::come(room, which, address, random.fork()).await);
        }
    }
    let mut all = JoinSet::new();
    for client in clients {
        all.spawn(async { Some(client.live().await) });
    }
    for (room, speaker) in rooms.into_iter().zip(speakers) {
        let speaking = speak(room, speaker, random.fork());
        all.spawn(async {
            speaking.await;
            None
        });
    }
    all.join_all().await.into_iter().flatten().collect()
}

#[test]
fn ten_minutes_of_cuts_leave_no_duplicate_and_no_unmarked_loss() {
    // Both ends are in this process.
    oread::descriptors::raise();
    let daemon = Daemon::start(settings());
    let clients = play(ten_minutes(daemon.address("echo"), &mut Random::seeded()));
    assert_eq!(clients.len(), ROOMS * CLIENTS);
    let mut chronicles: HashMap<&str, Chronicle> = HashMap::new();
    for Client { room, ledger, .. } in &clients {
        assert_eq!(ledger.joined, 0);
        ledger.assert_conserved(SECONDS + 1);
        if room.name.starts_with("whole") {
            ledger.assert_lost_nothing();
        }
        chronicles.entry(&room.name).or_default().add(ledger);
    }
    assert!(chronicles.values().all(|chronicle| chronicle.newest == SECONDS + 1));
    let missing: u64 = clients.iter().map(|client| client.ledger.missing()).sum();
    assert!(missing > 0, "the brief rooms held everything: no gap was ever told");
    let cuts: i64 = clients.iter().map(|client| client.cuts).sum();
    assert!(cuts > 15_000, "only {cuts} cuts");
    let metrics = daemon.metrics();
    assert_eq!(metrics.sum("oread_relay_sessions_resumed_total", &[]), cuts);
    assert!(metrics.closed("replaced") > 1_000, "a third left their connection open");
}
