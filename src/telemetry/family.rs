//! What a metric is called and means: one row of the reference. Not its value.

use metrics::Unit;

/// One metric family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The name in the exposition.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// What its values measure.
    pub unit: Unit,
    /// The `# HELP` line.
    pub help: &'static str,
    /// The names of its labels, in order.
    pub labels: Vec<&'static str>,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Observations in buckets, never a summary.
    Histogram,
}

impl Kind {
    /// The word in the `# TYPE` line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}
