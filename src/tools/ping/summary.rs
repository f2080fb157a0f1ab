//! What a ping adds up to. Pure; mean and deviation by Welford's method, so that nothing is kept for each round trip.

use std::time::Duration;

use crate::tools::quantity::time;

/// Round trips so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    answered: u64,
    lost: u64,
    /// All three in seconds.
    least: f64,
    most: f64,
    mean: f64,
    /// Sum of the squared distances from the mean.
    spread: f64,
}

impl Summary {
    #[expect(clippy::cast_precision_loss, reason = "nobody pings 2^52 times")]
    pub(super) fn answer(&mut self, took: Duration) {
        let took = took.as_secs_f64();
        self.least = if self.answered == 0 { took } else { self.least.min(took) };
        self.most = self.most.max(took);
        self.answered += 1;
        let from_mean = took - self.mean;
        self.mean += from_mean / self.answered as f64;
        self.spread += from_mean * (took - self.mean);
    }

    pub(super) fn lose(&mut self) {
        self.lost += 1;
    }

    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    /// Two lines for a person; one when nothing was answered.
    #[expect(clippy::cast_precision_loss, reason = "nobody pings 2^52 times")]
    pub(super) fn told(&self, elapsed: Duration) -> String {
        let sent = self.answered + self.lost;
        let percent = if sent == 0 { 0.0 } else { self.lost as f64 * 100.0 / sent as f64 };
        let counts = format!(
            "{sent} sent, {} answered, {percent:.1} % lost, in {:.1} s",
            self.answered,
            elapsed.as_secs_f64()
        );
        if self.answered == 0 {
            return counts;
        }
        let deviation = (self.spread / self.answered as f64).sqrt();
        let [least, mean, most, deviation] =
            [self.least, self.mean, self.most, deviation].map(|seconds| time(nanos(seconds)));
        format!("{counts}\nround trip min {least}, avg {mean}, max {most}, stddev {deviation}")
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "round trips are neither negative nor centuries long"
)]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_what_was_answered_and_what_was_lost() {
        let mut summary = Summary::default();
        for millis in [2, 4, 4, 4, 5, 5, 7, 9] {
            summary.answer(Duration::from_millis(millis));
        }
        summary.lose();
        summary.lose();
        let told = summary.told(Duration::from_secs(9));
        assert_eq!(
            told,
            "10 sent, 8 answered, 20.0 % lost, in 9.0 s\nround trip min 2.00 ms, avg 5.00 ms, max 9.00 ms, stddev 2.00 ms"
        );
    }
}
