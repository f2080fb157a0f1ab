//! Latencies in numbers and as a text histogram. Pure.

use std::fmt::{self, Write};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::tools::quantity::{grouped, time};

const ROWS: u64 = 11;
const WIDTH: u64 = 40;

/// The longest latency that is told apart, in nanoseconds: an hour. What takes longer counts as an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// An empty histogram of nanoseconds. All are of the same bounds, so that one can always be added to another.
#[expect(clippy::expect_used, reason = "these bounds are always allowed")]
pub(super) fn recorder() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds and digits are constants")
}

/// Percentiles in nanoseconds, and the histogram's rows.
#[derive(Debug, Serialize)]
pub(super) struct Latency {
    count: u64,
    min_ns: u64,
    mean_ns: f64,
    stdev_ns: f64,
    p50_ns: u64,
    p90_ns: u64,
    p99_ns: u64,
    p999_ns: u64,
    p9999_ns: u64,
    max_ns: u64,
    #[serde(skip)]
    rows: Vec<(u64, u64)>,
}

impl Latency {
    /// `None` when nothing was recorded.
    pub(super) fn of(histogram: &Histogram<u64>) -> Option<Self> {
        let at = |quantile| histogram.value_at_quantile(quantile);
        (!histogram.is_empty()).then(|| Self {
            count: histogram.len(),
            min_ns: histogram.min(),
            mean_ns: histogram.mean(),
            stdev_ns: histogram.stdev(),
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            p9999_ns: at(0.9999),
            max_ns: histogram.max(),
            rows: rows(histogram),
        })
    }
}

impl Latency {
    /// On one line.
    pub(super) fn brief(&self) -> String {
        format!("p50 {}, p99 {}, max {}", time(self.p50_ns), time(self.p99_ns), time(self.max_ns))
    }
}

/// Rows of equal width from the least to the 99.5th percentile, each with its upper bound; the last takes the tail.
fn rows(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    let (least, most) = (histogram.min(), histogram.value_at_quantile(0.995));
    let step = ((most - least) / ROWS).max(1);
    let bounds = (1..=ROWS).map(|row| least + step * row).take_while(|&bound| bound < histogram.max());
    let mut rows: Vec<_> = bounds.map(|bound| (bound, 0)).collect();
    rows.push((histogram.max(), 0));
    for value in histogram.iter_recorded() {
        let at = rows.partition_point(|row| row.0 < value.value_iterated_to()).min(rows.len() - 1);
        rows[at].1 += value.count_at_value();
    }
    rows
}

impl fmt::Display for Latency {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mean of nanoseconds, shown with three digits"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = [
            ("min", self.min_ns),
            ("mean", self.mean_ns as u64),
            ("p50", self.p50_ns),
            ("p90", self.p90_ns),
            ("p99", self.p99_ns),
            ("p99.9", self.p999_ns),
            ("p99.99", self.p9999_ns),
            ("max", self.max_ns),
        ];
        let (mut names, mut values) = (String::new(), String::new());
        for (name, value) in columns {
            write!(names, "{name:>10}")?;
            write!(values, "{:>10}", time(value))?;
        }
        writeln!(f, "  latency {names}\n          {values}\n")?;
        let highest = self.rows.iter().map(|row| row.1).max().unwrap_or(1).max(1);
        for (bound, count) in &self.rows {
            let bar = "■".repeat(usize::try_from(count * WIDTH / highest).unwrap_or(0));
            writeln!(f, "  ≤ {:>8} │{bar:<40} {}", time(*bound), grouped(*count))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_value_stands_in_one_row() {
        let mut histogram = recorder();
        for value in [5, 5, 90, 1_000, 22_000, 22_001, 9_000_000_000] {
            histogram.saturating_record(value);
        }
        let total: u64 = rows(&histogram).iter().map(|row| row.1).sum();
        assert_eq!(total, 7);
    }
}
