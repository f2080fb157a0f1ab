//! Plain mode in a simulation: no positions on the wire, so that what the clients count has to add up with what the daemon counts. Delays,
//! torn writes, and clients that read as they please; nobody leaves, so that the sum is exact.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;
use turmoil::Sim;
use turmoil::net::TcpStream;

use super::daemon::{self, HOST, PORT};
use super::faults;
use super::mood::Mood;
use super::narrow::Narrow;
use super::plan::{Plan, Shape};
use super::run::{self, Outcome};
use super::said::Said;
use super::wire::{Turn, Wire};
use super::world::World;

/// Bytes that a client leaves unwritten at the most before it says more.
const OWED: usize = 8 << 10;
/// How long everyone may take to read to the end.
const TO_SETTLE: Duration = Duration::from_mins(2);

/// What the clients have said and heard.
#[derive(Default)]
struct Talk {
    /// Everyone is there, so that everyone is owed everything.
    begun: Cell<bool>,
    each: RefCell<Vec<Heard>>,
}

#[derive(Default, Clone)]
struct Heard {
    said: u32,
    heard: Vec<Said>,
}

/// One run.
pub fn simulate(seed: u64) -> Outcome {
    let plan = Plan::new(seed, Shape::Plain);
    let talk = Rc::new(Talk::default());
    talk.each.borrow_mut().resize(plan.clients.len(), Heard::default());
    let world = Rc::new(World::new(plan));
    let mut sim = run::empty_network(&world);
    let here = world.clone();
    sim.host(HOST, move || daemon::serve(here.clone()));
    for which in 0..world.plan.clients.len() {
        let (here, talk) = (world.clone(), talk.clone());
        sim.host(world.name(which), move || chat(here.clone(), talk.clone(), which));
    }
    if let Err(error) = play(&mut sim, &world, &talk) {
        world.ledger().break_promise(format!("somebody failed: {error}"));
    }
    drop(sim);
    run::outcome(&world)
}

/// A client's process.
async fn chat(world: Rc<World>, talk: Rc<Talk>, which: usize) -> turmoil::Result {
    let mut chance = world.begin(which);
    let plan = &world.plan.clients[which];
    let io = TcpStream::connect((HOST, PORT)).await?;
    let mut wire =
        Wire::new(Narrow::new(io, chance.fork(1), world.plan.widest, world.name(which), &world.trace));
    let mut mood = Mood::new(plan.habit, Instant::now());
    let mut acts = Instant::now();
    loop {
        let now = Instant::now();
        if now >= acts {
            acts = now + chance.millis(plan.pause.0, plan.pause.1);
            mood.sways(now, &mut chance);
            let messages = chance.between(0, plan.burst);
            for _ in 0..messages {
                if talk.begun.get() && !world.settling.get() && wire.owes() < OWED {
                    let mut each = talk.each.borrow_mut();
                    each[which].said += 1;
                    let number = each[which].said;
                    let said = Said { publisher: u16::try_from(which)?, connection: 0, number };
                    wire.frame(&said.payload());
                }
            }
        }
        let appetite = mood.appetite(now, world.settling.get());
        let until = mood.until(now).map_or(acts, |rested| rested.min(acts));
        match wire.turn(appetite, until.max(now + Duration::from_millis(1))).await {
            Turn::Frame(payload) => {
                let said = Said::read(&payload).ok_or("a frame is not as anybody said it")?;
                talk.each.borrow_mut()[which].heard.push(said);
            }
            Turn::Moved => mood.has_read(Instant::now(), &mut chance),
            Turn::Time => {}
            // Only the end of the run closes it.
            Turn::Closed(_) => return Ok(()),
        }
    }
}

fn play(sim: &mut Sim<'_>, world: &World, talk: &Talk) -> turmoil::Result {
    while world.daemon.members() < world.plan.clients.len() {
        sim.step()?;
    }
    talk.begun.set(true);
    let start = sim.elapsed();
    for (at, fault) in &world.plan.faults {
        while sim.elapsed() < start + *at {
            sim.step()?;
        }
        faults::strike(sim, world, *fault);
    }
    world.settling.set(true);
    let late = sim.elapsed() + TO_SETTLE;
    while !adds_up(world, talk) && sim.elapsed() < late {
        sim.step()?;
    }
    if !adds_up(world, talk) {
        world.ledger().break_promise(format!("it does not add up: {}", sums(world, talk)));
    }
    // Nothing may come behind that.
    for _ in 0..100 {
        sim.step()?;
    }
    if !adds_up(world, talk) {
        world.ledger().break_promise(format!("more came than there was: {}", sums(world, talk)));
    }
    let mut ledger = world.ledger();
    for heard in &*talk.each.borrow() {
        ledger.counts.received += heard.heard.len() as u64;
        ledger.counts.published += u64::from(heard.said);
    }
    ledger.counts.missing += world.daemon.missing();
    ledger.broken.extend(disorder(&talk.each.borrow()));
    drop(ledger);
    run::stop(sim, world)
}

/// Received, missing, said, and the members that each message is for.
fn totals(world: &World, talk: &Talk) -> (u64, u64, u64, u64) {
    let each = talk.each.borrow();
    let received = each.iter().map(|heard| heard.heard.len() as u64).sum();
    let said = each.iter().map(|heard| u64::from(heard.said)).sum();
    (received, world.daemon.missing(), said, each.len() as u64 - 1)
}

fn adds_up(world: &World, talk: &Talk) -> bool {
    let (received, missing, said, others) = totals(world, talk);
    world.daemon.published() == said && received + missing == said * others
}

fn sums(world: &World, talk: &Talk) -> String {
    let (received, missing, said, others) = totals(world, talk);
    let published = world.daemon.published();
    format!("{received} received, {missing} missing, {said} said to {others}, {published} published")
}

/// Whoever heard itself, something twice, or a publisher out of order; and whether all heard parts of one order.
fn disorder(each: &[Heard]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut after: BTreeMap<Said, BTreeSet<Said>> = BTreeMap::new();
    let mut before: BTreeMap<Said, usize> = BTreeMap::new();
    for (which, heard) in each.iter().enumerate() {
        let mut last: BTreeMap<u16, u32> = BTreeMap::new();
        for said in &heard.heard {
            let newer = last.insert(said.publisher, said.number).is_none_or(|before| before < said.number);
            if !newer || usize::from(said.publisher) == which {
                wrong.push(format!("client-{which} hears {said:?}"));
            }
            before.entry(*said).or_default();
        }
        for pair in heard.heard.windows(2) {
            if after.entry(pair[0]).or_default().insert(pair[1]) {
                *before.entry(pair[1]).or_default() += 1;
            }
        }
    }
    // One order exists if the messages can be taken one by one, each with nothing before it (Kahn 1962).
    let mut free: Vec<Said> = before.iter().filter(|(_, many)| **many == 0).map(|(said, _)| *said).collect();
    let mut taken = 0;
    while let Some(said) = free.pop() {
        taken += 1;
        for next in after.remove(&said).unwrap_or_default() {
            let many = before.get_mut(&next).unwrap();
            *many -= 1;
            if *many == 0 {
                free.push(next);
            }
        }
    }
    if taken != before.len() {
        wrong.push(format!("{} messages stand in no order that is the same for all", before.len() - taken));
    }
    wrong
}
