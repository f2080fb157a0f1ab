//! The read rate of a session, kept by pacing: a token bucket that says how much may be read now, and when more.
//!
//! A peer that sends faster is slowed down by TCP itself; nothing it sends is dropped. Pure, and four bytes a session until it reads.

use crate::tick::{TICK, Tick};

/// What a rate allows. Shared by all sessions of a listener.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    /// Bytes for each tick; 0 is no limit.
    per_tick: u64,
}

impl Rate {
    /// So many bytes a second; 0 is no limit. Rates below one byte a tick are rounded up to it.
    pub fn per_second(bytes: u64) -> Self {
        let ticks = u64::try_from(1_000 / TICK.as_millis()).unwrap_or(1);
        Self { per_tick: bytes.div_ceil(ticks) }
    }

    /// Whether there is a limit.
    pub fn is_limited(self) -> bool {
        self.per_tick > 0
    }

    /// The burst: what a second brings.
    fn burst(self) -> u64 {
        self.per_tick * 20
    }
}

/// One session's bucket.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    /// Bytes used of the burst at `at`; it drains with time.
    used: u32,
    at: Tick,
}

impl Bucket {
    /// Bytes that may be read now.
    pub fn allowance(&mut self, rate: Rate, now: Tick) -> u64 {
        if !rate.is_limited() {
            return u64::MAX;
        }
        let drained = u64::from(now.since(self.at)).saturating_mul(rate.per_tick);
        self.used = u32::try_from(u64::from(self.used).saturating_sub(drained)).unwrap_or(u32::MAX);
        self.at = now;
        rate.burst().saturating_sub(u64::from(self.used))
    }

    /// Bytes were read.
    pub fn take(&mut self, rate: Rate, bytes: usize) {
        if rate.is_limited() {
            self.used = self.used.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
    }

    /// When an empty allowance is worth another look; `None` while it is not empty.
    pub fn refill(&self, rate: Rate) -> Option<Tick> {
        (rate.is_limited() && u64::from(self.used) >= rate.burst()).then(|| self.at.after(1))
    }
}
