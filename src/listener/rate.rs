//! The admission rate of an accept loop: a token bucket in time. What comes faster waits in the kernel's backlog, where it costs us nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Connections that may come at once, as time of the rate.
const BURST: Duration = Duration::from_millis(100);

/// Connections a second.
#[derive(Debug, Clone, Copy)]
pub struct AcceptRate {
    /// Time that one connection uses up; zero is no limit.
    cost: Duration,
    /// Up to when the rate is used up.
    spent: Instant,
}

impl AcceptRate {
    /// So many connections a second; 0 is no limit.
    pub fn per_second(connections: u64) -> Self {
        let cost = match connections {
            0 => Duration::ZERO,
            some => Duration::from_nanos(1_000_000_000_u64.div_ceil(some)),
        };
        Self { cost, spent: Instant::now() }
    }

    /// Waits until one more may come.
    pub async fn ready(&self) {
        if !self.cost.is_zero() {
            sleep_until(self.spent.checked_sub(BURST).unwrap_or(self.spent)).await;
        }
    }

    /// One more came.
    pub fn take(&mut self) {
        if !self.cost.is_zero() {
            self.spent = self.spent.max(Instant::now()) + self.cost;
        }
    }
}
