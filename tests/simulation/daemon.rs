//! The daemon of a simulation: the real sessions, relay, codec and rooms on one worker, over simulated streams. Each start is another life,
//! of which the counts are kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oread::admission::{ListenerGate, ProcessGate};
use oread::line_budget::LineBudget;
use oread::peer::Peer;
use oread::reason::CloseReason;
use oread::relay::{House, Houses, Life, Relay};
use oread::service::Service;
use oread::session::Session;
use oread::session::context::{Budget, Commons, Context, Stage};
use oread::session::machine::Rules;
use oread::stats::{Counter, Gauge, ListenerStats};
use oread::tick::Tick;
use oread::worker::Workers;
use tokio::sync::Notify;
use turmoil::net::TcpListener;

use super::chance::Chance;
use super::narrow::Narrow;
use super::plan::Plan;
use super::world::World;

/// The daemon's host, and the port of its relay.
pub const HOST: &str = "daemon";
pub const PORT: u16 = 7001;

/// How long a drain waits for its sessions.
const GRACE: Duration = Duration::from_secs(2);

/// The daemon, over all of its lives.
#[derive(Default)]
pub struct Daemon {
    pub drain: Notify,
    lives: RefCell<Vec<OneLife>>,
}

/// What is kept of one life.
struct OneLife {
    house: Arc<House>,
    stats: Arc<ListenerStats>,
    gate: Arc<ProcessGate>,
    process: Arc<Commons>,
}

/// Runs until it is drained.
pub async fn serve(world: Rc<World>) -> turmoil::Result {
    let workers = Workers::here();
    let (relay, context, gate) = begin(&world, &workers);
    let listener_gate = ListenerGate::new(gate.clone(), 1_000, 0);
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    relay.start(&context.worker, &context.stats);
    let chance = Chance::new(world.plan.seed).fork(u64::from(PORT));
    for number in 1.. {
        let io = tokio::select! {
            biased;
            () = world.daemon.drain.notified() => break,
            accepted = listener.accept() => accepted?.0,
        };
        let life = world.daemon.lives.borrow().len();
        let name = format!("daemon {life}/{number}");
        let io = Narrow::new(io, chance.fork(number), world.plan.widest, name, &world.trace);
        let admission = listener_gate.admit(Peer::Local).map_err(|reason| reason.to_string())?;
        let session = Session::new(io, &relay, context.clone(), admission).ok_or("no seat")?;
        // A runtime that is dropped ends its tasks in an order that hangs on their numbers, which all tests of the process share.
        tokio::task::spawn_local(session);
    }
    drop(listener);
    context.process.advance(Stage::Draining);
    workers.wake_all().await;
    if tokio::time::timeout(GRACE, gate.empty()).await.is_err() {
        context.process.advance(Stage::Cutting);
        workers.wake_all().await;
        gate.empty().await;
    }
    Ok(())
}

/// A life begins.
fn begin(world: &World, workers: &Workers) -> (Relay, Arc<Context>, Arc<ProcessGate>) {
    let Plan { seed, listener, relay, .. } = &world.plan;
    let mut lives = world.daemon.lives.borrow_mut();
    let number = u32::try_from((seed << 4) & 0xFFFF_FFF0).unwrap() + u32::try_from(lives.len()).unwrap();
    let queued = Arc::new(Budget::new(1 << 30));
    let endings = LineBudget::new(0, Duration::from_secs(1), Instant::now());
    let houses = Arc::new(Houses::new(Life::of_number(number), queued.clone()));
    let house = House::new(listener, relay, 8 << 10, &houses);
    let context = Arc::new(Context {
        listener: listener.name.as_str().into(),
        rules: Rules::new(listener),
        worker: workers.all()[0].clone(),
        stats: Arc::default(),
        process: Arc::new(Commons::new(queued, 1 << 30, endings)),
    });
    let gate = ProcessGate::new(1_000);
    let (stats, process) = (context.stats.clone(), context.process.clone());
    lives.push(OneLife { house: house.clone(), stats, gate: gate.clone(), process });
    (Relay::new(house), context, gate)
}

impl Daemon {
    /// The newest position of each room that is open, by its epoch.
    pub fn newest(&self) -> BTreeMap<u64, u64> {
        let lives = self.lives.borrow();
        let Some(life) = lives.last() else { return BTreeMap::new() };
        life.house.view_rooms(Tick::ZERO).into_iter().map(|room| (room.epoch, room.newest)).collect()
    }

    /// Members of all rooms.
    pub fn members(&self) -> usize {
        let lives = self.lives.borrow();
        lives.last().map_or(0, |life| life.house.view_rooms(Tick::ZERO).iter().map(|room| room.members).sum())
    }

    /// Messages published, over all lives.
    pub fn published(&self) -> u64 {
        self.lives.borrow().iter().map(|life| life.stats.relay.published.now()).sum()
    }

    /// Messages that members missed, over all lives.
    pub fn missing(&self) -> u64 {
        let lives = self.lives.borrow();
        lives.iter().flat_map(|life| life.stats.relay.missing.iter().map(Counter::now)).sum()
    }

    /// Times at which a publisher was held back, over all lives.
    pub fn held(&self) -> u64 {
        self.lives.borrow().iter().map(|life| life.stats.relay.held.now()).sum()
    }

    /// All lives are over: what they did not give back.
    pub fn leftovers(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, life) in self.lives.borrow().iter().enumerate() {
            let stats = &life.stats;
            let gauges =
                [&stats.outbox_bytes, &stats.outbox_frames, &stats.partial_bytes, &stats.relay.members];
            let left = (
                stats.states.iter().map(Gauge::now).sum::<i64>(),
                gauges.map(Gauge::now),
                life.gate.active(),
                life.process.partial.used(),
                stats.closed[CloseReason::Panicked as usize].now(),
            );
            if left != (0, [0; 4], 0, 0, 0) {
                wrong.push(format!("life {number} of the daemon left behind {left:?}"));
            }
            let closed: u64 =
                CloseReason::ALL.iter().map(|reason| stats.closed[*reason as usize].now()).sum();
            if closed != stats.accepted.now() {
                wrong.push(format!("life {number}: {} sessions, {closed} ends", stats.accepted.now()));
            }
        }
        wrong
    }
}
