//! A room beside a model of it: the model remembers every message ever published, and holds each call's result to it.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

use std::collections::{BTreeMap, BTreeSet};

use oread::peer::SessionId;
use oread::reason::GapReason;
use oread::room::{Account, Append, Gap, Hearing, Member, Read, Reading, RoomLog, RoomRules, Run, Start};
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

    /// Says how many messages of the run were taken.
    pub fn publish(&mut self, session: u64, lens: &[usize]) -> usize {
        let Some(reader) = self.members.get_mut(&session) else { return 0 };
        reader.published = true;
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (at, len) in lens.iter().enumerate() {
            bytes.extend(content(self.published.len() as u64 + 1 + at as u64, *len));
            ends.push(bytes.len() as u32);
        }
        let run = Run { bytes: &bytes, ends: &ends };
        let now = Tick::new(self.now);
        let follows = reader.hearing == Hearing::Others && self.waiting.contains(&session);
        match self.log.append(now, &reader.member, run, || Waker::Publisher(session)) {
            Append::Taken { first, messages, wake, laggards } => {
                assert_eq!(first, self.newest() + 1, "positions have no holes");
                assert!(messages > 0 || lens.is_empty());
                assert!(laggards.is_empty() || self.rules.when_behind == WhenBehind::Disconnect);
                self.published.extend(lens[..messages].iter().map(|len| Message {
                    publisher: session,
                    time: now,
                    len: *len,
                }));
                self.blocked.remove(&session);
                self.woken(wake);
                let unread = |reader: &Reader| self.log.account(&reader.member).unread > 0;
                assert!(
                    self.log.oldest() <= first || !self.members.values().any(unread),
                    "a run pushes itself off"
                );
                if messages > 0 {
                    let left: Vec<_> = self.waiting.iter().copied().collect();
                    assert_eq!(
                        left,
                        if follows { vec![session] } else { vec![] },
                        "all who waited are woken, itself excepted"
                    );
                }
                self.check();
                messages
            }
            Append::Full { until, wake } => {
                assert!(until > now);
                self.refused(session, lens, wake);
                0
            }
            Append::Overdue { laggards, wake } => {
                assert!(!laggards.is_empty() && !laggards.contains(&SessionId(session)));
                for laggard in laggards {
                    let laggard = &self.members[&laggard.0];
                    assert!(self.log.account(&laggard.member).unread > 0 && !laggard.skipped.over);
                }
                self.refused(session, lens, wake);
                0
            }
        }
    }

    fn refused(&mut self, session: u64, lens: &[usize], wake: Vec<Waker>) {
        assert_eq!(self.rules.when_behind, WhenBehind::Block);
        self.woken(wake);
        self.blocked.insert(session, lens.to_vec());
        let holds = |(other, reader): (&u64, &Reader)| {
            *other != session && !reader.skipped.over && self.log.account(&reader.member).unread > 0
        };
        assert!(self.members.iter().any(holds), "somebody else holds the room");
        self.check();
    }

    /// Begins a reading, if none is under way. `false` if there is nothing to read.
    pub fn read(&mut self, session: u64, quantum: usize) -> bool {
        let now = Tick::new(self.now);
        let newest = self.newest();
        let Some(reader) = self.members.get_mut(&session).filter(|reader| reader.under_way.is_empty()) else {
            return true;
        };
        let oldest = self.log.oldest();
        let read =
            self.log.read(now, &reader.member, quantum, &mut reader.reading, || Waker::Reader(session));
        if reader.hearing == Hearing::Nothing {
            let Read::Waiting { wake } = read else { panic!("there is nothing for it to read") };
            self.woken(wake);
            return false;
        }
        let mut reader = self.members.remove(&session).unwrap();
        if let Some(gap) = reader.reading.gap() {
            self.gaps.push((session, gap));
            self.gap(session, &mut reader, gap);
            // The call itself may give up what is too old before, and what it finds to be all own after.
            let held = oldest..=self.log.oldest();
            assert!(gap.last == 0 || held.contains(&(gap.last + 1)), "a gap ends before what is held");
        }
        for position in reader.reading.positions() {
            let own = reader.hearing == Hearing::Others && self.message(position).publisher == session;
            if position >= reader.next && !own {
                reader.under_way.push(position);
            }
        }
        let wanted: Vec<u8> =
            reader.under_way.iter().flat_map(|at| content(*at, self.message(*at).len)).collect();
        assert_eq!(reader.reading.pieces().concat(), wanted, "messages are whole and in order");
        assert_eq!(
            (reader.reading.bytes(), reader.reading.messages()),
            (wanted.len(), reader.under_way.len())
        );
        assert!(wanted.len() <= quantum || reader.under_way.len() == 1);
        if self.rules.max_age > 0 {
            assert!(
                reader.under_way.iter().all(|at| now.since(self.message(*at).time) <= self.rules.max_age)
            );
        }
        let ready = read == Read::Ready;
        match read {
            Read::Ready => assert!(reader.reading.gap().is_some() || !reader.under_way.is_empty()),
            Read::Waiting { wake } => {
                self.woken(wake);
                self.waiting.insert(session);
                self.pass_own(session, &mut reader, newest + 1);
            }
        }
        let nothing_to_write = reader.under_way.is_empty();
        self.members.insert(session, reader);
        if ready && nothing_to_write {
            self.advance(session, 0);
        }
        self.check();
        ready
    }

    /// All from where it stands up to `until` is its own.
    fn pass_own(&self, session: u64, reader: &mut Reader, until: u64) {
        while reader.next < until {
            assert_eq!(self.message(reader.next).publisher, session, "{} was passed over", reader.next);
            assert_eq!(reader.hearing, Hearing::Others);
            reader.next += 1;
            reader.tally.own += 1;
        }
    }

    fn gap(&self, session: u64, reader: &mut Reader, gap: Gap) {
        if std::mem::take(&mut reader.other_epoch) {
            assert_eq!(gap, Gap { first: 0, last: 0, missing: 0, reason: GapReason::AnotherEpoch });
            return;
        }
        self.pass_own(session, reader, gap.first);
        assert_eq!(gap.first, reader.next, "a gap begins where the member stands");
        let own = |at: u64| {
            reader.hearing == Hearing::Others
                && at >= reader.known_from
                && self.message(at).publisher == session
        };
        let missing = (gap.first..=gap.last).filter(|at| !own(*at)).count() as u64;
        assert_eq!(gap.missing, missing, "a gap counts what others published");
        let replays = std::mem::take(&mut reader.replays);
        assert_eq!(replays, gap.reason == GapReason::NotKept);
        match gap.reason {
            GapReason::TooOld => assert!(self.tick().since(self.message(gap.last).time) > self.rules.max_age),
            GapReason::Behind if self.rules.when_behind == WhenBehind::Block => {
                let skipped = std::mem::take(&mut reader.skipped.untold) || reader.skipped.over;
                assert!(skipped || self.sheds > 0 || reader.published, "a room that waits pushes nobody off");
            }
            GapReason::Behind | GapReason::NotKept => {}
            GapReason::AnotherEpoch => panic!("only once"),
        }
        reader.tally.missing += missing;
        reader.tally.own += gap.last + 1 - gap.first - missing;
        reader.next = gap.last + 1;
    }

    /// Ends a reading: the socket took `written` bytes of it, or all.
    pub fn advance(&mut self, session: u64, written: usize) {
        let Some(mut reader) = self.members.remove(&session) else { return };
        let written = written.min(reader.reading.bytes());
        let until = reader.reading.positions().end;
        let taken_all = written == reader.reading.bytes() && !reader.under_way.is_empty();
        let advanced = self.log.advance(Tick::new(self.now), &reader.member, &mut reader.reading, written);
        let (mut at, mut rest) = (0, None);
        for position in std::mem::take(&mut reader.under_way) {
            let len = self.message(position).len;
            if at + len > written {
                rest = (written > at).then(|| (position, written - at));
            }
            if at + len > written && rest.is_none() {
                break;
            }
            self.pass_own(session, &mut reader, position);
            reader.next = position + 1;
            reader.tally.received += 1;
            reader.skipped.over = false;
            at += len;
            if rest.is_some() {
                break;
            }
        }
        if taken_all {
            self.pass_own(session, &mut reader, until);
        }
        match (advanced.rest, rest) {
            (None, None) => {}
            (Some(bytes), Some((position, sent))) => {
                let len = self.message(position).len;
                assert!(
                    content(position, len).skip(sent).eq(bytes.iter().copied()),
                    "the rest completes the message"
                );
                assert!(
                    bytes.is_unique() || len > self.rules.bytes.min(512 << 10) / 32,
                    "the rest of a small message is a copy"
                );
            }
            (got, wanted) => panic!("rest {got:?}, wanted {wanted:?}"),
        }
        self.members.insert(session, reader);
        self.woken(advanced.wake);
        self.check();
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

    /// A publisher that was told to wait, and not woken, does so for a reason.
    pub fn retry(&mut self) {
        for (session, lens) in self.blocked.clone() {
            // What is too old goes when somebody looks, not by itself.
            if self.rules.max_age == 0 && self.blocked.contains_key(&session) {
                assert_eq!(self.publish(session, &lens), 0, "{session} ought to have been woken");
            }
        }
    }

    /// Everybody reads all there is.
    pub fn drain(&mut self) {
        let sessions: Vec<_> = self.members.keys().copied().collect();
        for session in sessions {
            self.advance(session, usize::MAX);
            while self.read(session, 4096) {
                self.advance(session, usize::MAX);
            }
        }
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
