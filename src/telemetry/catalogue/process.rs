//! Metrics of the process and of its runtimes.

use std::sync::Arc;

use metrics::Unit;
use tokio::runtime::RuntimeMetrics;

use super::{Row, count, counter, gauge};
use crate::lifecycle::{Readiness, Stage};
use crate::reason::ReloadOutcome;
use crate::stats::ProcessStats;

/// What the rows of the process read.
pub(in crate::telemetry) struct Process {
    pub(in crate::telemetry) stats: Arc<ProcessStats>,
    pub(in crate::telemetry) readiness: Arc<Readiness>,
}

pub(in crate::telemetry) const BUILD_SCOPE: &[&str] = &["version", "os", "arch"];

/// Always 1; its labels say what runs.
pub(in crate::telemetry) const BUILD_ROWS: &[Row<()>] =
    &[gauge("oread_build_info", Unit::Count, "What runs; always 1.", |(), _| 1)];

pub(in crate::telemetry) const ROWS: &[Row<Process>] = &[
    gauge("oread_ready", Unit::Count, "1 while the daemon wants new sessions.", |process, _| {
        i64::from(process.readiness.stage() == Stage::Ready)
    }),
    gauge("oread_draining", Unit::Count, "1 from the signal to stop until the end.", |process, _| {
        i64::from(process.readiness.stage() == Stage::Draining)
    }),
    gauge("oread_workers", Unit::Count, "Threads that carry sessions.", |process, _| {
        process.stats.workers.now()
    }),
    gauge(
        "oread_workers_stuck",
        Unit::Count,
        "Workers whose loop stands still; their sessions do too.",
        |process, _| process.stats.workers_stuck.now(),
    ),
    gauge(
        "oread_process_sessions_limit",
        Unit::Count,
        "Sessions of all listeners together at most, fitted to the descriptor limit.",
        |process, _| process.stats.sessions_limit.now(),
    ),
    gauge(
        "oread_process_partial_frame_limit_bytes",
        Unit::Bytes,
        "Bytes of unfinished frames of all sessions together at most.",
        |process, _| process.stats.partial_limit.now(),
    ),
    gauge(
        "oread_process_outbox_limit_bytes",
        Unit::Bytes,
        "Bytes in all outboxes and room logs together at most.",
        |process, _| process.stats.queued_limit.now(),
    ),
    counter(
        "oread_config_reloads_total",
        Unit::Count,
        "Requests to read the configuration again, by what came of them.",
        |process: &Process, outcome| count(&process.stats.reloads[outcome]),
    )
    .by("result", ReloadOutcome::WORDS),
    counter(
        "oread_panics_total",
        Unit::Count,
        "Panics anywhere in the process; each is a bug.",
        |process, _| count(&process.stats.panics),
    ),
    counter(
        "oread_log_lines_lost_total",
        Unit::Count,
        "Log lines not written: the pipe was stalled or closed, or the disk full.",
        |process, _| count(&process.stats.log_lines_lost),
    ),
];

/// The label of what belongs to one runtime: the name of its thread.
pub(in crate::telemetry) const RUNTIME_SCOPE: &[&str] = &["runtime"];

pub(in crate::telemetry) const RUNTIME_ROWS: &[Row<RuntimeMetrics>] = &[
    gauge("oread_runtime_tasks", Unit::Count, "Live tasks of a runtime.", |runtime, _| {
        whole(runtime.num_alive_tasks())
    }),
    gauge(
        "oread_runtime_injection_queue_tasks",
        Unit::Count,
        "Tasks woken from other threads that a runtime has not run yet.",
        |runtime, _| whole(runtime.global_queue_depth()),
    ),
];

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
