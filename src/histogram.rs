//! A histogram with fixed buckets, bumped by sessions and read by a scrape. Atomic, allocation-free once made, and never a summary.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of observations by upper bound, with their sum.
#[derive(Debug)]
pub struct Histogram {
    /// Upper bounds in the metric's base unit, rising; the last bucket (+Inf) is implied.
    bounds: &'static [f64],
    buckets: Box<[AtomicU64]>,
    /// In billionths of the base unit, since atomics hold no fractions.
    sum_nanos: AtomicU64,
}

/// What a scrape sees.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramReading {
    /// Upper bounds, without +Inf.
    pub bounds: &'static [f64],
    /// Observations in each bucket, not cumulative; one more than `bounds`.
    pub counts: Vec<u64>,
    /// Sum of all observations in the base unit.
    pub sum: f64,
}

impl Histogram {
    /// A histogram over these bounds.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum_nanos: AtomicU64::new(0),
        }
    }

    /// Counts one observation.
    pub fn observe(&self, seconds: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].fetch_add(1, Relaxed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and durations are not negative"
        )]
        self.sum_nanos.fetch_add((seconds * 1e9) as u64, Relaxed);
    }

    /// The counts now.
    pub fn read(&self) -> HistogramReading {
        #[expect(
            clippy::cast_precision_loss,
            reason = "2^53 ns are 104 days of sum before a nanosecond is lost"
        )]
        let sum = self.sum_nanos.load(Relaxed) as f64 / 1e9;
        HistogramReading {
            bounds: self.bounds,
            counts: self.buckets.iter().map(|b| b.load(Relaxed)).collect(),
            sum,
        }
    }
}
