//! Sessions that ended lately. A ticket cannot say how long its session will stand: that one ended, and when, is kept here, for as long as
//! its ticket brings it back. Knows neither tickets nor clocks.
//!
//! Invariants:
//! 1. At most `most` sessions, each once; the one that ended first makes room.
//! 2. A call does work for a few of them, however many are too old.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::peer::SessionId;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// It may come back, as it has so often.
    Left(u32),
    /// An operator ended it: its number is not given again.
    Kicked,
}

/// Sessions that ended lately.
#[derive(Debug)]
pub(super) struct Departures {
    keep_for: Duration,
    most: usize,
    when: HashMap<SessionId, Instant>,
    in_order: BTreeMap<(Instant, SessionId), Departure>,
}

impl Departures {
    /// None yet; so many are kept for so long.
    pub(super) fn new(keep_for: Duration, most: usize) -> Self {
        Self { keep_for, most, when: HashMap::new(), in_order: BTreeMap::new() }
    }

    /// A session ended.
    pub(super) fn note(&mut self, now: Instant, session: SessionId, departure: Departure) {
        self.forget(session);
        self.when.insert(session, now);
        self.in_order.insert((now, session), departure);
        // Two for the one that came: so they become fewer, and a crowd that left at once is not cleared away at once.
        for _ in 0..2 {
            self.drop_one(now);
        }
    }

    /// How this session ended, unless that is too long ago.
    pub(super) fn get(&self, now: Instant, session: SessionId) -> Option<Departure> {
        let when = *self.when.get(&session)?;
        if self.is_over(now, when) {
            return None;
        }
        self.in_order.get(&(when, session)).copied()
    }

    /// One that is kept was kicked after all.
    pub(super) fn bar(&mut self, session: SessionId) {
        if let Some(when) = self.when.get(&session) {
            self.in_order.insert((*when, session), Departure::Kicked);
        }
    }

    /// The session is back.
    pub(super) fn forget(&mut self, session: SessionId) {
        if let Some(when) = self.when.remove(&session) {
            self.in_order.remove(&(when, session));
        }
    }

    /// Drops the one that ended first, if that is too long ago or there are too many.
    fn drop_one(&mut self, now: Instant) {
        let Some((&(when, session), _)) = self.in_order.first_key_value() else { return };
        if self.in_order.len() > self.most || self.is_over(now, when) {
            self.forget(session);
        }
    }

    fn is_over(&self, now: Instant, when: Instant) -> bool {
        now.saturating_duration_since(when) > self.keep_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const ADA: SessionId = SessionId(1);
    const BOB: SessionId = SessionId(2);

    /// How many are kept; both ways to them agree on it.
    fn kept(departures: &Departures) -> usize {
        assert_eq!(departures.when.len(), departures.in_order.len());
        departures.in_order.len()
    }

    #[test]
    fn one_is_kept_for_its_time_after_its_end() {
        let mut departures = Departures::new(MINUTE, 10);
        let start = Instant::now();
        departures.note(start, ADA, Departure::Left(3));
        departures.note(start, BOB, Departure::Kicked);
        let late = start + MINUTE;
        assert_eq!(departures.get(late, ADA), Some(Departure::Left(3)));
        assert_eq!(departures.get(late, BOB), Some(Departure::Kicked));
        assert_eq!(departures.get(late, SessionId(3)), None);
        let too_late = late + Duration::from_nanos(1);
        assert_eq!([ADA, BOB].map(|session| departures.get(too_late, session)), [None; 2]);
    }

    #[test]
    fn who_is_back_is_forgotten_and_its_next_end_counts() {
        let mut departures = Departures::new(MINUTE, 10);
        let start = Instant::now();
        departures.note(start, ADA, Departure::Left(0));
        departures.forget(ADA);
        assert_eq!((departures.get(start, ADA), kept(&departures)), (None, 0));
        let later = start + MINUTE;
        departures.note(later, ADA, Departure::Left(1));
        assert_eq!(departures.get(later + MINUTE, ADA), Some(Departure::Left(1)));
    }

    #[test]
    fn the_first_makes_room() {
        let mut departures = Departures::new(MINUTE, 10);
        let now = Instant::now();
        for session in 0..1_000 {
            departures.note(now, SessionId(session), Departure::Left(0));
            assert!(kept(&departures) <= 10);
        }
        for session in 0..1_000 {
            let is_kept = departures.get(now, SessionId(session)).is_some();
            assert_eq!(is_kept, session >= 990, "{session}");
        }
    }

    #[test]
    fn a_crowd_that_is_too_old_goes_with_half_as_many_that_follow() {
        let mut departures = Departures::new(MINUTE, 1_000);
        let start = Instant::now();
        for session in 0..1_000 {
            departures.note(start, SessionId(session), Departure::Left(0));
        }
        let later = start + 2 * MINUTE;
        for session in 1_000..2_000 {
            let before = kept(&departures);
            departures.note(later, SessionId(session), Departure::Left(0));
            assert!(before <= kept(&departures) + 1, "two are dropped for one that comes");
        }
        assert_eq!(kept(&departures), 1_000);
        assert!((1_000..2_000).all(|session| departures.get(later, SessionId(session)).is_some()));
    }
}
