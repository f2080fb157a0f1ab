//! A raw client of protocol 1: it speaks the wire by itself, counts every position, comes back with its ticket and from where it was, and
//! says things in bursts.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Epoch, Hello, Join, Leave, Payload, Ping, Position, Publish, Request, RoomName, RoomNumber,
    SendTo, SessionName, Since,
};
use tokio::time::{Instant, sleep, timeout};
use turmoil::net::TcpStream;

use super::chance::Chance;
use super::daemon::{HOST, PORT};
use super::mood::Mood;
use super::narrow::Narrow;
use super::plan::RoomPlan;
use super::wire::{Turn, Wire};
use super::world::World;

/// After so long without a byte it pings; after so long it takes the server for dead.
const PING_AFTER: Duration = Duration::from_millis(700);
const SILENCE: Duration = Duration::from_secs(9);
/// Bytes that it leaves unwritten at the most before it says more.
const OWED: usize = 8 << 10;

/// One connection of a client.
pub(super) struct Talker {
    pub(super) world: Rc<World>,
    pub(super) which: usize,
    pub(super) wire: Wire,
    pub(super) chance: Chance,
    pub(super) joins: BTreeMap<u32, Asked>,
    /// Direct messages that await a receipt.
    pub(super) directs: Vec<u32>,
    /// Who was heard last.
    pub(super) heard_of: Option<SessionId>,
    /// When it is to come back, if the server said so.
    pub(super) away_until: Option<Instant>,
    last_request: u32,
    mood: Mood,
    heard: Instant,
    pinged: Instant,
    acts: Instant,
}

/// A JOIN without an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) room: &'static str,
    pub(super) since: Option<(u64, u64)>,
    /// It is in that room already.
    pub(super) again: bool,
}

/// How it goes on after a frame.
pub(super) enum After {
    On,
    Gone,
}

/// A client's process.
pub async fn talk(world: Rc<World>, which: usize) -> turmoil::Result {
    let mut chance = world.begin(which);
    for number in 1.. {
        let connected = timeout(Duration::from_secs(2), TcpStream::connect((HOST, PORT))).await;
        let mut away = None;
        if let Ok(Ok(io)) = connected {
            let name = format!("{} #{number}", world.name(which));
            let io = Narrow::new(io, chance.fork(number), world.plan.widest, name, &world.trace);
            let mut talker = Talker::new(&world, which, Wire::new(io), chance.fork(number << 32));
            talker.run().await;
            away = talker.away_until;
            drop(talker);
            world.memory(which).cut(&mut world.ledger());
        }
        let pause = chance.millis(20, 300);
        match away {
            Some(away) => tokio::time::sleep_until(away + pause).await,
            None => sleep(pause).await,
        }
    }
    Ok(())
}

impl Talker {
    fn new(world: &Rc<World>, which: usize, wire: Wire, chance: Chance) -> Self {
        let now = Instant::now();
        Self {
            world: world.clone(),
            which,
            wire,
            chance,
            joins: BTreeMap::new(),
            directs: Vec::new(),
            heard_of: None,
            away_until: None,
            last_request: 0,
            mood: Mood::new(world.plan.clients[which].habit, now),
            heard: now,
            pinged: now,
            acts: now,
        }
    }

    async fn run(&mut self) {
        let ticket = self.world.memory(self.which).ticket.clone();
        let name = SessionName::new(b"somebody").unwrap();
        let hello = Hello { lowest: 1, highest: 1, flags: 0, token: &[], ticket: &ticket, name };
        self.wire.say(&ClientFrame::Hello(hello));
        loop {
            let now = Instant::now();
            let up = self.world.memory(self.which).up;
            if up && now >= self.acts {
                self.act(now);
            }
            // It hears its welcome, whatever its habits.
            let settling = self.world.settling.get() || !up;
            let appetite = self.mood.appetite(now, settling);
            if appetite.is_none() {
                self.heard = now;
            } else if now - self.heard > SILENCE {
                self.world.ledger().counts.silent += 1;
                return self.note("gives up: silence");
            }
            let until = (now + Duration::from_millis(500)).min(if up { self.acts } else { now + PING_AFTER });
            let until = self.mood.until(now).map_or(until, |rested| rested.min(until));
            match self.wire.turn(appetite, until.max(now + Duration::from_millis(1))).await {
                Turn::Frame(frame) => {
                    if matches!(self.hear(&frame), After::Gone) {
                        return;
                    }
                }
                Turn::Moved => {
                    self.heard = Instant::now();
                    self.mood.has_read(self.heard, &mut self.chance);
                }
                Turn::Time => {}
                Turn::Closed(why) => return self.note(&format!("is cut: {why:?}")),
            }
        }
    }

    pub(super) fn note(&self, what: &str) {
        self.world.trace.note(format_args!("client-{} {what}", self.which));
    }

    pub(super) fn request(&mut self) -> u32 {
        self.last_request += 1;
        self.last_request
    }

    /// What it does by itself from time to time.
    fn act(&mut self, now: Instant) {
        let (low, high) = self.world.plan.clients[self.which].pause;
        self.acts = now + self.chance.millis(low, high);
        self.mood.sways(now, &mut self.chance);
        if now - self.heard.max(self.pinged) > PING_AFTER {
            self.pinged = now;
            self.wire.say(&ClientFrame::Ping(Ping { opaque: [7; 8] }));
        }
        if self.world.settling.get() {
            return;
        }
        match self.chance.between(0, 39) {
            0 => self.leave(),
            1 => self.join_again(),
            2..=4 => self.join_missing(),
            5 => self.send(),
            _ => self.burst(),
        }
    }

    fn burst(&mut self) {
        let messages = self.chance.between(0, self.world.plan.clients[self.which].burst);
        let Some((_, number, epoch)) = self.world.memory(self.which).somewhere(&mut self.chance) else {
            return;
        };
        for _ in 0..messages {
            if self.wire.owes() > OWED {
                return;
            }
            let request = self.request();
            let mut memory = self.world.memory(self.which);
            let said = memory.says();
            memory.unanswered.insert(request, (epoch, said));
            drop(memory);
            let payload = said.payload();
            let publish = Publish {
                room: RoomNumber(number),
                request: Request(request),
                payload: Payload::Bytes(&payload),
            };
            self.wire.say(&ClientFrame::Publish(publish));
            self.world.ledger().counts.published += 1;
        }
    }

    fn send(&mut self) {
        let Some(session) = self.heard_of else { return };
        let request = self.request();
        self.directs.push(request);
        let payload = Payload::Text("psst");
        self.wire.say(&ClientFrame::Send(SendTo { session, request: Request(request), payload }));
    }

    fn leave(&mut self) {
        let mut memory = self.world.memory(self.which);
        let Some((room, number, _)) = memory.somewhere(&mut self.chance) else { return };
        memory.places.get_mut(room).unwrap().leaving = true;
        drop(memory);
        let request = Request(self.request());
        self.wire.say(&ClientFrame::Leave(Leave { request, room: RoomNumber(number) }));
        self.world.ledger().counts.leaves += 1;
    }

    fn join_again(&mut self) {
        let Some((room, ..)) = self.world.memory(self.which).somewhere(&mut self.chance) else { return };
        let plan = self.world.plan.clients[self.which].room(room).unwrap().clone();
        self.ask_for(&plan, true);
    }

    /// Joins what it is not in and should be; where it was before, from there on.
    pub(super) fn join_missing(&mut self) {
        let rooms = self.world.plan.clients[self.which].rooms.clone();
        for room in rooms {
            let mut memory = self.world.memory(self.which);
            let place = memory.place(&room);
            let asked = self.joins.values().any(|asked| asked.room == room.name);
            let wanted = place.number.is_none() && !place.leaving && !asked;
            drop(memory);
            if wanted {
                self.ask_for(&room, false);
            }
        }
    }

    fn ask_for(&mut self, room: &RoomPlan, again: bool) {
        let since = self.world.memory(self.which).place(room).account.since().filter(|_| !again);
        let request = self.request();
        self.joins.insert(request, Asked { room: room.name, since, again });
        let join = Join {
            request: Request(request),
            presence: room.presence,
            own: room.own,
            publish_only: false,
            room: RoomName::new(room.name.as_bytes()).unwrap(),
            since: since.map(|(epoch, after)| Since { epoch: Epoch(epoch), after: Position(after) }),
        };
        self.wire.say(&ClientFrame::Join(join));
    }
}
