//! What all parts of a run share: the plan, the ledger, the trace, the daemon, and what each client remembers over its own crashes.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::Account;
use super::chance::Chance;
use super::daemon::Daemon;
use super::ledger::Ledger;
use super::plan::{ClientPlan, Plan, RoomPlan};
use super::said::Said;
use super::trace::Trace;

/// What all parts of a run share.
pub struct World {
    pub plan: Plan,
    pub trace: Arc<Trace>,
    pub daemon: Daemon,
    /// Nothing goes wrong any more, nobody says anything more, and everyone reads.
    pub settling: Cell<bool>,
    ledger: RefCell<Ledger>,
    memories: Vec<RefCell<Memory>>,
}

/// What a client knows of itself, and where it was.
pub struct Memory {
    pub name: String,
    pub publisher: u16,
    pub ticket: Vec<u8>,
    pub session: Option<u64>,
    /// How often it connected.
    pub connection: u16,
    next_number: u32,
    pub places: BTreeMap<&'static str, Place>,
    /// What it said and has no receipt of, by request: the room's epoch, and what.
    pub unanswered: BTreeMap<u32, (u64, Said)>,
    /// Whether it stands connected and welcomed.
    pub up: bool,
    /// How often its process began.
    pub starts: u64,
}

/// A room that it is in, or comes back to.
pub struct Place {
    pub account: Account,
    /// The room's number, while it is joined on this connection.
    pub number: Option<u32>,
    /// It has asked to leave.
    pub leaving: bool,
}

impl World {
    pub fn new(plan: Plan) -> Self {
        let memories = (0..plan.clients.len()).map(|which| RefCell::new(Memory::new(which))).collect();
        Self {
            plan,
            trace: Arc::default(),
            daemon: Daemon::default(),
            settling: Cell::new(false),
            ledger: RefCell::default(),
            memories,
        }
    }

    pub fn name(&self, client: usize) -> String {
        self.memories[client].borrow().name.clone()
    }

    pub fn ledger(&self) -> RefMut<'_, Ledger> {
        self.ledger.borrow_mut()
    }

    pub fn memory(&self, client: usize) -> RefMut<'_, Memory> {
        self.memories[client].borrow_mut()
    }

    /// A client's process begins: with its memory, or without.
    pub fn begin(&self, client: usize) -> Chance {
        let mut memory = self.memory(client);
        memory.cut(&mut self.ledger());
        memory.starts += 1;
        if self.plan.clients[client].forgets {
            memory.places.clear();
            memory.ticket.clear();
            memory.session = None;
        }
        self.trace.note(format_args!("{} begins, time {}", memory.name, memory.starts));
        Chance::new(self.plan.seed).fork(memory.starts << 8 | client as u64)
    }

    /// Whether every client is where its rooms are; else who is not, and how.
    pub fn unsettled(&self) -> Vec<String> {
        let newest = self.daemon.newest();
        let ledger = self.ledger.borrow();
        let mut who = Vec::new();
        for memory in &self.memories {
            let memory = memory.borrow();
            if !memory.up || !memory.unanswered.is_empty() {
                who.push(format!("{} is up: {}, awaits {:?}", memory.name, memory.up, memory.unanswered));
            }
            for (room, Place { account, number, .. }) in &memory.places {
                let end = account.epoch.and_then(|epoch| newest.get(&epoch).map(|newest| (epoch, *newest)));
                let there = end.is_some_and(|(epoch, newest)| {
                    // Who hears its own is there when it has heard them.
                    account.position >= newest
                        || (!account.own
                            && ledger.may_be_own(memory.publisher, epoch, account.position + 1..=newest))
                });
                if number.is_none() || !there {
                    who.push(format!(
                        "{} in {room:?}: joined {number:?}, of {end:?} {account:?}",
                        memory.name
                    ));
                }
            }
        }
        who
    }

    /// The end: each account is closed, and then the ledger.
    pub fn close(&self, newest: &BTreeMap<u64, u64>) {
        let mut ledger = self.ledger.borrow_mut();
        for memory in &self.memories {
            for place in memory.borrow_mut().places.values_mut() {
                let end = place.account.epoch.and_then(|epoch| newest.get(&epoch).copied());
                if let Some(newest) = end {
                    place.account.end(&mut ledger, newest);
                }
            }
        }
        for (epoch, newest) in newest {
            let told = ledger.newest(*epoch);
            if told > *newest {
                ledger.break_promise(format!(
                    "{told} of epoch {epoch} was told of, and {newest} is the newest"
                ));
            }
        }
        ledger.close();
    }
}

impl Memory {
    fn new(which: usize) -> Self {
        Self {
            name: format!("client-{which}"),
            publisher: u16::try_from(which).unwrap(),
            ticket: Vec::new(),
            session: None,
            connection: 0,
            next_number: 0,
            places: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            up: false,
            starts: 0,
        }
    }

    /// The connection is gone, and with it every answer that was awaited.
    pub fn cut(&mut self, ledger: &mut Ledger) {
        ledger.unconfirmed(self.publisher, self.unanswered.len() as u64);
        self.unanswered.clear();
        // A leave that was not answered is one all the same.
        self.places.retain(|_, place| !place.leaving);
        self.lost(ledger);
    }

    /// The connection is gone.
    pub fn lost(&mut self, ledger: &mut Ledger) {
        ledger.counts.cuts += u64::from(self.up);
        self.up = false;
        self.places.values_mut().for_each(|place| place.number = None);
    }

    /// WELCOME.
    pub fn welcomed(&mut self, ledger: &mut Ledger, session: u64) {
        self.up = true;
        self.connection += 1;
        match self.session.replace(session) {
            Some(before) if before == session => ledger.counts.resumed += 1,
            Some(_) => ledger.counts.not_resumed += 1,
            None => {}
        }
    }

    /// Its place in this room, as a new one if there is none.
    pub fn place(&mut self, room: &RoomPlan) -> &mut Place {
        let (name, publisher) = (self.name.clone(), self.publisher);
        self.places.entry(room.name).or_insert_with(|| Place {
            account: Account::new(&name, publisher, room.name, room.own),
            number: None,
            leaving: false,
        })
    }

    /// The next thing that it says.
    pub fn says(&mut self) -> Said {
        self.next_number += 1;
        Said { publisher: self.publisher, connection: self.connection, number: self.next_number }
    }

    /// A room in which it can say something, by chance: its name, number and epoch.
    pub fn somewhere(&self, chance: &mut Chance) -> Option<(&'static str, u32, u64)> {
        let open: Vec<_> = self
            .places
            .iter()
            .filter(|(_, place)| !place.leaving)
            .filter_map(|(name, place)| Some((*name, place.number?, place.account.epoch?)))
            .collect();
        (!open.is_empty()).then(|| chance.pick(&open))
    }
}

impl ClientPlan {
    pub fn room(&self, name: &str) -> Option<&RoomPlan> {
        self.rooms.iter().find(|room| room.name == name)
    }
}
