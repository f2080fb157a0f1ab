//! From a row of the catalogue to series in the recorder: what to read, and the kept handle to set.
//!
//! A row yields one series, or one for each word of its last label. A counter is set with `absolute`, which never goes back.

use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder, Unit};

use super::family::{Family, Kind};

/// A metric that is read from an `S`.
pub(super) struct Row<S: 'static> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) help: &'static str,
    /// The row's own label and its closed list of values.
    pub(super) by: Option<(&'static str, &'static [&'static str])>,
    /// What becomes of the values of all sources.
    pub(super) fold: Fold,
    /// The value; the number is the place in the closed list.
    pub(super) read: fn(&S, usize) -> i64,
}

/// How the values of several sources, which are one for each worker, make the value that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// They add up.
    Sum,
    /// The largest counts; it is read in milliseconds and shown in seconds.
    LongestMillis,
}

impl<S> Row<S> {
    /// The row as the reference shows it, below the labels of its scope.
    pub(super) fn family(&self, scope: &[&'static str]) -> Family {
        let labels = scope.iter().copied().chain(self.by.map(|(label, _)| label)).collect();
        Family { name: self.name, kind: self.kind, unit: self.unit, help: self.help, labels }
    }
}

/// One series with the handle that the recorder gave for it.
pub(super) struct Series<S: 'static> {
    read: fn(&S, usize) -> i64,
    fold: Fold,
    nth: usize,
    handle: Handle,
}

enum Handle {
    Counter(Counter),
    Gauge(Gauge),
}

impl<S> Series<S> {
    /// Registers all series of `rows` at zero.
    pub(super) fn register(rows: &'static [Row<S>], recorder: &impl Recorder, scope: &[Label]) -> Vec<Self> {
        rows.iter().flat_map(|row| Self::of_row(row, recorder, scope)).collect()
    }

    fn of_row(row: &'static Row<S>, recorder: &impl Recorder, scope: &[Label]) -> Vec<Self> {
        let words = row.by.map_or(&[""] as &[_], |(_, words)| words);
        let series = words.iter().enumerate().map(|(nth, word)| {
            let own = row.by.map(|(label, _)| Label::from_static_parts(label, word));
            let labels: Vec<Label> = scope.iter().cloned().chain(own).collect();
            Self { read: row.read, fold: row.fold, nth, handle: Handle::new(row, recorder, labels) }
        });
        series.collect()
    }

    /// Folds the sources and sets the series. A level that is negative for an instant, since its parts are read one after the
    /// other, shows as 0.
    pub(super) fn set<'a>(&self, sources: impl Iterator<Item = &'a S>) {
        let values = sources.map(|source| (self.read)(source, self.nth));
        let (value, unit) = match self.fold {
            Fold::Sum => (values.sum::<i64>().max(0), 1.0),
            Fold::LongestMillis => (values.fold(0, i64::max), 1e3),
        };
        match &self.handle {
            Handle::Counter(counter) => counter.absolute(value.unsigned_abs()),
            #[expect(clippy::cast_precision_loss, reason = "the exposition is in doubles")]
            Handle::Gauge(gauge) => gauge.set(value as f64 / unit),
        }
    }
}

impl Handle {
    fn new<S>(row: &Row<S>, recorder: &impl Recorder, labels: Vec<Label>) -> Self {
        let key = Key::from_parts(row.name, labels);
        match row.kind {
            Kind::Counter => Self::Counter(recorder.register_counter(&key, &METADATA)),
            Kind::Gauge | Kind::Histogram => Self::Gauge(recorder.register_gauge(&key, &METADATA)),
        }
    }
}

/// What recorders may filter by; ours does not.
pub(super) const METADATA: Metadata<'static> = Metadata::new("oread", Level::INFO, None);

/// Tells the recorder what a family means.
pub(super) fn describe(family: &Family, recorder: &impl Recorder) {
    let (name, unit, help) = (family.name.into(), Some(family.unit), family.help.into());
    match family.kind {
        Kind::Counter => recorder.describe_counter(name, unit, help),
        Kind::Gauge => recorder.describe_gauge(name, unit, help),
        Kind::Histogram => recorder.describe_histogram(name, unit, help),
    }
}
