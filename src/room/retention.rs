//! Retention: which segments go, and when. What everybody has read goes at once unless `history` or `linger` keeps it, what is too old
//! goes unread, and what a bound pushes off is remembered as such.

use super::log::RoomLog;
use super::seat::Hearing;
use crate::peer::SessionId;
use crate::tick::Tick;

/// A room that nobody has written to for this many ticks gives back its last segment too, once that was read.
const IDLE: u32 = 20;

impl<W> RoomLog<W> {
    /// What only time brings about: to be called about once a second for each room, used or not. Says which publishers may find room now.
    #[must_use]
    pub fn tend(&mut self, now: Tick) -> Vec<W> {
        self.pass(now);
        self.reclaim();
        while self.segments.front().is_some_and(|front| {
            let newest = front.runs.last().map_or(Tick::ZERO, |run| run.time);
            front.behind.is_empty() && !self.keeps(front) && self.now >= newest.after(IDLE)
        }) {
            self.drop_front();
        }
        self.freed()
    }

    /// Gives up the oldest segment, read or not, for a process that is short of memory. Says who may publish now. What
    /// it freed shows in [`RoomLog::bytes`].
    #[must_use]
    pub fn shed(&mut self, now: Tick) -> Vec<W> {
        self.pass(now);
        self.push_off();
        self.freed()
    }

    /// Gives up the front segment for those who hold a `block` room for too long: whoever is further misses nothing. Those who stood
    /// behind it are passed over until they read: no publisher waits for them. Says who may publish now.
    #[must_use]
    pub fn skip(&mut self, now: Tick) -> Vec<W> {
        self.pass(now);
        if let Some(front) = self.segments.front_mut() {
            front.behind.pass_over();
            self.push_off();
            self.skipped_to = self.floor;
        }
        self.freed()
    }

    /// Time goes on: what is too old is held no longer.
    pub(super) fn pass(&mut self, now: Tick) {
        self.now = self.now.max(now);
        if self.rules.max_age == 0 {
            return;
        }
        while let Some(front) = self.segments.front() {
            let Some(run) = front.runs.get(self.floor_run).copied() else { return };
            if self.now.since(run.time) <= self.rules.max_age {
                return;
            }
            let end = front.first + u64::from(run.end);
            let (last, unread) = (self.floor_run + 1 == front.runs.len(), !front.behind.is_empty());
            self.steps += 1;
            if last {
                self.drop_front();
            } else {
                if unread {
                    self.lose(run.publisher, self.floor..end);
                }
                self.floor = end;
                self.floor_run += 1;
            }
        }
    }

    /// What everybody has read goes, but the last segment: it is being written to.
    pub(super) fn reclaim(&mut self) {
        while self.segments.len() > 1
            && self.segments.front().is_some_and(|front| front.behind.is_empty() && !self.keeps(front))
        {
            self.drop_front();
        }
    }

    /// Gives the front segment up for the sake of a bound.
    pub(super) fn push_off(&mut self) {
        if let Some(front) = self.segments.front().filter(|front| !front.behind.is_empty()) {
            self.pushed_off = front.end();
        }
        self.drop_front();
    }

    /// Gives the front segment up. Those who stand behind it stand behind the next one from here on, with a gap before them.
    pub(super) fn drop_front(&mut self) {
        let Some(front) = self.segments.pop_front() else { return };
        self.steps += 1;
        self.charge -= front.charge;
        self.freed = true;
        if !front.behind.is_empty() {
            for run in &front.runs[self.floor_run..] {
                let end = front.first + u64::from(run.end);
                self.lose(run.publisher, self.floor..end);
                self.floor = end;
            }
        }
        self.floor = front.end();
        self.floor_run = 0;
        match self.segments.front_mut() {
            Some(next) => next.behind.receive(front.behind),
            None => self.at_head.receive(front.behind),
        }
    }

    /// The messages of `range` are held no longer. Those that their publisher has yet to pass are not missing to it, unless it wants them.
    fn lose(&mut self, publisher: SessionId, range: std::ops::Range<u64>) {
        self.steps += 1;
        let seat = self.by_session.get(&publisher).map(|key| &mut self.seats[*key]);
        if let Some(seat) = seat.filter(|seat| seat.hearing == Hearing::Others) {
            let start = range.start.max(seat.next).max(seat.taken);
            let lost = |from: u64| range.end.saturating_sub(from);
            seat.lose_own(lost(start), lost(start.max(seat.counted_from)));
        }
    }

    /// The publishers that wait, if one of them may find room.
    pub(super) fn freed(&mut self) -> Vec<W> {
        if !std::mem::take(&mut self.freed) {
            return Vec::new();
        }
        self.full_since = None;
        if self.publishers.is_empty() { Vec::new() } else { self.publishers.take() }
    }
}
