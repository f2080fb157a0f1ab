//! Metrics that the recorder cannot hold: seconds of CPU, since its counters are whole numbers, and what a platform may not tell.
//! They are read and written when scraped.

use std::fmt::Write;

use metrics::Unit;
use metrics_process::collector::{self, Metrics};
use tokio::runtime::RuntimeMetrics;

use super::family::{Family, Kind};

/// A metric of the process under the name that every Prometheus client gives it.
struct Reading {
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    read: fn(&Metrics) -> Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "the exposition is in doubles")]
fn whole(value: Option<u64>) -> Option<f64> {
    value.map(|value| value as f64)
}

const READINGS: &[Reading] = &[
    Reading {
        name: "process_cpu_seconds_total",
        kind: Kind::Counter,
        unit: Unit::Seconds,
        help: "CPU time of the process, user and system.",
        read: |process| process.cpu_seconds_total,
    },
    Reading {
        name: "process_open_fds",
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "Open file descriptors.",
        read: |process| whole(process.open_fds),
    },
    Reading {
        name: "process_max_fds",
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "The soft limit of file descriptors.",
        read: |process| whole(process.max_fds.filter(|limit| *limit > 0)),
    },
    Reading {
        name: "process_resident_memory_bytes",
        kind: Kind::Gauge,
        unit: Unit::Bytes,
        help: "Resident memory.",
        read: |process| whole(process.resident_memory_bytes),
    },
    Reading {
        name: "process_virtual_memory_bytes",
        kind: Kind::Gauge,
        unit: Unit::Bytes,
        help: "Virtual memory.",
        read: |process| whole(process.virtual_memory_bytes),
    },
    Reading {
        name: "process_start_time_seconds",
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        help: "When the process started, in seconds since the epoch.",
        read: |process| whole(process.start_time_seconds),
    },
    Reading {
        name: "process_threads",
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "Threads of the process.",
        read: |process| whole(process.threads),
    },
];

const BUSY: &str = "oread_runtime_busy_seconds_total";
const BUSY_HELP: &str = "Time in which a runtime's thread was not parked.";

pub(super) fn families() -> impl Iterator<Item = Family> {
    let of_process = READINGS.iter().map(|reading| Family {
        name: reading.name,
        kind: reading.kind,
        unit: reading.unit,
        help: reading.help,
        labels: Vec::new(),
    });
    let labels = super::catalogue::process::RUNTIME_SCOPE.to_vec();
    let busy = Family { name: BUSY, kind: Kind::Counter, unit: Unit::Seconds, help: BUSY_HELP, labels };
    std::iter::once(busy).chain(of_process)
}

/// Lets the collector read what it reads once and remembers, failure included, while there are descriptors for it.
pub(super) fn prepare() {
    collector::collect();
}

/// Appends everything to an exposition. What the platform does not tell is left out rather than shown as 0.
pub(super) fn render<'a>(into: &mut String, runtimes: impl Iterator<Item = (&'a str, &'a RuntimeMetrics)>) {
    let process = collector::collect();
    for reading in READINGS {
        if let Some(value) = (reading.read)(&process) {
            head(into, reading.name, reading.kind, reading.help);
            let _ = writeln!(into, "{} {value}\n", reading.name);
        }
    }
    render_busy(into, runtimes);
}

fn render_busy<'a>(into: &mut String, runtimes: impl Iterator<Item = (&'a str, &'a RuntimeMetrics)>) {
    let mut runtimes = runtimes.peekable();
    if runtimes.peek().is_none() {
        return; // a head without series is refused by strict readers
    }
    head(into, BUSY, Kind::Counter, BUSY_HELP);
    for (name, runtime) in runtimes {
        let busy: f64 = (0..runtime.num_workers())
            .map(|worker| runtime.worker_total_busy_duration(worker).as_secs_f64())
            .sum();
        let _ = writeln!(into, "{BUSY}{{runtime=\"{name}\"}} {busy}");
    }
    into.push('\n');
}

fn head(into: &mut String, name: &str, kind: Kind, help: &str) {
    let _ = writeln!(into, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
}
