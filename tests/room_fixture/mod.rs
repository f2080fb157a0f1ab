//! A room beside a model of it: the model remembers every message ever published, and holds each call's result to it. Publishing and reading have
//! files of their own. Not a test.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

mod publishing;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use oread::peer::SessionId;
use oread::room::{Account, Gap, Hearing, Member, Reading, RoomLog, RoomRules, Start};
use oread::settings::WhenBehind;
use oread::tick::Tick;

pub const EPOCH: u64 = 7;

/// Roomy, and without any limit in time.
pub const RULES: RoomRules = RoomRules {
    bytes: 1 << 20,
    messages: 1 << 16,
    max_age: 0,
    history: 0,
    linger: 0,
    members: 10_000,
    when_behind: WhenBehind::Skip,
    block_for: 100,
};

/// Who is to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waker {
    Reader(u64),
    Publisher(u64),
}

/// A message as the model remembers it; its position is its place in the list.
struct Message {
    publisher: u64,
    time: Tick,
    len: usize,
}

/// A member as the model sees it.
pub struct Reader {
    pub member: Member,
    pub reading: Reading,
    hearing: Hearing,
    /// The first position it has not been told anything about.
    next: u64,
    /// What was held when it joined: whose what lay before was is not known any more.
    known_from: u64,
    other_epoch: bool,
    replays: bool,
    published: bool,
    skipped: Skipped,
    /// Its account in the model.
    tally: Account,
    /// What the reading under way should hold.
    under_way: Vec<u64>,
}

/// What publishers that waited long enough did to a member.
#[derive(Debug, Clone, Copy, Default)]
struct Skipped {
    /// It was skipped, and its socket took nothing since: no publisher waits for it.
    over: bool,
    /// It was skipped, and has yet to be told.
    untold: bool,
}

pub struct World {
    pub log: RoomLog<Waker>,
    pub rules: RoomRules,
    pub now: u32,
    pub members: BTreeMap<u64, Reader>,
    published: Vec<Message>,
    waiting: BTreeSet<u64>,
    /// Who was refused, and with which run.
    blocked: BTreeMap<u64, Vec<usize>>,
    pub sheds: u32,
    pub gaps: Vec<(u64, Gap)>,
}

/// What a message at this position consists of.
fn content(position: u64, len: usize) -> impl Iterator<Item = u8> {
    (0..len as u64).map(move |at| (position.wrapping_mul(131).wrapping_add(at * 7) % 251) as u8)
}

impl World {
    pub fn new(rules: RoomRules) -> Self {
        Self {
            log: RoomLog::new(rules, EPOCH, Tick::ZERO),
            rules,
            now: 0,
            members: BTreeMap::new(),
            published: Vec::new(),
            waiting: BTreeSet::new(),
            blocked: BTreeMap::new(),
            sheds: 0,
            gaps: Vec::new(),
        }
    }

    pub fn tick(&self) -> Tick {
        Tick::new(self.now)
    }

    fn newest(&self) -> u64 {
        self.published.len() as u64
    }

    fn message(&self, position: u64) -> &Message {
        &self.published[position as usize - 1]
    }

    pub fn join(&mut self, session: u64, hearing: Hearing, start: Start) {
        if self.members.contains_key(&session) {
            return;
        }
        let wake = self.log.tend(self.tick());
        self.woken(wake);
        let (next, other_epoch) = match start {
            Start::Newest => (self.newest() + 1, false),
            Start::Oldest => (self.log.oldest(), false),
            Start::After { epoch: EPOCH, position } => (position.min(self.newest()) + 1, false),
            Start::After { .. } => (self.newest() + 1, true),
        };
        let known_from = self.log.oldest();
        let member = self.log.join(self.tick(), SessionId(session), hearing, start).unwrap();
        let replays = next < known_from;
        let reader = Reader {
            member,
            reading: Reading::new(),
            hearing,
            next,
            known_from,
            other_epoch,
            replays,
            published: false,
            skipped: Skipped::default(),
            tally: Account::default(),
            under_way: Vec::new(),
        };
        self.members.insert(session, reader);
        self.check();
    }

    pub fn leave(&mut self, session: u64) {
        self.advance(session, 0);
        let Some(reader) = self.members.remove(&session) else { return };
        let left = self.log.leave(self.tick(), reader.member);
        assert!(left.account.adds_up());
        let (from, own) = (reader.next, reader.hearing == Hearing::Others);
        let unwanted = |at: &u64| own && *at >= reader.known_from && self.message(*at).publisher == session;
        let owed = (from..=self.newest()).filter(|at| !unwanted(at)).count() as u64;
        let hears = reader.hearing != Hearing::Nothing;
        assert_eq!(left.owed, if hears { owed } else { 0 }, "what {session} leaves unread");
        self.waiting.remove(&session);
        self.blocked.remove(&session);
        self.woken(left.wake);
        self.check();
    }

    fn woken(&mut self, wake: Vec<Waker>) {
        for waker in wake {
            let waited = match waker {
                Waker::Reader(session) => self.waiting.remove(&session),
                Waker::Publisher(session) => self.blocked.remove(&session).is_some(),
            };
            assert!(waited, "{waker:?} did not wait");
        }
    }

    pub fn shed(&mut self) {
        self.sheds += 1;
        let wake = self.log.shed(self.tick());
        self.woken(wake);
        self.check();
    }

    /// Publishers have waited long enough. Who has yet to be told of what goes is passed over.
    pub fn skip(&mut self) {
        if self.rules.when_behind != WhenBehind::Block || self.log.segments() == 0 {
            return;
        }
        // What is too old goes before, and is nobody's fault.
        self.tend();
        let holds = self.log.segments() > 0;
        let wake = self.log.skip(self.tick());
        for reader in self.members.values_mut().filter(|reader| holds && reader.hearing != Hearing::Nothing) {
            let next = self.published.len() as u64 + 1 - self.log.account(&reader.member).unread;
            if next < self.log.oldest() {
                reader.skipped = Skipped { over: true, untold: true };
            }
        }
        self.woken(wake);
        self.check();
    }

    pub fn tend(&mut self) {
        let wake = self.log.tend(self.tick());
        self.woken(wake);
        self.check();
    }

    pub fn hear(&mut self, session: u64, hearing: Hearing) {
        let newest = self.newest();
        let Some(reader) = self.members.get_mut(&session).filter(|reader| reader.under_way.is_empty()) else {
            return;
        };
        // What it passed over or lost before the change stays what it was: the model knows that only of members without a lag.
        if self.log.account(&reader.member).unread > 0 || reader.other_epoch {
            return;
        }
        let wake = self.log.hear(&reader.member, hearing);
        if (reader.hearing == Hearing::Nothing) == (hearing == Hearing::Nothing) {
            reader.tally.own += newest + 1 - reader.next;
        } else {
            reader.tally = Account::default();
            (reader.replays, reader.skipped) = (false, Skipped::default());
        }
        reader.next = newest + 1;
        reader.hearing = hearing;
        if hearing == Hearing::Nothing {
            self.waiting.remove(&session);
        }
        self.woken(wake);
        self.check();
    }

    /// What holds at any time.
    pub fn check(&self) {
        let log = &self.log;
        assert_eq!(log.newest(), self.newest());
        assert!(log.bytes() <= self.rules.bytes || log.messages() == 1, "{} bytes", log.bytes());
        assert!(log.messages() <= self.rules.messages as u64, "{} messages", log.messages());
        assert!(log.oldest() <= log.newest() + 1 && log.newest() + 1 - log.oldest() <= log.messages());
        for (session, reader) in &self.members {
            let account = log.account(&reader.member);
            assert!(account.adds_up(), "{account:?}");
            if reader.hearing == Hearing::Nothing {
                continue;
            }
            assert_eq!(
                (account.received, account.missing),
                (reader.tally.received, reader.tally.missing),
                "of {session}"
            );
            // The log may have counted own messages already that the model has yet to come across.
            assert!(account.own >= reader.tally.own, "{account:?}, {:?}", reader.tally);
            assert_eq!(account.own - reader.tally.own, self.newest() + 1 - account.unread - reader.next);
        }
        let lags: u64 = log.lags(self.tick()).map(|lag| lag.messages).sum();
        assert_eq!(lags, self.members.values().map(|reader| log.account(&reader.member).unread).sum::<u64>());
    }
}
