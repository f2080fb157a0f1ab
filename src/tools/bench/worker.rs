//! One thread of the load: a single-threaded runtime, its share of the connections, and what they share.
//!
//! Phases only go forward, and only the conductor moves them: `Opening → Warmup → Counting → Stopping → Over`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::pacer::Wakers;
use super::plan::{Plan, Shape};
use super::shapes;
use super::tally::Tally;

/// Where the load stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Connections are made, each proven by one echo.
    Opening,
    /// Load runs, nothing is counted.
    Warmup,
    /// Load runs and counts, from this instant on.
    Counting { since: u64 },
    /// No new frames; those in flight may return.
    Stopping,
    /// Patience is over: what has not come back is lost.
    Over,
}

/// What the lanes of one thread share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) plan: Plan,
    /// Number of the thread's first connection.
    pub(super) first: u32,
    pub(super) wakers: Wakers,
    seats: u32,
    epoch: Instant,
    phase: watch::Receiver<Phase>,
    tally: Mutex<Tally>,
}

impl Shared {
    pub(super) fn new(plan: &Plan, thread: u32, epoch: Instant, phase: watch::Receiver<Phase>) -> Self {
        let share = plan.share(thread);
        let seats = share.end - share.start;
        Self {
            plan: plan.clone(),
            first: share.start,
            wakers: Wakers::new(seats),
            seats,
            epoch,
            phase,
            tally: Mutex::new(Tally::new()),
        }
    }

    /// Connections of this thread.
    pub(super) fn seats(&self) -> u32 {
        self.seats
    }

    /// Their numbers.
    pub(super) fn connections(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.seats
    }

    /// Nanoseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until the load has come to `phase`, or the conductor has gone.
    pub(super) async fn reached(&self, phase: Phase) {
        let _ = self.phase.clone().wait_for(|&now| now >= phase).await;
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the latency of single frames is recorded in this phase. An open loop also takes the stragglers of its window.
    pub(super) fn records(&self, phase: Phase) -> bool {
        match self.plan.shape {
            Shape::Closed => matches!(phase, Phase::Counting { .. }),
            Shape::Open { .. } => matches!(phase, Phase::Counting { .. } | Phase::Stopping),
            Shape::Churn | Shape::Idle => false,
        }
    }

    /// Whether a frame that was due at `due` belongs to the counted window: in an open loop, those due before it do not.
    pub(super) fn is_of_window(&self, phase: Phase, due: u64) -> bool {
        match (self.plan.shape, phase) {
            (Shape::Open { .. }, Phase::Counting { since }) => due >= since,
            _ => true,
        }
    }
}

/// What a thread tells the conductor.
#[derive(Debug)]
pub(super) enum News {
    /// A connection is open and has had its first echo.
    Opened,
    /// All of the thread's are.
    Ready,
    /// One could not be opened: the load is off.
    Unable(String),
    /// The thread has ended.
    Ended,
}

/// Runs one thread's share from its first connection to its last answer.
pub(super) fn work(shared: &Arc<Shared>, news: &mpsc::Sender<News>) {
    let outcome = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(shapes::drive(shared, news)),
        Err(error) => Err(format!("starting a thread's runtime: {error}")),
    };
    // The conductor may have given up and gone: then nobody needs the news.
    if let Err(problem) = outcome {
        let _ = news.try_send(News::Unable(problem));
    }
    let _ = news.try_send(News::Ended);
}
