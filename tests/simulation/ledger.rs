//! The ledger of a run: what stands at which position of which room, as anyone was told. It finds whoever was told otherwise, and what was
//! said out of order; and it knows which messages were whose own.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::said::Said;

/// What everyone was told together.
#[derive(Debug, Default)]
pub struct Ledger {
    rooms: BTreeMap<u64, Room>,
    /// Positions that a client passed without a word, taking them for its own.
    passed: Vec<(u16, u64, u64)>,
    /// Messages of which a client never learned whether and where they are in the room's log.
    unconfirmed: BTreeMap<u16, u64>,
    /// Promises that were broken.
    pub broken: Vec<String>,
    pub counts: Counts,
}

/// What happened in a run: sums over all seeds say whether the simulation did anything.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub published: u64,
    pub received: u64,
    pub gaps: u64,
    pub missing: u64,
    pub own_passed: u64,
    pub replays: u64,
    pub resumed: u64,
    pub not_resumed: u64,
    pub other_epochs: u64,
    pub cuts: u64,
    pub fell_behind: u64,
    pub silent: u64,
    pub keepalives: u64,
    pub sent_away: u64,
    pub held: u64,
    pub leaves: u64,
    pub presences: u64,
    pub directs: u64,
}

#[derive(Debug, Default)]
struct Room {
    name: String,
    messages: BTreeMap<u64, (u64, Said)>,
}

impl Ledger {
    pub fn break_promise(&mut self, what: String) {
        self.broken.push(what);
    }

    /// `epoch` is a life of the room of this name.
    pub fn epoch(&mut self, who: &str, name: &str, epoch: u64) {
        let room = self.rooms.entry(epoch).or_default();
        // A receipt may have told of it before anybody was told its name.
        if room.name.is_empty() {
            name.clone_into(&mut room.name);
        }
        if room.name != name {
            let broken = format!("{who}: epoch {epoch} is one of {name:?} and one of {:?}", room.name);
            self.broken.push(broken);
        }
    }

    /// Somebody was told that this stands there, by a message or by a receipt.
    pub fn stands(&mut self, who: &str, (epoch, position): (u64, u64), from: u64, said: Said) {
        let room = self.rooms.entry(epoch).or_default();
        let known = *room.messages.entry(position).or_insert((from, said));
        if known != (from, said) {
            let name = &room.name;
            let broken =
                format!("{who}: {name:?} {position} is {said:?} of {from} to it, and {known:?} to another");
            self.broken.push(broken);
        }
    }

    /// A client passed this position without a word: it has to be its own.
    pub fn passed(&mut self, publisher: u16, epoch: u64, position: u64) {
        self.counts.own_passed += 1;
        self.passed.push((publisher, epoch, position));
    }

    /// A client will not learn what became of so many of its messages.
    pub fn unconfirmed(&mut self, publisher: u16, messages: u64) {
        *self.unconfirmed.entry(publisher).or_default() += messages;
    }

    /// What can be told only at the end: own messages were own, and of each session the messages stand in the order of sending.
    pub fn close(&mut self) {
        let mut unknown: BTreeMap<u16, u64> = BTreeMap::new();
        for (publisher, epoch, position) in std::mem::take(&mut self.passed) {
            match self.rooms.get(&epoch).and_then(|room| room.messages.get(&position)) {
                Some((_, said)) if said.publisher == publisher => {}
                Some((_, said)) => self.broken.push(format!(
                    "client {publisher} lost {position} of epoch {epoch} without a word: {said:?}"
                )),
                None => *unknown.entry(publisher).or_default() += 1,
            }
        }
        for (publisher, positions) in unknown {
            let may = self.unconfirmed.get(&publisher).copied().unwrap_or_default();
            if positions > may {
                self.broken.push(format!(
                    "client {publisher} passed {positions} positions without a word, and only {may} can be its own"
                ));
            }
        }
        self.check_order();
    }

    fn check_order(&mut self) {
        for (epoch, room) in &self.rooms {
            let mut last: BTreeMap<u64, Said> = BTreeMap::new();
            let mut all: BTreeMap<Said, u64> = BTreeMap::new();
            for (position, (from, said)) in &room.messages {
                if let Some(before) = last.insert(*from, *said)
                    && before >= *said
                {
                    let broken = format!("epoch {epoch}: {before:?} stands before {said:?} at {position}");
                    self.broken.push(broken);
                }
                if let Some(twice) = all.insert(*said, *position) {
                    self.broken.push(format!("epoch {epoch}: {said:?} stands at {twice} and at {position}"));
                }
            }
        }
    }

    /// Whether all of these are the client's own, as far as anybody was told.
    pub fn may_be_own(&self, publisher: u16, epoch: u64, mut positions: RangeInclusive<u64>) -> bool {
        let room = self.rooms.get(&epoch);
        positions.all(|position| {
            let known = room.and_then(|room| room.messages.get(&position));
            known.is_none_or(|(_, said)| said.publisher == publisher)
        })
    }

    /// The highest position of which anybody was told.
    pub fn newest(&self, epoch: u64) -> u64 {
        let room = self.rooms.get(&epoch);
        room.and_then(|room| room.messages.keys().next_back().copied()).unwrap_or_default()
    }
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.published += other.published;
        self.received += other.received;
        self.gaps += other.gaps;
        self.missing += other.missing;
        self.own_passed += other.own_passed;
        self.replays += other.replays;
        self.resumed += other.resumed;
        self.not_resumed += other.not_resumed;
        self.other_epochs += other.other_epochs;
        self.cuts += other.cuts;
        self.fell_behind += other.fell_behind;
        self.silent += other.silent;
        self.keepalives += other.keepalives;
        self.sent_away += other.sent_away;
        self.held += other.held;
        self.leaves += other.leaves;
        self.presences += other.presences;
        self.directs += other.directs;
    }
}
