//! Looks after the workers: says in the log, and in a gauge, whose loop stands still. What becomes of it is the supervisor's
//! decision: see `/livez`.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::stats::ProcessStats;
use crate::vitals::{Change, LOOKS, Vitals};

/// Looks until `stop`; whoever has stood still for `stuck_after` is stuck.
pub(super) async fn watch(
    vitals: Arc<Vitals>,
    stuck_after: Duration,
    stats: Arc<ProcessStats>,
    stop: CancellationToken,
) {
    // Not an interval: looks that a stopped process missed are not made up for.
    while tokio::time::timeout(stuck_after / LOOKS, stop.cancelled()).await.is_err() {
        for change in vitals.look() {
            match change {
                Change::Stuck(worker) => {
                    stats.workers_stuck.add(1);
                    tracing::error!(
                        worker,
                        seconds = stuck_after.as_secs(),
                        "a worker is stuck: its sessions stand still"
                    );
                }
                Change::Recovered(worker) => {
                    stats.workers_stuck.add(-1);
                    tracing::warn!(worker, "a worker that was stuck goes on");
                }
            }
        }
    }
}
