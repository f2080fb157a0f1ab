//! Every metric, as data: name, kind, unit, help, labels and where its value is read. Registration, `# HELP` lines and
//! `docs/metrics.md` come from these tables.
//!
//! Labels take values from closed lists or from the configuration, never from peers. Sums over any label mean something.

pub(super) mod listener;
pub(super) mod process;
pub(super) mod relay;

use metrics::Unit;

use super::family::{Family, Kind};
use super::series::{Fold, Row};
use super::system;
use crate::stats::Counter;

/// Every metric that the daemon shows, in the order of the reference.
pub fn families() -> Vec<Family> {
    let mut all: Vec<Family> =
        process::BUILD_ROWS.iter().map(|row| row.family(process::BUILD_SCOPE)).collect();
    all.extend(process::ROWS.iter().map(|row| row.family(&[])));
    all.extend(listener::LIMIT_ROWS.iter().map(|row| row.family(listener::SCOPE)));
    all.extend(listener::ROWS.iter().map(|row| row.family(listener::SCOPE)));
    all.extend(listener::HISTOGRAMS.iter().map(|histogram| histogram.row.family(listener::SCOPE)));
    all.extend(relay::LIMIT_ROWS.iter().map(|row| row.family(listener::SCOPE)));
    all.extend(relay::ROWS.iter().map(|row| row.family(listener::SCOPE)));
    all.extend(relay::HISTOGRAMS.iter().map(|histogram| histogram.row.family(listener::SCOPE)));
    all.extend(process::RUNTIME_ROWS.iter().map(|row| row.family(process::RUNTIME_SCOPE)));
    all.extend(system::families());
    all
}

/// A histogram and the upper bounds of its buckets. One without bounds would render as a summary, so there is none.
pub(super) struct Bucketed {
    pub(super) row: Row<()>,
    pub(super) bounds: &'static [f64],
}

/// How a row reads its value: from its source, at a place in its closed list.
type Read<S> = fn(&S, usize) -> i64;

const fn counter<S>(name: &'static str, unit: Unit, help: &'static str, read: Read<S>) -> Row<S> {
    Row { name, kind: Kind::Counter, unit, help, by: None, fold: Fold::Sum, read }
}

const fn gauge<S>(name: &'static str, unit: Unit, help: &'static str, read: Read<S>) -> Row<S> {
    Row { name, kind: Kind::Gauge, unit, help, by: None, fold: Fold::Sum, read }
}

const fn histogram(name: &'static str, unit: Unit, help: &'static str) -> Row<()> {
    Row { name, kind: Kind::Histogram, unit, help, by: None, fold: Fold::Sum, read: |(), _| 0 }
}

impl<S> Row<S> {
    const fn by(mut self, label: &'static str, words: &'static [&'static str]) -> Self {
        self.by = Some((label, words));
        self
    }

    const fn folded(mut self, fold: Fold) -> Self {
        self.fold = fold;
        self
    }
}

fn count(counter: &Counter) -> i64 {
    counter.now().cast_signed()
}
