//! Delivery: a member is lent what lies past its cursor, writes it without the lock, and then says how far that came.

use bytes::Bytes;

use super::gap::Gap;
use super::log::RoomLog;
use super::reading::Reading;
use super::seat::Member;
use crate::peer::SessionId;
use crate::reason::GapReason;
use crate::tick::Tick;

/// Whether there is something to read.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Read<W> {
    /// The reading holds a gap, messages or both, and is to be settled by [`RoomLog::advance`]. There may be more.
    Ready,
    /// There is nothing, and the member is registered: an append takes its waker out.
    Waiting {
        /// Publishers that may find room now, since the member passed over its own.
        wake: Vec<W>,
    },
}

/// What follows from a write.
#[derive(Debug)]
#[must_use]
pub struct Advanced<W> {
    /// What the socket did not take of the message that it took the beginning of. It is the member's to send before anything else; the
    /// log counts the message as received.
    pub rest: Option<Bytes>,
    /// Messages that the socket took, or took the beginning of.
    pub messages: u64,
    /// Publishers that may find room now.
    pub wake: Vec<W>,
}

impl<W> RoomLog<W> {
    /// Lends `member` what it has not read: messages of at most `quantum` bytes, but at least one, and a gap before them if it missed
    /// something. The cursor stays until [`RoomLog::advance`]; a gap is announced by this call. `waker` is asked for only if there is nothing.
    pub fn read(
        &mut self,
        now: Tick,
        member: &Member,
        quantum: usize,
        reading: &mut Reading,
        waker: impl FnOnce() -> W,
    ) -> Read<W> {
        self.pass(now);
        let key = member.0;
        let seat = &mut self.seats[key];
        seat.taken = seat.next;
        reading.begin(seat.next, self.rules.small());
        if seat.hears() && self.announce(key, reading) {
            self.collect(key, quantum, reading);
        }
        if reading.is_empty() && reading.gap().is_none() {
            if self.seats[key].hears() {
                self.readers.put(key, waker());
            }
            return Read::Waiting { wake: self.freed() };
        }
        Read::Ready
    }

    /// The socket took the first `written` bytes of the reading, which is empty afterwards.
    pub fn advance(
        &mut self,
        now: Tick,
        member: &Member,
        reading: &mut Reading,
        written: usize,
    ) -> Advanced<W> {
        self.pass(now);
        let seat = &mut self.seats[member.0];
        debug_assert!(reading.from == seat.next || reading.is_empty(), "the reading is this member's last");
        if reading.is_empty() || reading.from != seat.next {
            reading.end();
            return Advanced { rest: None, messages: 0, wake: self.freed() };
        }
        let settled = reading.settle(written);
        seat.received += settled.messages;
        let counted_from = seat.counted_from;
        let own = settled.next - seat.next - settled.messages;
        let counted =
            if counted_from <= seat.next { own } else { reading.left_out(counted_from, settled.next) };
        seat.pass_own(own, counted);
        // What was given up during the write of the member's own, and it has not passed after all, was not counted then.
        let lost_until = self.floor.min(seat.taken);
        let lost = |from: u64| reading.left_out(from, lost_until);
        seat.lose_own(lost(settled.next), lost(settled.next.max(counted_from)));
        seat.taken = settled.next;
        reading.end();
        self.move_to(member.0, settled.next, settled.messages > 0);
        self.reclaim();
        Advanced { rest: settled.rest, messages: settled.messages, wake: self.freed() }
    }

    /// Puts a gap at the beginning of the reading if the member missed something. `false` if nothing may follow in this reading.
    fn announce(&mut self, key: usize, reading: &mut Reading) -> bool {
        let (floor, pushed_off, skipped_to) = (self.floor, self.pushed_off, self.skipped_to);
        let seat = &mut self.seats[key];
        let replays = std::mem::take(&mut seat.replays);
        if std::mem::take(&mut seat.other_epoch) {
            reading.announce(Gap { first: 0, last: 0, missing: 0, reason: GapReason::AnotherEpoch });
            return seat.next >= floor;
        }
        if seat.next < floor {
            let own = std::mem::take(&mut seat.lost_own);
            let counted = std::mem::take(&mut seat.lost_counted);
            let missing = floor - seat.next - own;
            let reason = match seat.next {
                _ if replays => GapReason::NotKept,
                next if next < pushed_off => GapReason::Behind,
                _ => GapReason::TooOld,
            };
            if missing > 0 {
                reading.announce(Gap { first: seat.next, last: floor - 1, missing, reason });
            }
            seat.missing += missing;
            seat.pass_own(own, counted);
            // To be told is not to read: its place no longer shows that it was passed over.
            seat.passed_over = seat.is_passed_over(skipped_to);
            // It stands behind the same segment as before: what is held before the floor is nothing.
            seat.next = floor;
            seat.taken = floor;
            reading.from = floor;
            reading.until = floor;
        }
        true
    }

    fn collect(&mut self, key: usize, quantum: usize, reading: &mut Reading) {
        let seat = &self.seats[key];
        let mut at = seat.next;
        let mut segment = self.find(at);
        while let Some(index) = segment.filter(|index| *index < self.segments.len()) {
            let without = self.seats[key].leaves_out(at);
            let held = &mut self.segments[index];
            held.freeze();
            let (range, looked) = held.stretch(held.index(at), without);
            self.steps += looked as u64;
            let end = range.end;
            let stopped = held.lend(range, reading.left(quantum), reading);
            at = held.first + stopped as u64;
            if stopped < end {
                break;
            }
            if stopped == held.len() {
                segment = Some(index + 1);
            }
        }
        reading.until = at;
        let seat = &mut self.seats[key];
        seat.taken = at;
        if reading.is_empty() && at > seat.next {
            // Nothing but its own: there is no write to wait for.
            seat.pass_own(at - seat.next, at.saturating_sub(seat.next.max(seat.counted_from)));
            self.move_to(key, at, false);
            reading.from = at;
            self.reclaim();
        }
    }

    /// How many of the messages held in `range` are of this session. It looks at each of their runs.
    pub(super) fn held_of(&mut self, session: SessionId, range: std::ops::Range<u64>) -> u64 {
        let from = range.start.max(self.floor);
        let Some(at) = self.find(from).filter(|_| from < range.end) else { return 0 };
        let mut of_it = 0;
        for segment in self.segments.range(at..).take_while(|segment| segment.first < range.end) {
            let mut first = segment.first;
            for run in &segment.runs {
                let end = segment.first + u64::from(run.end);
                if run.publisher == session {
                    of_it += end.min(range.end).saturating_sub(first.max(from));
                }
                first = end;
            }
            self.steps += segment.runs.len() as u64;
        }
        of_it
    }
}
