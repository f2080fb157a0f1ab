//! Who stands where: how many members are behind a segment, or at the head, and how many of those no publisher waits for any more.
//!
//! A member that was skipped because publishers had waited for it long enough is *passed over*: until its socket takes a message again it is
//! pushed off like anybody in a `skip` room. Where it stands is counted twice, so that a publisher learns from two numbers whether anybody
//! holds the room.

use super::log::RoomLog;
use super::seat::Seat;

/// Members at one place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Crowd {
    all: usize,
    /// Of those, the ones that are passed over.
    passed_over: usize,
}

impl Crowd {
    pub(super) fn is_empty(self) -> bool {
        self.all == 0
    }

    /// Those that publishers of a `block` room wait for.
    pub(super) fn holders(self) -> usize {
        self.all - self.passed_over
    }

    pub(super) fn enter(&mut self, passed_over: bool) {
        self.all += 1;
        self.passed_over += usize::from(passed_over);
    }

    pub(super) fn go(&mut self, passed_over: bool) {
        self.all -= 1;
        self.passed_over -= usize::from(passed_over);
    }

    /// Others come, all at once.
    pub(super) fn receive(&mut self, others: Self) {
        self.all += others.all;
        self.passed_over += others.passed_over;
    }

    /// Nobody waits for any of these from now on.
    pub(super) fn pass_over(&mut self) {
        self.passed_over = self.all;
    }
}

impl Seat {
    /// Whether no publisher waits for it: it stood before the position up to which the log was skipped, and its socket took nothing since.
    pub(super) fn is_passed_over(&self, skipped_to: u64) -> bool {
        self.passed_over || (self.next < skipped_to && self.forgiven < skipped_to)
    }

    /// It reads: publishers wait for it again.
    pub(super) fn forgive(&mut self, skipped_to: u64) {
        (self.passed_over, self.forgiven) = (false, skipped_to);
    }
}

impl<W> RoomLog<W> {
    /// One more reads `next`: it stands behind the segment that holds it, or what comes next of what is held.
    pub(super) fn count(&mut self, next: u64) {
        let segment = self.find(next);
        self.stand_behind(segment, false);
    }

    /// The contrary of [`RoomLog::count`].
    pub(super) fn uncount(&mut self, next: u64, passed_over: bool) {
        let segment = self.find(next);
        self.go_from(segment, passed_over);
    }

    /// A member's cursor moves to `next`; with `reads` because its socket took something.
    pub(super) fn move_to(&mut self, key: usize, next: u64, reads: bool) {
        let seat = &mut self.seats[key];
        let was_passed_over = seat.is_passed_over(self.skipped_to);
        let was = std::mem::replace(&mut seat.next, next);
        if reads {
            seat.forgive(self.skipped_to);
        }
        let passed_over = was_passed_over && !reads;
        // Who still stands behind the same segment has freed nothing. Laggards whose sockets take nothing would otherwise wake each other as
        // publishers, for ever.
        let (left, entered) = (self.find(was), self.find(next));
        if left != entered || passed_over != was_passed_over {
            self.go_from(left, was_passed_over);
            self.stand_behind(entered, passed_over);
        }
    }

    fn stand_behind(&mut self, segment: Option<usize>, passed_over: bool) {
        match segment {
            Some(at) => self.segments[at].behind.enter(passed_over),
            None => self.at_head.enter(passed_over),
        }
    }

    fn go_from(&mut self, segment: Option<usize>, passed_over: bool) {
        let Some(at) = segment else { return self.at_head.go(passed_over) };
        self.segments[at].behind.go(passed_over);
        // A publisher does not wait for itself: one that is left may be the one.
        self.freed |= at == 0 && !passed_over && self.segments[at].behind.holders() <= 1;
    }
}
