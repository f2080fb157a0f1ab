//! One line on a terminal's stderr while the load runs: where it stands, the rate now, latencies so far. Elsewhere silence.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::conductor::Share;
use super::course::Course;
use super::latency;
use crate::tools::quantity;

/// The line, or nothing.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    connections: u32,
    unit: &'static str,
}

impl Progress {
    pub(super) fn new(course: &Course) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::default_spinner());
            bar
        });
        Self { bar, connections: course.connections, unit: course.unit }
    }

    /// How long to sleep before the next line; for ever when none is shown.
    pub(super) fn tick(&self, tick: Duration) -> Duration {
        if self.bar.is_some() { tick } else { Duration::MAX }
    }

    pub(super) fn opening(&self, open: u32) {
        if open.is_multiple_of(100) {
            self.say(&format!("opening connections: {open} of {}", self.connections));
        }
    }

    /// `before` and `now`: an instant and what had been counted.
    pub(super) fn running<S: Share>(
        &self,
        what: &str,
        passed: Duration,
        span: Duration,
        before: (Instant, u64),
        now: (Instant, u64),
        shares: &[Arc<S>],
    ) {
        if self.bar.is_none() {
            return;
        }
        let mut latency = latency::recorder();
        let failures: u64 = shares.iter().map(|share| share.show(&mut latency)).sum();
        let millis = u64::try_from((now.0 - before.0).as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = quantity::grouped((now.1 - before.1) * 1000 / millis);
        let latencies = match latency.len() {
            0 => String::new(),
            _ => format!(
                "   p50 {}   p99 {}",
                quantity::time(latency.value_at_quantile(0.5)),
                quantity::time(latency.value_at_quantile(0.99))
            ),
        };
        let failed = match failures {
            0 => String::new(),
            failures => format!("   {failures} FAILED"),
        };
        let (passed, span) = (passed.as_secs_f64(), span.as_secs_f64());
        self.say(&format!("{what} {passed:.1} of {span:.1} s   {rate} {}/s{latencies}{failed}", self.unit));
    }

    pub(super) fn say(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(line.to_owned());
            bar.tick();
        }
    }

    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
