//! The end of a daemon, in order.
//!
//! ```text
//!   stop ─► not ready ─ delay ─► no more accepts ─► goodbyes ─ grace ─► cut ─► report
//!             still accepts        each session finishes what      │
//!                                  it is writing, half-closes,     └ what is left
//!                                  reads away, ends
//! ```
//! It ends as soon as the last session does. A second order to stop skips to the cut.

use std::fmt;
use std::time::{Duration, Instant};

use super::serving::Running;
use crate::exit::Exit;
use crate::lifecycle::{Order, Orders, Readiness};
use crate::session::context::Stage;
use crate::settings::DrainSettings;

/// How often the log says how far the drain is.
const PROGRESS: Duration = Duration::from_secs(5);
/// How long sessions that are cut may take to notice.
const CUT: Duration = Duration::from_secs(1);

/// How a drain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainReport {
    /// Sessions that ended in order.
    pub finished: u64,
    /// Sessions that were ended before they were finished.
    pub cut: u64,
    /// Whether a second order to stop cut it short.
    pub hurried: bool,
    /// Whether a panic in a part that the daemon cannot do without was seen.
    pub broken: bool,
    /// From the end of the delay to the last session's end.
    pub took: Duration,
}

impl DrainReport {
    /// The code that the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self { broken: true, .. } => Exit::Internal,
            Self { cut: 0, .. } => Exit::Ok,
            _ => Exit::DrainCut,
        }
    }
}

impl fmt::Display for DrainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "drained in {:.1?}: {} sessions finished, {} cut", self.took, self.finished, self.cut)?;
        if self.hurried { f.write_str(" (told twice to stop)") } else { Ok(()) }
    }
}

pub(super) async fn drain(
    running: &Running,
    orders: &mut Orders,
    settings: &DrainSettings,
    readiness: &Readiness,
) -> DrainReport {
    readiness.draining();
    let [delay, grace] = [settings.delay, settings.grace].map(humantime::format_duration);
    tracing::info!(%delay, %grace, sessions = running.gate.active(), "draining");
    let mut hurried = tokio::select! {
        () = tokio::time::sleep(settings.delay) => false,
        () = told_to_stop(orders) => true,
    };
    let started = Instant::now();
    running.stop_accepting.send_replace(true);
    running.commons.advance(Stage::Draining);
    let before = running.gate.active();
    running.workers.wake_all().await;
    if !hurried {
        hurried = tokio::select! {
            () = emptied(running) => false,
            () = tokio::time::sleep(settings.grace) => false,
            () = told_to_stop(orders) => true,
        };
    }
    let cut = cut(running).await;
    let (finished, took) = (before.saturating_sub(cut), started.elapsed());
    let report = DrainReport { finished, cut, hurried, broken: false, took };
    tracing::info!(finished = report.finished, cut, hurried, seconds = report.took.as_secs_f64(), "drained");
    report
}

/// Waits for the last session, and says now and then how many are left.
async fn emptied(running: &Running) {
    while tokio::time::timeout(PROGRESS, running.gate.empty()).await.is_err() {
        tracing::info!(sessions = running.gate.active(), "still draining");
    }
}

/// Ends what is left. Says how many sessions were not finished; those that had only their goodbye before them were.
async fn cut(running: &Running) -> u64 {
    running.commons.advance(Stage::Cutting);
    if running.gate.active() > 0 {
        running.workers.wake_all().await;
        drop(tokio::time::timeout(CUT, running.gate.empty()).await);
    }
    // Those that did not notice in time end with their worker.
    running.commons.cut.now() + running.gate.active()
}

async fn told_to_stop(orders: &mut Orders) {
    while orders.next().await != Order::Stop {}
}
