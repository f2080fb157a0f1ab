//! One run of one seed, and runs of many: a failure names its seed and how to run that one alone.

use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use turmoil::{Builder, Sim};

use super::daemon::{self, HOST};
use super::faults;
use super::ledger::Counts;
use super::library;
use super::plain;
use super::plan::{Plan, Shape};
use super::talker;
use super::world::World;

/// How long everyone may take to read to the end once nothing goes wrong any more.
const TO_SETTLE: Duration = Duration::from_secs(90);
/// How long the daemon may take to stop in the end.
const TO_STOP: Duration = Duration::from_secs(15);
/// Tenths of a second for which nobody may have anything left to read.
const CALM: u32 = 10;
/// The variable with the seed, or the seeds, that are to be run instead.
const CHOSEN: &str = "OREAD_SIM_SEED";

/// What came of a run.
pub struct Outcome {
    pub counts: Counts,
    pub broken: Vec<String>,
    pub trace: String,
}

/// Runs these seeds, or those of the environment, and adds up what happened. `None` for those of the environment: sums say nothing then.
pub fn all(test: &str, shape: Shape, seeds: Range<u64>) -> Option<Counts> {
    let chosen = std::env::var(CHOSEN).ok().map(|seeds| chosen(&seeds).expect("a seed, or `first..end`"));
    let mut sum = Counts::default();
    for seed in chosen.clone().unwrap_or(seeds) {
        let outcome = std::panic::catch_unwind(|| simulate(seed, shape));
        let outcome = outcome.unwrap_or_else(|_| panic!("seed {seed} panicked, {}", again(test, seed)));
        assert!(outcome.broken.is_empty(), "{}", report(test, seed, &outcome));
        sum.add(&outcome.counts);
    }
    chosen.is_none().then_some(sum)
}

/// `5` or `0..5000`.
fn chosen(seeds: &str) -> Option<Range<u64>> {
    match seeds.split_once("..") {
        Some((first, end)) => Some(first.parse().ok()?..end.parse().ok()?),
        None => seeds.parse().ok().map(|seed| seed..seed + 1),
    }
}

/// What a person wants to know of a seed that failed.
fn report(test: &str, seed: u64, outcome: &Outcome) -> String {
    let broken = outcome.broken.iter().take(12).cloned().collect::<Vec<_>>().join("\n  ");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("simulation-{seed}.trace"));
    let trace = match std::fs::write(&file, &outcome.trace) {
        Ok(()) => format!("its trace is {}", file.display()),
        Err(error) => format!("its trace could not be written to {}: {error}", file.display()),
    };
    let promises = outcome.broken.len();
    format!("seed {seed} broke {promises} promises:\n  {broken}\n{trace}\n{}", again(test, seed))
}

fn again(test: &str, seed: u64) -> String {
    format!("alone: {CHOSEN}={seed} cargo test --test simulation {test}")
}

/// One run.
pub fn simulate(seed: u64, shape: Shape) -> Outcome {
    if shape == Shape::Plain {
        return plain::simulate(seed);
    }
    let plan = Plan::new(seed, shape);
    let world = Rc::new(World::new(plan));
    let mut sim = network(&world);
    if let Err(error) = play(&mut sim, &world) {
        world.ledger().break_promise(format!("somebody failed: {error}"));
    }
    drop(sim);
    outcome(&world)
}

/// What came of a run that is over.
pub fn outcome(world: &World) -> Outcome {
    let mut ledger = world.ledger();
    ledger.counts.held = world.daemon.held();
    let (counts, broken) = (ledger.counts, std::mem::take(&mut ledger.broken));
    Outcome { counts, broken, trace: world.trace.all() }
}

fn network<'a>(world: &Rc<World>) -> Sim<'a> {
    let mut sim = empty_network(world);
    let here = world.clone();
    sim.host(HOST, move || daemon::serve(here.clone()));
    for (which, client) in world.plan.clients.iter().enumerate() {
        let here = world.clone();
        if client.library {
            sim.host(world.name(which), move || library::run(here.clone(), which));
        } else {
            sim.host(world.name(which), move || talker::talk(here.clone(), which));
        }
    }
    sim
}

/// A network without hosts.
pub fn empty_network<'a>(world: &World) -> Sim<'a> {
    let Plan { seed, latency, step, pieces, .. } = &world.plan;
    Builder::new()
        .rng_seed(*seed)
        .simulation_duration(Duration::from_hours(1))
        .tick_duration(*step)
        .min_message_latency(latency.0)
        .max_message_latency(latency.1)
        .tcp_capacity(*pieces)
        .build()
}
fn play(sim: &mut Sim<'_>, world: &World) -> turmoil::Result {
    for (at, fault) in &world.plan.faults {
        while sim.elapsed() < *at {
            sim.step()?;
        }
        faults::strike(sim, world, *fault);
    }
    while sim.elapsed() < world.plan.lasts {
        sim.step()?;
    }
    world.settling.set(true);
    world.trace.note(format_args!("settling"));
    if !sim.is_host_running(HOST) {
        sim.bounce(HOST);
    }
    let unsettled = settle(sim, world)?;
    for who in unsettled {
        world
            .ledger()
            .break_promise(format!("not where it should be {TO_SETTLE:?} after all was whole: {who}"));
    }
    // The daemon says nothing new from here on, but what it owes.
    let newest = world.daemon.newest();
    stop(sim, world)?;
    world.close(&newest);
    Ok(())
}

/// Goes on until everyone has been where its rooms are for a while. Says who did not come there.
fn settle(sim: &mut Sim<'_>, world: &World) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let late = sim.elapsed() + TO_SETTLE;
    let mut calm = 0;
    let mut unsettled = Vec::new();
    while calm < CALM && sim.elapsed() < late {
        for _ in 0..10 {
            sim.step()?;
        }
        unsettled = world.unsettled();
        calm = if unsettled.is_empty() { calm + 1 } else { 0 };
    }
    Ok(unsettled)
}

/// The daemon is drained, and gives back all that it took.
pub fn stop(sim: &mut Sim<'_>, world: &World) -> turmoil::Result {
    world.daemon.drain.notify_one();
    let late = sim.elapsed() + TO_STOP;
    while sim.is_host_running(HOST) && sim.elapsed() < late {
        sim.step()?;
    }
    if sim.is_host_running(HOST) {
        world.ledger().break_promise(format!("the daemon did not stop within {TO_STOP:?}"));
        sim.crash(HOST);
    }
    world.ledger().broken.extend(world.daemon.leftovers());
    Ok(())
}
