//! What a member was told of a room, position by position, held against the law: received + announced missing + own = published since it
//! joined, positions rise, and each step over 1 is explained at its place.

use super::ledger::Ledger;
use super::said::Said;

/// The account of one client in one room, over all its connections, until it leaves.
#[derive(Debug, Clone)]
pub struct Account {
    who: String,
    publisher: u16,
    room: String,
    /// Whether it hears its own messages.
    pub own: bool,
    /// None before the first JOINED.
    pub epoch: Option<u64>,
    start: u64,
    pub position: u64,
    received: u64,
    missing: u64,
    passed: u64,
    /// The room began anew, which has to be said before anything else.
    owes_another_epoch: bool,
}

impl Account {
    pub fn new(who: &str, publisher: u16, room: &str, own: bool) -> Self {
        Self {
            who: who.to_owned(),
            publisher,
            room: room.to_owned(),
            own,
            epoch: None,
            start: 0,
            position: 0,
            received: 0,
            missing: 0,
            passed: 0,
            owes_another_epoch: false,
        }
    }

    /// The place to come back to.
    pub fn since(&self) -> Option<(u64, u64)> {
        self.epoch.map(|epoch| (epoch, self.position))
    }

    /// JOINED on a new connection, to a JOIN from that place.
    pub fn joined(&mut self, ledger: &mut Ledger, epoch: u64, newest: u64, since: Option<(u64, u64)>) {
        ledger.epoch(&self.who, &self.room, epoch);
        self.owes_another_epoch = false;
        match since {
            Some((known, after)) if known == epoch => {
                if after > newest {
                    self.breaks(ledger, &format!("was at {after}, and {newest} is the newest"));
                }
                ledger.counts.replays += u64::from(after < newest);
                return;
            }
            Some(_) => {
                self.settle(ledger);
                self.owes_another_epoch = true;
                ledger.counts.other_epochs += 1;
            }
            None => self.settle(ledger),
        }
        self.epoch = Some(epoch);
        (self.start, self.position) = (newest, newest);
        (self.received, self.missing, self.passed) = (0, 0, 0);
    }

    /// MESSAGE.
    pub fn message(&mut self, ledger: &mut Ledger, position: u64, from: u64, payload: &[u8]) {
        let Some(said) = Said::read(payload) else {
            return self.breaks(ledger, &format!("{position} is not as anybody said it: {payload:?}"));
        };
        if self.owes_another_epoch {
            self.breaks(ledger, &format!("hears {position} before it was told that the room began anew"));
        }
        let Some(epoch) = self.epoch else { return self.breaks(ledger, "hears before JOINED") };
        if position <= self.position {
            return self.breaks(ledger, &format!("hears {position} at {}", self.position));
        }
        self.pass(ledger, position);
        self.position = position;
        self.received += 1;
        ledger.counts.received += 1;
        ledger.stands(&self.who, (epoch, position), from, said);
    }

    /// GAP. Without positions where the room began anew.
    pub fn gap(&mut self, ledger: &mut Ledger, missed: Option<(u64, u64)>) {
        ledger.counts.gaps += 1;
        let Some((first, last)) = missed else {
            if !std::mem::take(&mut self.owes_another_epoch) {
                self.breaks(ledger, "was told that the room began anew, and it did not");
            }
            return;
        };
        if first <= self.position {
            return self.breaks(ledger, &format!("misses {first} to {last} at {}", self.position));
        }
        self.pass(ledger, first);
        self.position = last;
        self.missing += last - first + 1;
        ledger.counts.missing += last - first + 1;
    }

    /// What lies between was its own, or else it is lost.
    fn pass(&mut self, ledger: &mut Ledger, next: u64) {
        for position in self.position + 1..next {
            if self.own {
                self.breaks(ledger, &format!("is not told of {position}, and hears its own"));
            } else {
                ledger.passed(self.publisher, self.epoch.unwrap_or_default(), position);
            }
            self.passed += 1;
        }
    }

    /// The end of the run: the newest position of the room is this.
    pub fn end(&mut self, ledger: &mut Ledger, newest: u64) {
        if self.position > newest {
            self.breaks(ledger, &format!("was told of {}, and {newest} is the newest", self.position));
        }
        self.pass(ledger, newest + 1);
        self.position = newest;
        if self.owes_another_epoch {
            self.breaks(ledger, "was never told that the room began anew");
        }
        self.settle(ledger);
    }

    fn settle(&self, ledger: &mut Ledger) {
        let published = self.position - self.start;
        if self.received + self.missing + self.passed != published {
            self.breaks(ledger, &format!("does not add up: {self:?}"));
        }
    }

    fn breaks(&self, ledger: &mut Ledger, what: &str) {
        ledger.break_promise(format!("{} in {:?}: {what}", self.who, self.room));
    }
}
