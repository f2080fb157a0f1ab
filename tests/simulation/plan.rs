//! What a seed makes of a run: the network, the rooms and their rules, the clients and their habits, and what goes wrong when.

use std::time::Duration;

use oread::settings::{
    Address, CodecSettings, FrameSettings, ListenerSettings, NamePattern, RelayProtocol, RelaySettings,
    RoomSettings, WhenBehind,
};

use super::chance::Chance;
use super::faults::{self, Fault};

/// What all seeds of one test have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Rooms of every policy, with clients of the wire's own simplicity.
    Rooms,
    /// The same with a daemon that is drained, or crashes, and comes back.
    Lives,
    /// The library's client among them.
    Library,
    /// Rooms that block, and that wait until a laggard is gone.
    Blocked,
    /// One room in plain mode.
    Plain,
    /// Many clients of the library, for ten minutes.
    Crowd,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub shape: Shape,
    pub listener: ListenerSettings,
    pub relay: RelaySettings,
    pub clients: Vec<ClientPlan>,
    /// The shortest and the longest time that a piece is on its way.
    pub latency: (Duration, Duration),
    /// Simulated time moves in steps of this.
    pub step: Duration,
    /// Pieces on their way over one connection.
    pub pieces: usize,
    /// Bytes of a piece at the most.
    pub widest: usize,
    pub faults: Vec<(Duration, Fault)>,
    /// How long things go wrong. Then the network is whole, nobody says anything more, and everyone reads to the end.
    pub lasts: Duration,
}

/// A client.
#[derive(Debug, Clone)]
pub struct ClientPlan {
    pub library: bool,
    pub rooms: Vec<RoomPlan>,
    pub habit: Habit,
    /// Messages of a burst at the most, and milliseconds between bursts. 0: it only listens.
    pub burst: u64,
    pub pause: (u64, u64),
    /// A crash makes it forget who it was and where.
    pub forgets: bool,
}

/// A room that a client is in.
#[derive(Debug, Clone)]
pub struct RoomPlan {
    pub name: &'static str,
    pub own: bool,
    pub presence: bool,
}

/// How a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Brisk,
    /// Stops for long now and then.
    Moody,
    /// A few bytes now and then.
    Slow,
    /// Not once it was welcomed, until the end.
    Dead,
}

/// Rooms by policy.
const SKIP: [&str; 2] = ["skip-a", "skip-b"];
const BLOCK: [&str; 2] = ["block-a", "block-b"];
const CUT: [&str; 1] = ["cut-a"];

impl Plan {
    pub fn new(seed: u64, shape: Shape) -> Self {
        if shape == Shape::Crowd {
            return super::crowd::plan(seed);
        }
        let mut chance = Chance::new(seed);
        let mut relay = relay(&mut chance, shape);
        if shape == Shape::Plain {
            relay.protocol = RelayProtocol::Plain { room: chance.pick(&["skip-a", "block-a"]).to_owned() };
        }
        if shape == Shape::Blocked {
            // Only a laggard's end lets publishers go on.
            relay.rooms.iter_mut().for_each(|(_, room)| room.block_for = Duration::from_hours(1));
        }
        let frame = FrameSettings { max: 8 << 10, ..FrameSettings::default() };
        let address = Address::Tcp(([0, 0, 0, 0], super::daemon::PORT).into());
        let mut listener = ListenerSettings::relay("rooms", address, relay.clone());
        listener.codec = CodecSettings::LengthDelimited(frame);
        listener.outbox.frames = chance.between(16, 256);
        listener.outbox.bytes = chance.between(4 << 10, 64 << 10);
        let lasts = chance.millis(5_000, 8_000);
        let clients: Vec<_> = (0..chance.size(4, 6)).map(|which| client(&mut chance, shape, which)).collect();
        let faults = faults::of(&mut chance, shape, clients.len(), lasts);
        Self {
            seed,
            shape,
            listener,
            relay,
            clients,
            latency: (chance.millis(0, 5), chance.millis(6, 150)),
            step: Duration::from_millis(10),
            // At least as many as there are clients: a listener holds so many that were not accepted yet.
            pieces: chance.size(8, 32),
            widest: chance.size(64, 2_048),
            faults,
            lasts,
        }
    }
}

fn relay(chance: &mut Chance, shape: Shape) -> RelaySettings {
    let mut rooms = Vec::new();
    for (pattern, when_behind) in
        [("block-*", WhenBehind::Block), ("cut-*", WhenBehind::Disconnect), ("skip-*", WhenBehind::Skip)]
    {
        rooms.push((NamePattern::new(pattern), room(chance, when_behind, shape)));
    }
    RelaySettings {
        protocol: RelayProtocol::Oread,
        keepalive: chance.millis(1_500, 3_000),
        publish_rate: if chance.one_in(5) { chance.between(50, 300) } else { 0 },
        presence_interval: chance.millis(50, 500),
        presence_members: chance.between(2, 8),
        rooms,
        ..RelaySettings::default()
    }
}

fn room(chance: &mut Chance, when_behind: WhenBehind, shape: Shape) -> RoomSettings {
    let ages = shape != Shape::Blocked && chance.one_in(4);
    RoomSettings {
        log_bytes: chance.between(16 << 10, 48 << 10),
        log_messages: chance.between(16, 200),
        max_age: if ages { chance.millis(300, 2_000) } else { Duration::ZERO },
        history: if chance.one_in(2) { chance.millis(500, 5_000) } else { Duration::ZERO },
        linger: if chance.one_in(4) { Duration::ZERO } else { chance.millis(1_000, 30_000) },
        members: 100,
        when_behind,
        block_for: chance.millis(200, 1_500),
    }
}

fn client(chance: &mut Chance, shape: Shape, which: usize) -> ClientPlan {
    let names: Vec<&'static str> = match shape {
        Shape::Blocked => BLOCK.to_vec(),
        _ => [&SKIP[..], &BLOCK[..], &CUT[..]].concat(),
    };
    let mut rooms: Vec<RoomPlan> = Vec::new();
    for name in names {
        if !chance.one_in(3) {
            rooms.push(RoomPlan { name, own: chance.one_in(2), presence: chance.one_in(3) });
        }
    }
    let habits = [Habit::Brisk, Habit::Brisk, Habit::Moody, Habit::Moody, Habit::Slow, Habit::Dead];
    ClientPlan {
        library: shape == Shape::Library && which.is_multiple_of(2),
        rooms,
        habit: chance.pick(&habits),
        burst: if which.is_multiple_of(3) { 0 } else { chance.pick(&[1, 4, 12, 30]) },
        pause: (20, chance.between(60, 400)),
        forgets: chance.one_in(4),
    }
}
