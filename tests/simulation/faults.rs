//! What goes wrong in a run, when, and how it is done to the simulated network.

use std::time::Duration;

use turmoil::Sim;

use super::chance::Chance;
use super::daemon::HOST;
use super::plan::Shape;
use super::world::World;

/// Something that happens from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing arrives either way for a while, and then all of it.
    Hold(usize),
    Release(usize),
    /// What is on its way is lost, and all that follows.
    Partition(usize),
    Repair(usize),
    /// The client's process ends; its host closes the connections.
    Crash(usize),
    /// The client's host is gone without a word.
    PowerCut(usize),
    Restart(usize),
    /// The daemon is told to stop.
    Drain,
    /// The daemon's process ends.
    Kill,
    /// It is started again.
    Start,
}

/// What happens, by time. Everything that is broken is whole again at the end.
pub fn of(chance: &mut Chance, shape: Shape, clients: usize, lasts: Duration) -> Vec<(Duration, Fault)> {
    let mut all = Vec::new();
    for client in 0..clients {
        let mut now = chance.millis(300, 3_000);
        while now < lasts {
            let (begin, end) = match if shape == Shape::Plain { 0 } else { chance.between(0, 9) } {
                0..=4 => (Fault::Hold(client), Fault::Release(client)),
                5 | 6 => (Fault::Partition(client), Fault::Repair(client)),
                7 | 8 => (Fault::Crash(client), Fault::Restart(client)),
                _ => (Fault::PowerCut(client), Fault::Restart(client)),
            };
            let until = (now + chance.millis(100, 2_500)).min(lasts);
            all.extend([(now, begin), (until, end)]);
            now = until + chance.millis(300, 4_000);
        }
    }
    if shape == Shape::Lives {
        let stop = chance.millis(1_500, 4_000);
        let fault = if chance.one_in(2) { Fault::Drain } else { Fault::Kill };
        all.extend([(stop, fault), (stop + chance.millis(100, 800), Fault::Start)]);
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// Does it.
pub fn strike(sim: &mut Sim<'_>, world: &World, fault: Fault) {
    world.trace.note(format_args!("{fault:?}"));
    let name = |client: usize| world.name(client);
    match fault {
        Fault::Hold(client) => sim.hold(HOST, name(client)),
        Fault::Release(client) => sim.release(HOST, name(client)),
        Fault::Partition(client) => sim.partition(HOST, name(client)),
        Fault::Repair(client) => sim.repair(HOST, name(client)),
        Fault::Crash(client) => sim.crash(name(client)),
        Fault::PowerCut(client) => {
            sim.partition(HOST, name(client));
            sim.crash(name(client));
        }
        Fault::Restart(client) => {
            sim.repair(HOST, name(client));
            sim.bounce(name(client));
        }
        Fault::Drain => world.daemon.drain.notify_one(),
        Fault::Kill => sim.crash(HOST),
        Fault::Start => sim.bounce(HOST),
    }
}
