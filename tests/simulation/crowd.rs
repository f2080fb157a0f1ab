//! Ten minutes, to the second, of a crowd with the library's client and a daemon with its own defaults: what real sockets cannot show, since
//! there ten minutes would take ten minutes. Tickets, back-off, keepalive and histories are as long as they are.

use std::time::Duration;

use oread::settings::{
    Address, CodecSettings, FrameSettings, ListenerSettings, NamePattern, RelaySettings, RoomSettings,
};

use super::chance::Chance;
use super::faults::Fault;
use super::plan::{ClientPlan, Habit, Plan, RoomPlan, Shape};

const CLIENTS: usize = 50;
const LASTS: Duration = Duration::from_mins(10);
/// Milliseconds between two faults of a client: a minute, on average.
const BETWEEN_FAULTS: (u64, u64) = (1_000, 119_000);

/// The run of this seed.
pub fn plan(seed: u64) -> Plan {
    let mut chance = Chance::new(seed);
    let relay = relay();
    let frame = FrameSettings { max: 8 << 10, ..FrameSettings::default() };
    let address = Address::Tcp(([0, 0, 0, 0], super::daemon::PORT).into());
    let mut listener = ListenerSettings::relay("rooms", address, relay.clone());
    listener.codec = CodecSettings::LengthDelimited(frame);
    let clients = (0..CLIENTS).map(|_| client(&mut chance)).collect();
    let mut faults: Vec<_> = (0..CLIENTS).flat_map(|client| cuts(&mut chance, client)).collect();
    faults.sort_by_key(|(at, _)| *at);
    Plan {
        seed,
        shape: Shape::Crowd,
        listener,
        relay,
        clients,
        latency: (Duration::from_millis(5), Duration::from_millis(150)),
        step: Duration::from_millis(100),
        pieces: 2 * CLIENTS,
        widest: 2_048,
        faults,
        lasts: LASTS,
    }
}

/// One room keeps what everyone has read for two minutes, the other for nobody.
fn relay() -> RelaySettings {
    let keeps = RoomSettings { history: Duration::from_mins(2), ..RoomSettings::default() };
    RelaySettings { rooms: vec![(NamePattern::new("keeps"), keeps)], ..RelaySettings::default() }
}

fn client(chance: &mut Chance) -> ClientPlan {
    let room =
        |name, chance: &mut Chance| RoomPlan { name, own: chance.one_in(2), presence: chance.one_in(3) };
    let rooms = match chance.between(0, 2) {
        0 => vec![room("keeps", chance)],
        1 => vec![room("forgets", chance)],
        _ => vec![room("keeps", chance), room("forgets", chance)],
    };
    let habit = chance.pick(&[Habit::Brisk, Habit::Brisk, Habit::Moody]);
    ClientPlan { library: true, rooms, habit, burst: 1, pause: (1_000, 9_000), forgets: false }
}

/// The client's process ends, or its network is away, or both.
fn cuts(chance: &mut Chance, client: usize) -> Vec<(Duration, Fault)> {
    let (shortest, longest) = BETWEEN_FAULTS;
    let mut all = Vec::new();
    let mut now = chance.millis(shortest, longest);
    while now < LASTS {
        let (begin, end) = match chance.between(0, 9) {
            0..=3 => (Fault::Crash(client), Fault::Restart(client)),
            4..=7 => (Fault::Partition(client), Fault::Repair(client)),
            _ => (Fault::PowerCut(client), Fault::Restart(client)),
        };
        let until = (now + chance.millis(200, 30_000)).min(LASTS);
        all.extend([(now, begin), (until, end)]);
        now = until + chance.millis(shortest, longest);
    }
    all
}
