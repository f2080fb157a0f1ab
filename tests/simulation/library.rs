//! The library's own client in a simulation: it connects, resumes and joins again by itself; a program around it says things, takes events
//! by its habit, and holds what it is told against the same law.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use oread::client::{
    Client, Connect, Error, Event, Events, JoinOptions, Options, PendingReceipt, Receipt, Retry,
};
use oread::protocol::{Epoch, Missed, Position, Since};
use tokio::time::{Instant, sleep};
use turmoil::net::TcpStream;

use super::chance::Chance;
use super::daemon::{HOST, PORT};
use super::mood::Mood;
use super::narrow::Narrow;
use super::said::Said;
use super::world::World;

/// Messages without a receipt at which it says no more.
const UNANSWERED: usize = 60;

/// A program with a client of the library.
struct Program {
    world: Rc<World>,
    which: usize,
    client: Client,
    events: Events,
    chance: Chance,
    mood: Mood,
    acts: Instant,
    /// Rooms that it asked to join, and was not answered.
    asked: Rc<RefCell<BTreeSet<&'static str>>>,
    receipts: Vec<(u32, &'static str, Said, PendingReceipt)>,
}

/// The program's process.
pub async fn run(world: Rc<World>, which: usize) -> turmoil::Result {
    let mut chance = world.begin(which);
    let (client, events) = loop {
        let options = options(&world, which, &mut chance);
        match Client::connect(connect(&world, which, chance.fork(9)), options).await {
            Ok(connected) => break connected,
            Err(_) => sleep(chance.millis(50, 500)).await,
        }
    };
    let now = Instant::now();
    let mood = Mood::new(world.plan.clients[which].habit, now);
    let (asked, receipts) = (Rc::default(), Vec::new());
    Program { world, which, client, events, chance, mood, acts: now, asked, receipts }.live().await;
    Ok(())
}

fn options(world: &World, which: usize, chance: &mut Chance) -> Options {
    let first = Duration::from_millis(50);
    Options {
        name: "program".into(),
        ticket: world.memory(which).ticket.clone(),
        retry: Retry { first, longest: Duration::from_secs(1), give_up_after: None, seed: chance.next() },
        connect_within: Duration::from_secs(2),
        ping_after: Duration::from_millis(700),
        silence: Duration::from_secs(9),
        events: chance.size(4, 128),
        ..Options::default()
    }
}

fn connect(world: &World, which: usize, chance: Chance) -> impl Connect<Stream = Narrow> + use<> {
    let (trace, widest, name) = (world.trace.clone(), world.plan.widest, world.name(which));
    let mut number = 0;
    move || {
        number += 1;
        let (trace, chance, name) = (trace.clone(), chance.fork(number), format!("{name} #{number}"));
        async move {
            let io = TcpStream::connect((HOST, PORT)).await?;
            Ok(Narrow::new(io, chance, widest, name, &trace))
        }
    }
}

impl Program {
    async fn live(&mut self) {
        loop {
            let now = Instant::now();
            if now >= self.acts {
                self.act(now).await;
            }
            let takes = self.mood.appetite(now, self.world.settling.get()).is_some();
            let until = self.mood.until(now).map_or(self.acts, |rested| rested.min(self.acts));
            match self.next(takes, until.max(now + Duration::from_millis(1))).await {
                Some(Some(event)) => {
                    self.mood.has_read(now, &mut self.chance);
                    self.take(event);
                }
                Some(None) => return self.breaks("has ended"),
                None => {}
            }
        }
    }

    /// The next event, if it takes any, and receipts as they come. None when the time is over.
    async fn next(&mut self, takes: bool, until: Instant) -> Option<Option<Event>> {
        let mut time = pin!(tokio::time::sleep_until(until));
        std::future::poll_fn(|cx| {
            self.poll_receipts(cx);
            if takes && let Poll::Ready(event) = self.events.poll_next(cx) {
                return Poll::Ready(Some(event));
            }
            time.as_mut().poll(cx).map(|()| None)
        })
        .await
    }

    fn poll_receipts(&mut self, cx: &mut Context<'_>) {
        let mut waiting = Vec::new();
        for (request, room, said, mut receipt) in std::mem::take(&mut self.receipts) {
            match Pin::new(&mut receipt).poll(cx) {
                Poll::Ready(answer) => self.answered(request, room, said, answer),
                Poll::Pending => waiting.push((request, room, said, receipt)),
            }
        }
        self.receipts = waiting;
    }

    fn answered(&self, request: u32, room: &str, said: Said, answer: Result<Receipt, Error>) {
        let mut memory = self.world.memory(self.which);
        memory.unanswered.remove(&request);
        let mut ledger = self.world.ledger();
        match (answer, self.client.room(room), self.client.session()) {
            (Ok(receipt), Some(room), Some(session)) => {
                ledger.stands(&memory.name, (room.epoch.0, receipt.position.0), session.0, said);
            }
            // Said, and the room was left since; or nobody knows.
            (Ok(_) | Err(Error::UnknownOutcome(_)), ..) => ledger.unconfirmed(memory.publisher, 1),
            (Err(Error::NotJoined(_)), ..) => {}
            (Err(error), ..) => ledger.break_promise(format!("{}: {said:?}: {error}", memory.name)),
        }
    }

    fn breaks(&self, what: &str) {
        self.world.ledger().break_promise(format!("client-{}, of the library, {what}", self.which));
    }

    /// What it does by itself from time to time.
    async fn act(&mut self, now: Instant) {
        let plan = &self.world.plan.clients[self.which];
        self.acts = now + self.chance.millis(plan.pause.0, plan.pause.1);
        self.mood.sways(now, &mut self.chance);
        self.world.memory(self.which).ticket = self.client.ticket();
        self.join_missing();
        if self.world.settling.get() {
            return;
        }
        match self.chance.between(0, 39) {
            0 => self.leave(),
            _ => self.burst().await,
        }
    }

    fn join_missing(&mut self) {
        for room in &self.world.plan.clients[self.which].rooms {
            let mut memory = self.world.memory(self.which);
            let place = memory.place(room);
            // Where it is leaving, there are events to come of that, and then it begins anew.
            let is_in = place.leaving || self.client.room(room.name).is_some();
            let since = place.account.since();
            if is_in || !self.asked.borrow_mut().insert(room.name) {
                continue;
            }
            let since = since.map(|(epoch, after)| Since { epoch: Epoch(epoch), after: Position(after) });
            let options = JoinOptions { presence: room.presence, own: room.own, publish_only: false, since };
            let (client, asked, name) = (self.client.clone(), self.asked.clone(), room.name);
            // Apart, since its answer comes behind events that this task has to take.
            tokio::task::spawn_local(async move {
                let _refused_or_lost = client.join(name, options).await;
                asked.borrow_mut().remove(name);
            });
        }
    }

    fn leave(&mut self) {
        let mut memory = self.world.memory(self.which);
        let Some((room, ..)) = memory.somewhere(&mut self.chance) else { return };
        memory.places.get_mut(room).unwrap().leaving = true;
        self.asked.borrow_mut().insert(room);
        let (client, asked) = (self.client.clone(), self.asked.clone());
        tokio::task::spawn_local(async move {
            let _left = client.leave(room).await;
            asked.borrow_mut().remove(room);
        });
        self.world.ledger().counts.leaves += 1;
    }

    async fn burst(&mut self) {
        let messages = self.chance.between(0, self.world.plan.clients[self.which].burst);
        let Some((room, _, epoch)) = self.world.memory(self.which).somewhere(&mut self.chance) else {
            return;
        };
        for _ in 0..messages {
            if self.receipts.len() >= UNANSWERED {
                return;
            }
            let said = self.world.memory(self.which).says();
            let Ok(receipt) = self.client.publish_for_receipt(room, said.payload()).await else { return };
            self.world.memory(self.which).unanswered.insert(said.number, (epoch, said));
            self.receipts.push((said.number, room, said, receipt));
            self.world.ledger().counts.published += 1;
        }
    }

    fn take(&mut self, event: Event) {
        self.world.trace.note(format_args!("client-{} takes {}", self.which, name_of(&event)));
        let mut memory = self.world.memory(self.which);
        let mut ledger = self.world.ledger();
        match event {
            Event::Connected(welcome) | Event::Resumed(welcome) => {
                memory.welcomed(&mut ledger, welcome.session.0);
            }
            Event::Disconnected { back_in, .. } => {
                memory.lost(&mut ledger);
                if back_in.is_none() {
                    ledger.break_promise(format!("{} does not come back", memory.name));
                }
            }
            Event::Joined(joined) => {
                let plan = self.world.plan.clients[self.which].room(&joined.room).unwrap();
                let place = memory.place(plan);
                let since = place.account.since();
                place.number = Some(0);
                place.account.joined(&mut ledger, joined.epoch.0, joined.position.0, since);
            }
            Event::Left { room, why } => {
                memory.places.remove(&*room);
                if let Some(why) = why {
                    ledger.break_promise(format!("{} is out of {room:?}: {why}", memory.name));
                }
            }
            Event::Message(message) => {
                let (position, from) = (message.position.0, message.from.0);
                match memory.places.get_mut(&*message.room) {
                    Some(place) => {
                        place.account.message(&mut ledger, position, from, message.content.bytes());
                    }
                    None => ledger.break_promise(format!("{} hears {message:?}", memory.name)),
                }
            }
            Event::Gap { room, missed, .. } => {
                let missed = missed.map(|missed: Missed| (missed.first().0, missed.last().0));
                if let Some(place) = memory.places.get_mut(&*room) {
                    place.account.gap(&mut ledger, missed);
                }
            }
            Event::Presence(_) => ledger.counts.presences += 1,
            Event::Direct { .. } => ledger.counts.directs += 1,
            Event::GoingAway { .. } => ledger.counts.sent_away += 1,
            Event::Error(error) => ledger.break_promise(format!("{} was refused: {error}", memory.name)),
        }
        drop((memory, ledger));
        self.compare();
    }

    /// The client's own account says the same.
    fn compare(&self) {
        let (memory, mut ledger) = (self.world.memory(self.which), self.world.ledger());
        for (name, place) in &memory.places {
            let Some(room) = self.client.room(name) else { continue };
            // What an earlier process of the same session said is its own too, and unknown to this one.
            let unexplained = if memory.starts == 1 || place.account.own { room.unexplained() } else { 0 };
            if unexplained > 0 || room.duplicates > 0 {
                ledger.break_promise(format!("{} in {name:?} by its own account: {room:?}", memory.name));
            }
        }
    }
}

/// Its name and what is the same in each run of a seed.
fn name_of(event: &Event) -> String {
    match event {
        Event::Message(message) => format!("{:?} {}", message.room, message.position),
        other => format!("{other:?}"),
    }
}
