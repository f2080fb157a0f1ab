//! When a client reads and how much at once, by its habit and by chance.

use std::time::Duration;

use tokio::time::Instant;

use super::chance::Chance;
use super::plan::Habit;

/// Whether a client reads at present.
#[derive(Debug)]
pub struct Mood {
    habit: Habit,
    /// It reads nothing before this moment.
    rests_until: Instant,
}

/// Bytes that a client reads at once that reads freely.
const FREELY: usize = 4 << 10;

impl Mood {
    pub fn new(habit: Habit, now: Instant) -> Self {
        Self { habit, rests_until: now }
    }

    /// Bytes that it reads now at the most; none while it does not read.
    pub fn appetite(&self, now: Instant, settling: bool) -> Option<usize> {
        if settling {
            return Some(FREELY);
        }
        match self.habit {
            Habit::Dead => None,
            _ if now < self.rests_until => None,
            Habit::Slow => Some(48),
            Habit::Brisk | Habit::Moody => Some(FREELY),
        }
    }

    /// The moment at which that may change.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        (self.rests_until > now).then_some(self.rests_until)
    }

    /// It has read something.
    pub fn has_read(&mut self, now: Instant, chance: &mut Chance) {
        if self.habit == Habit::Slow {
            self.rests_until = now + chance.millis(5, 60);
        }
    }

    /// Some time went by.
    pub fn sways(&mut self, now: Instant, chance: &mut Chance) {
        if self.habit == Habit::Moody && now >= self.rests_until && chance.one_in(6) {
            self.rests_until = now + chance.millis(100, 3_500);
        }
        if self.habit == Habit::Slow && chance.one_in(20) {
            self.rests_until = now + Duration::from_secs(1);
        }
    }
}
