//! One thread of the load: its share of the connections, and what they share.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use tokio::sync::mpsc;

use super::super::conductor::{News, Share};
use super::super::pacer::{Rhythm, Wakers};
use super::super::stage::{Phase, Stage};
use super::plan::{Plan, Shape};
use super::shapes;
use super::tally::Tally;

/// What the lanes of one thread share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) plan: Plan,
    /// Number of the thread's first connection.
    pub(super) first: u32,
    pub(super) wakers: Arc<Wakers>,
    pub(super) stage: Stage,
    seats: u32,
    tally: Mutex<Tally>,
}

impl Shared {
    pub(super) fn new(plan: &Plan, thread: u32, stage: Stage) -> Self {
        let share = plan.course.share(thread, plan.connections);
        let seats = share.end - share.start;
        Self {
            plan: plan.clone(),
            first: share.start,
            wakers: Arc::new(Wakers::new(seats)),
            stage,
            seats,
            tally: Mutex::new(Tally::new()),
        }
    }

    /// Numbers of the thread's connections.
    pub(super) fn connections(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.seats
    }

    /// When frames are due, in an open loop.
    pub(super) fn rhythm(&self) -> Option<Rhythm> {
        match self.plan.shape {
            Shape::Open { rate } => Some(Rhythm::new(rate, self.plan.connections, self.seats)),
            _ => None,
        }
    }

    /// Nanoseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        self.stage.now()
    }

    pub(super) fn phase(&self) -> Phase {
        self.stage.phase()
    }

    /// Waits until the load has come to `phase`, or the conductor has gone.
    pub(super) async fn reached(&self, phase: Phase) {
        self.stage.reached(phase).await;
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

impl Share for Shared {
    fn drive(self: Arc<Self>, news: mpsc::Sender<News>) -> impl Future<Output = Result<(), String>> {
        shapes::drive(self, news)
    }

    fn messages(&self) -> u64 {
        self.tally().frames
    }

    fn show(&self, latency: &mut Histogram<u64>) -> u64 {
        let tally = self.tally();
        // Histograms of equal bounds: adding cannot fail.
        let _ = latency.add(&tally.latency);
        tally.failures()
    }
}
