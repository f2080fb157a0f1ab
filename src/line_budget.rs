//! A budget of log lines: so many in an interval, then one more that says how many were held back.
//!
//! Pure: the caller passes the time. Any thread may ask; an exhausted budget costs two relaxed atomics and no lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Lines that one kind of event may write.
#[derive(Debug)]
pub struct LineBudget {
    lines: u64,
    interval_nanos: u64,
    start: Instant,
    /// The interval in the upper half, lines already written in it in the lower: they change together.
    spent: AtomicU64,
    suppressed: AtomicU64,
}

/// Leave to write one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Lines held back since the last one that was written; to be said in this one when not 0.
    pub suppressed: u64,
}

impl LineBudget {
    /// `lines` in each `interval`, counted from `now`. An interval of zero holds nothing back.
    pub fn new(lines: u32, interval: Duration, now: Instant) -> Self {
        let interval_nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        Self {
            lines: lines.into(),
            interval_nanos,
            start: now,
            spent: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Leave to write a line, or a note that one was held back.
    pub fn allow(&self, now: Instant) -> Option<Allowed> {
        if self.take(self.interval_at(now)) {
            return Some(Allowed { suppressed: self.suppressed.swap(0, Relaxed) });
        }
        self.suppressed.fetch_add(1, Relaxed);
        None
    }

    /// Held back and not said in a line yet.
    pub fn suppressed(&self) -> u64 {
        self.suppressed.load(Relaxed)
    }

    fn take(&self, interval: u64) -> bool {
        let spend = |spent: u64| {
            let (last, lines) = (spent >> 32, spent & u64::from(u32::MAX));
            match lines {
                // A thread whose clock reading is older than the newest interval spends from the newest.
                lines if interval <= last => (lines < self.lines).then_some(spent + 1),
                _ => (self.lines > 0).then_some(interval << 32 | 1),
            }
        };
        self.interval_nanos == 0 || self.spent.fetch_update(Relaxed, Relaxed, spend).is_ok()
    }

    fn interval_at(&self, now: Instant) -> u64 {
        let nanos = u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        nanos.checked_div(self.interval_nanos).unwrap_or(0).min(u64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_next_line_says_how_many_were_held_back() {
        let start = Instant::now();
        let budget = LineBudget::new(2, SECOND, start);
        assert_eq!(budget.allow(start), Some(Allowed { suppressed: 0 }));
        assert_eq!(budget.allow(start), Some(Allowed { suppressed: 0 }));
        for _ in 0..5 {
            assert_eq!(budget.allow(start + SECOND / 2), None);
        }
        assert_eq!(budget.allow(start + SECOND), Some(Allowed { suppressed: 5 }));
        assert_eq!(budget.allow(start + SECOND), Some(Allowed { suppressed: 0 }));
        assert_eq!(budget.allow(start + SECOND), None);
    }

    #[test]
    fn an_older_clock_reading_opens_no_new_interval() {
        let start = Instant::now();
        let budget = LineBudget::new(1, SECOND, start);
        assert!(budget.allow(start + 3 * SECOND).is_some());
        assert!(budget.allow(start).is_none());
        assert!(budget.allow(start + 3 * SECOND).is_none());
    }

    #[test]
    fn a_budget_of_none_holds_all_back_and_an_interval_of_zero_nothing() {
        let now = Instant::now();
        assert!(LineBudget::new(0, SECOND, now).allow(now + SECOND).is_none());
        let free = LineBudget::new(0, Duration::ZERO, now);
        assert!((0..100).all(|_| free.allow(now).is_some()));
    }

    #[test]
    fn threads_together_never_exceed_it() {
        let now = Instant::now();
        let budget = LineBudget::new(100, SECOND, now);
        let written: usize = std::thread::scope(|scope| {
            let writer = || (0..1000).filter(|_| budget.allow(now).is_some()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(writer)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
        });
        assert_eq!(written, 100);
        assert_eq!(budget.suppressed(), 3900);
    }
}
