//! Appending: one publisher's run of messages goes into the log, and all who wait are to be woken.

use super::crowd::Crowd;
use super::log::RoomLog;
use super::seat::{Hearing, Member, Seat};
use super::segment::{Chunk, Segment};
use crate::peer::SessionId;
use crate::settings::WhenBehind;
use crate::tick::Tick;

/// What the first segment of a quiet room allocates, in bytes.
const FIRST_BUFFER: usize = 1 << 10;

/// A segment that fills within this many ticks is followed by a longer one.
const SECOND: u32 = 20;

/// Messages of one publisher, encoded one behind the other as members are to get them.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// All of their bytes.
    pub bytes: &'a [u8],
    /// Where each message ends, in bytes from the run's beginning. Rising; the last is the length of `bytes`.
    pub ends: &'a [u32],
}

/// What became of a run.
#[derive(Debug)]
#[must_use]
pub enum Append<W> {
    /// It is in the log.
    Taken {
        /// The position of its first message; the others follow.
        first: u64,
        /// How many of its messages. Fewer than it has only where the log is too small to hold the run beside its own beginning:
        /// the rest is to be offered again once readers had their turn.
        messages: usize,
        /// Who waited for it; and publishers that may find room now.
        wake: Vec<W>,
        /// Members who had not read what had to make room, where the rule is `disconnect`.
        laggards: Vec<SessionId>,
    },
    /// There is no room, nothing was appended, and the publisher is registered. It is to offer the run again when it is woken, and
    /// at that moment.
    Full {
        /// When the laggards will be named.
        until: Tick,
        /// Other publishers that may find room now: less may do for them.
        wake: Vec<W>,
    },
    /// As `Full`, but the time is over: these hold the room. They are to be ended, or skipped by [`RoomLog::skip`].
    Overdue {
        /// Members who have not read what has to make room.
        laggards: Vec<SessionId>,
        /// As in `Full`.
        wake: Vec<W>,
    },
}

impl<W> RoomLog<W> {
    /// Puts a run at the end of the log, for the member who published it. `waker` is asked for only if the publisher has to wait.
    pub fn append(
        &mut self,
        now: Tick,
        member: &Member,
        run: Run<'_>,
        waker: impl FnOnce() -> W,
    ) -> Append<W> {
        debug_assert_eq!(
            run.ends.last().map_or(0, |end| *end as usize),
            run.bytes.len(),
            "the last end is the run's length"
        );
        self.pass(now);
        let first = self.newest + 1;
        let mut laggards = Vec::new();
        let mut messages = 0;
        while messages < run.ends.len() {
            let from = messages.checked_sub(1).map_or(0, |last| run.ends[last]);
            let Some(chunk) = self.next_chunk(from, &run.ends[messages..]) else { break };
            if self.fits(&chunk) {
                self.place(member, &run, messages, from, &chunk);
                messages += chunk.messages;
            } else if !self.give_way(member, first, &mut laggards) {
                break;
            }
        }
        if messages == 0 && !run.ends.is_empty() {
            return self.refuse(member, waker);
        }
        self.full_since = None;
        self.publishers.remove(member.0);
        let wake = if messages > 0 { self.wake_readers(member) } else { Vec::new() };
        Append::Taken { first, messages, wake, laggards }
    }

    /// What of the rest of a run goes in next, and where.
    fn next_chunk(&mut self, from: u32, ends: &[u32]) -> Option<Chunk> {
        self.steps += 1;
        let last = self.segments.back().and_then(|last| last.chunk(&self.rules, from, ends));
        if last.is_some() {
            return last;
        }
        let mut buffer = self.next_buffer();
        let mut chunk = Chunk::opening(&self.rules, from, ends, buffer)?;
        // Rather a short segment than a publisher that waits.
        while self.rules.when_behind == WhenBehind::Block
            && self.segments.front().is_some_and(|front| front.behind.holders() > 0)
            && buffer > 0
            && !self.fits(&chunk)
            && chunk.may_shrink()
        {
            buffer /= 2;
            chunk = Chunk::opening(&self.rules, from, ends, buffer)?;
        }
        Some(chunk)
    }

    /// A log that holds nothing takes any one message, else that would never go.
    fn fits(&self, chunk: &Chunk) -> bool {
        self.segments.is_empty()
            || (self.charge + chunk.charge() <= self.rules.bytes
                && self.messages() + chunk.messages as u64 <= self.rules.messages as u64)
    }

    fn place(&mut self, member: &Member, run: &Run<'_>, messages: usize, from: u32, chunk: &Chunk) {
        if let Some(buffer) = chunk.opens {
            self.buffer = self.next_buffer();
            self.opened = self.now;
            self.segments.push_back(Segment::new(self.newest + 1, self.published_bytes, buffer));
        }
        let Some(segment) = self.segments.back_mut() else { return };
        let seat = &mut self.seats[member.0];
        // A publisher that has read all, and does not want its own, has read this too.
        let follows = seat.hearing == Hearing::Others && seat.next == self.newest + 1;
        let mut stays = Crowd::default();
        if follows {
            let passed_over = seat.is_passed_over(self.skipped_to);
            self.at_head.go(passed_over);
            stays.enter(passed_over);
        }
        segment.behind.receive(std::mem::replace(&mut self.at_head, stays));

        let ends = run.ends[messages..messages + chunk.messages].iter().map(|end| end - from);
        let bytes = &run.bytes[from as usize..from as usize + chunk.bytes];
        let before = segment.charge;
        segment.append(self.now, seat.session, chunk, bytes, ends);
        self.charge += segment.charge - before;
        self.newest = segment.end() - 1;
        self.published_bytes += chunk.bytes as u64;
        seat.last_own = self.newest;
        if follows {
            seat.next = self.newest + 1;
            seat.taken = seat.next;
            seat.own += chunk.messages as u64;
        } else if seat.hearing == Hearing::Others {
            seat.own_ahead += chunk.messages as u64;
        }
    }

    /// Gives up the front segment, if the rules allow it. A run that began at `first` does not push itself off.
    fn give_way(&mut self, member: &Member, first: u64, laggards: &mut Vec<SessionId>) -> bool {
        let Some(front) = self.segments.front() else { return false };
        if front.behind.is_empty() {
            self.drop_front();
            return true;
        }
        if front.end() > first {
            return false;
        }
        match self.rules.when_behind {
            WhenBehind::Block if self.is_held_but_by(member) => return false,
            WhenBehind::Disconnect => laggards.extend(self.laggards(None)),
            WhenBehind::Block | WhenBehind::Skip => {}
        }
        self.push_off();
        true
    }

    /// Whether others than this member hold the front segment.
    fn is_held_but_by(&self, member: &Member) -> bool {
        self.segments.front().is_some_and(|front| {
            front.behind.holders() > usize::from(self.holds(&self.seats[member.0], front))
        })
    }

    /// Whether publishers wait for this member to read this segment, which is the front one.
    fn holds(&self, seat: &Seat, front: &Segment) -> bool {
        seat.hears() && seat.next < front.end() && !seat.is_passed_over(self.skipped_to)
    }

    /// Who holds the front segment. It visits all members: once a segment that somebody is pushed off from, or a `block_for`.
    fn laggards(&mut self, but: Option<&Member>) -> Vec<SessionId> {
        self.steps += self.seats.len() as u64;
        let Some(front) = self.segments.front() else { return Vec::new() };
        let holders = self
            .seats
            .iter()
            .filter(|(key, seat)| self.holds(seat, front) && but.is_none_or(|member| member.0 != *key));
        holders.map(|(_, seat)| seat.session).collect()
    }

    fn refuse(&mut self, member: &Member, waker: impl FnOnce() -> W) -> Append<W> {
        let wake = self.freed();
        self.publishers.put(member.0, waker());
        let until = self.full_since.get_or_insert(self.now).after(self.rules.block_for);
        if self.now < until {
            Append::Full { until, wake }
        } else {
            Append::Overdue { laggards: self.laggards(Some(member)), wake }
        }
    }

    /// Who waits, but the publisher itself if what it published is not for it.
    fn wake_readers(&mut self, publisher: &Member) -> Vec<W> {
        let itself =
            if self.seats[publisher.0].next > self.newest { self.readers.remove(publisher.0) } else { None };
        let mut wake = self.readers.take();
        if let Some(waker) = itself {
            self.readers.put(publisher.0, waker);
        }
        wake.extend(self.freed());
        wake
    }

    /// What the next segment allocates for small messages: about what the room says in a second.
    fn next_buffer(&self) -> usize {
        let longest = self.rules.segment_bytes();
        let fills = self.now.since(self.opened) < SECOND;
        let wanted = if fills { self.buffer.saturating_mul(2) } else { self.buffer / 2 };
        wanted.clamp(FIRST_BUFFER.min(longest), longest)
    }
}
