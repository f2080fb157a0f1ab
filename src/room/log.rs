//! The log itself: its state, who joins and leaves, and what can be seen of it. Appending, delivery and retention have files of their own.

use std::collections::{HashMap, VecDeque};

use super::crowd::Crowd;
use super::rules::RoomRules;
use super::seat::{Account, Hearing, Lag, Member, Seat, Start};
use super::segment::Segment;
use super::waiting::Waiting;
use crate::pages::Pages;
use crate::peer::SessionId;
use crate::tick::Tick;

/// A room's bounded log, its members' cursors, and who waits. `W` wakes a session; the log only keeps it.
///
/// Moments that are handed in may stand still, and are taken as standing still where they go back.
#[derive(Debug)]
pub struct RoomLog<W> {
    // Given.
    pub(super) rules: RoomRules,
    epoch: u64,
    // What is held.
    pub(super) segments: VecDeque<Segment>,
    /// Position of the newest message ever published; 0 before the first.
    pub(super) newest: u64,
    /// The first position that is delivered; it lies in the front segment, or is the next to be published.
    pub(super) floor: u64,
    /// The run of the front segment in which the floor lies.
    pub(super) floor_run: usize,
    /// Bytes published so far.
    pub(super) published_bytes: u64,
    /// Bytes that the segments are charged for.
    pub(super) charge: usize,
    /// Positions before this were given up because of a bound while somebody had not read them.
    pub(super) pushed_off: u64,
    /// Positions before this were given up because publishers had waited long enough: who stood there is passed over.
    pub(super) skipped_to: u64,
    /// What the next segment allocates, and when the last was opened: it grows while segments fill within a second.
    pub(super) buffer: usize,
    pub(super) opened: Tick,
    // Who reads.
    pub(super) seats: Pages<Seat>,
    pub(super) by_session: HashMap<SessionId, usize>,
    /// Members that hear and have nothing to read: they are behind no segment.
    pub(super) at_head: Crowd,
    pub(super) readers: Waiting<W>,
    // Who cannot publish.
    pub(super) publishers: Waiting<W>,
    /// Since when publishers have been waiting for the front segment.
    pub(super) full_since: Option<Tick>,
    /// Whether a waiting publisher may find room now.
    pub(super) freed: bool,
    // Time and work.
    pub(super) now: Tick,
    emptied: Tick,
    pub(super) steps: u64,
}

/// Why a session did not become a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSeated {
    /// The room has `members` of them.
    RoomFull,
    /// It is one already.
    AlreadyIn,
}

/// What a member leaves behind.
#[derive(Debug)]
pub struct Left<W> {
    /// What became of the messages published since it joined; `unread` is what it will not get.
    pub account: Account,
    /// Of what is unread, what it was owed: its own that it does not want are not.
    pub owed: u64,
    /// Publishers that may find room now.
    pub wake: Vec<W>,
}

impl<W> RoomLog<W> {
    /// An empty log, which begins a life of the room. `epoch` is not 0, and was never that of another life.
    pub fn new(rules: RoomRules, epoch: u64, now: Tick) -> Self {
        Self {
            rules,
            epoch,
            segments: VecDeque::new(),
            newest: 0,
            floor: 1,
            floor_run: 0,
            published_bytes: 0,
            charge: 0,
            pushed_off: 0,
            skipped_to: 0,
            buffer: 0,
            opened: now,
            seats: Pages::default(),
            by_session: HashMap::new(),
            at_head: Crowd::default(),
            readers: Waiting::default(),
            publishers: Waiting::default(),
            full_since: None,
            freed: false,
            now,
            emptied: now,
            steps: 0,
        }
    }

    /// Gives `session` a seat.
    pub fn join(
        &mut self,
        now: Tick,
        session: SessionId,
        hearing: Hearing,
        start: Start,
    ) -> Result<Member, NotSeated> {
        self.pass(now);
        if self.by_session.contains_key(&session) {
            return Err(NotSeated::AlreadyIn);
        }
        if self.seats.len() >= self.rules.members {
            return Err(NotSeated::RoomFull);
        }
        let (next, other_epoch) = match start {
            Start::Newest => (self.newest + 1, false),
            Start::Oldest => (self.floor, false),
            Start::After { epoch, position } if epoch == self.epoch => (position.min(self.newest) + 1, false),
            Start::After { .. } => (self.newest + 1, true),
        };
        let (replays, last_own) = (next < self.floor, self.newest);
        let seat = Seat {
            last_own,
            // What it published before it came back under its number is its own still.
            counted_from: self.newest + 1,
            replays,
            other_epoch,
            ..Seat::new(session, hearing, next, self.skipped_to)
        };
        let key = self.seats.insert(seat);
        self.by_session.insert(session, key);
        if hearing != Hearing::Nothing {
            self.count(next);
        }
        Ok(Member(key))
    }

    /// Takes the seat back. A reading that is under way is to be settled first, or what of it was its own is taken as owed.
    #[expect(clippy::needless_pass_by_value, reason = "nobody is to use a seat that was given up")]
    pub fn leave(&mut self, now: Tick, member: Member) -> Left<W> {
        self.pass(now);
        let Member(key) = member;
        let Some(seat) = self.seats.remove(key) else {
            return Left { account: Account::default(), owed: 0, wake: Vec::new() };
        };
        self.by_session.remove(&seat.session);
        let own_unread = self.own_unread(&seat);
        self.readers.remove(key);
        self.publishers.remove(key);
        if seat.hears() {
            self.uncount(seat.next, seat.is_passed_over(self.skipped_to));
        }
        if self.seats.is_empty() {
            self.emptied = self.now;
        }
        self.reclaim();
        let account = seat.account(self.newest);
        let owed = if seat.hears() { account.unread - own_unread } else { 0 };
        Left { account, owed, wake: self.freed() }
    }

    /// Changes what a member wants, from its cursor on. One that heard nothing begins with what is published from now on, and with a
    /// new account. Says which publishers may find room now.
    #[must_use]
    pub fn hear(&mut self, member: &Member, hearing: Hearing) -> Vec<W> {
        let next = self.newest + 1;
        let seat = &mut self.seats[member.0];
        let (did, does) = (seat.hears(), hearing != Hearing::Nothing);
        let (was, passed_over) = (seat.next, seat.is_passed_over(self.skipped_to));
        if did == does {
            seat.hearing = hearing;
            seat.count_own_from(next);
        } else {
            *seat = Seat::new(seat.session, hearing, next, self.skipped_to);
        }
        match (did, does) {
            (false, true) => self.count(next),
            (true, false) => {
                self.readers.remove(member.0);
                self.uncount(was, passed_over);
                self.reclaim();
            }
            _ => {}
        }
        self.freed()
    }

    /// The number of this life of the room.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The position of the newest message; 0 before the first.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// The first position that is still held; `newest + 1` if none is.
    pub fn oldest(&self) -> u64 {
        self.floor
    }

    /// Members, those included that only publish.
    pub fn members(&self) -> usize {
        self.seats.len()
    }

    /// Whether this session is a member.
    pub fn has(&self, session: SessionId) -> bool {
        self.by_session.contains_key(&session)
    }

    /// All members' sessions, by their seats.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.seats.iter().map(|(_, seat)| seat.session)
    }

    /// Bytes that the log is charged for: its allocations, filled or not, and its index.
    pub fn bytes(&self) -> usize {
        self.charge
    }

    /// Messages held, those of partly read segments included.
    pub fn messages(&self) -> u64 {
        self.segments.front().map_or(0, |front| self.newest + 1 - front.first)
    }

    /// Segments held.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// How long the oldest message that somebody has not read has waited, in ticks. What a process that is short of memory goes by.
    pub fn longest_lag(&self, now: Tick) -> u32 {
        let front = self.segments.front().filter(|front| !front.behind.is_empty());
        front.map_or(0, |front| now.since(front.runs[self.floor_run].time))
    }

    /// What became of the messages published since this member joined.
    pub fn account(&self, member: &Member) -> Account {
        self.seats[member.0].account(self.newest)
    }

    /// How far each member is behind, in no order; for people to look at, since it visits them all.
    pub fn lags(&self, now: Tick) -> impl Iterator<Item = Lag> {
        self.seats.iter().filter(|(_, seat)| seat.hears()).map(move |(_, seat)| self.lag(seat, now))
    }

    /// Whether nobody has been here for `linger`: then the log may be dropped, and the room's next life needs another epoch.
    pub fn is_over(&self, now: Tick) -> bool {
        self.seats.is_empty() && now >= self.emptied.after(self.rules.linger)
    }

    /// How many seats, segments and runs were looked at so far: the work done, which tests hold to be constant a member.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether messages that everybody has read are kept until this segment is older.
    pub(super) fn keeps(&self, segment: &Segment) -> bool {
        let newest = segment.runs.last().map_or(Tick::ZERO, |run| run.time);
        (self.rules.history > 0 && self.now < newest.after(self.rules.history))
            || (self.seats.is_empty() && !self.is_over(self.now))
    }

    /// Of what this member has not read, its own that it does not want.
    fn own_unread(&mut self, seat: &Seat) -> u64 {
        let before = seat.lost_own - seat.lost_counted;
        let replayed = match seat.hearing {
            Hearing::Others if seat.next < seat.counted_from => {
                self.held_of(seat.session, seat.next..seat.counted_from)
            }
            _ => 0,
        };
        seat.own_ahead + before + replayed
    }

    /// The segment of what a member that reads `next` gets next.
    pub(super) fn find(&mut self, next: u64) -> Option<usize> {
        let next = next.max(self.floor);
        let last = self.segments.len().checked_sub(1).filter(|_| next <= self.newest)?;
        self.steps += 1;
        if self.segments[last].first <= next {
            return Some(last);
        }
        self.steps += u64::from(self.segments.len().ilog2());
        Some(self.segments.partition_point(|segment| segment.end() <= next))
    }

    fn lag(&self, seat: &Seat, now: Tick) -> Lag {
        let next = seat.next.max(self.floor);
        let at = self.segments.partition_point(|segment| segment.end() <= next);
        let held = self.segments.get(at).map(|segment| {
            let index = segment.index(next);
            let bytes = self.published_bytes - segment.base - segment.offset(index) as u64;
            (bytes, now.duration_since(segment.runs[segment.run_at(index)].time))
        });
        let (bytes, age) = held.unwrap_or_default();
        Lag { session: seat.session, messages: self.newest + 1 - seat.next, bytes, age }
    }
}
