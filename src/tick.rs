//! Time as sessions see it: running time of the process in ticks of 50 ms, in four bytes.
//!
//! Running time stands still while the process does: after it was stopped and continued, or starved, no deadline has passed that the
//! process had no chance to see kept. It is monotonic, and has nothing to do with the time of day.

use std::time::Duration;

/// The length of a tick. Deadlines are kept to within one.
pub const TICK: Duration = Duration::from_millis(50);

/// A moment. `u32` ticks are 6.8 years of uptime; sums saturate there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Tick(u32);

impl Tick {
    /// The first moment.
    pub const ZERO: Self = Self(0);
    /// A moment that never comes.
    pub const NEVER: Self = Self(u32::MAX);

    /// The moment of this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Ticks that cover `duration`, rounded up; zero only for zero.
    pub fn span(duration: Duration) -> u32 {
        u32::try_from(duration.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u32::MAX)
    }

    /// The moment `ticks` later.
    #[must_use]
    pub fn after(self, ticks: u32) -> Self {
        Self(self.0.saturating_add(ticks))
    }

    /// Ticks from `earlier` to this one; 0 if it is not earlier.
    pub fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// The running time from `earlier` to this one, to within a tick.
    pub fn duration_since(self, earlier: Self) -> Duration {
        TICK * self.since(earlier)
    }
}
