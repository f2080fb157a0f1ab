//! The recorder and everything registered in it.
//!
//! Built by hand: the exporter's own HTTP listener has no timeouts and spins when out of descriptors, and `idle_timeout` would
//! silently forget kept handles. Nothing here runs on a worker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{Key, Label, Recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::runtime::{Handle, RuntimeMetrics};

use super::catalogue::process::{self, Process};
use super::catalogue::{Bucketed, families, listener, relay};
use super::series::{METADATA, Row, Series, describe};
use super::{exposition, system};
use crate::lifecycle::Readiness;
use crate::stats::{ListenerStats, ProcessStats, RelayStats};

/// The metrics of one daemon.
pub struct Telemetry {
    recorder: Arc<PrometheusRecorder>,
    exposition: PrometheusHandle,
    process: Process,
    process_series: Vec<Series<Process>>,
    listeners: Mutex<Vec<Listener>>,
    runtimes: Mutex<Vec<Runtime>>,
}

/// What labels and limits of a listener's metrics come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerFacts {
    /// The name in the configuration.
    pub name: String,
    /// `tcp` or `unix`.
    pub transport: &'static str,
    /// `echo`, or the name of a custom service.
    pub service: String,
    /// `limits.sessions`.
    pub sessions_limit: u64,
    /// `rooms.max`, on a relay. Listeners of other services show nothing of rooms.
    pub rooms_limit: Option<u64>,
}

struct Listener {
    labels: Vec<Label>,
    blocks: Vec<Arc<ListenerStats>>,
    series: Vec<Series<ListenerStats>>,
}

struct Runtime {
    name: String,
    metrics: RuntimeMetrics,
    series: Vec<Series<RuntimeMetrics>>,
}

impl Telemetry {
    /// A recorder with all series of the process at their start.
    pub fn new(stats: Arc<ProcessStats>, readiness: Arc<Readiness>) -> Self {
        system::prepare();
        let recorder = Arc::new(builder().build_recorder());
        for family in families() {
            describe(&family, &recorder);
        }
        set_once(process::BUILD_ROWS, &(), &recorder, &build_labels());
        Self {
            exposition: recorder.handle(),
            process_series: Series::register(process::ROWS, &recorder, &[]),
            recorder,
            process: Process { stats, readiness },
            listeners: Mutex::default(),
            runtimes: Mutex::default(),
        }
    }

    /// Makes the recorder the one of the whole program, so that `metrics` macros of services and libraries show up as well.
    /// False if the program has one already, which stays. An embedder may well not call this.
    pub fn install(&self) -> bool {
        metrics::set_global_recorder(Arc::clone(&self.recorder)).is_ok()
    }

    /// The count blocks of a listener, one for each of `workers`, all series at zero. A listener that comes back after a reload
    /// gets the blocks that it had, so that its counters go on where they were.
    pub fn listener(&self, facts: &ListenerFacts, workers: usize) -> Vec<Arc<ListenerStats>> {
        let labels = facts.labels();
        set_once(listener::LIMIT_ROWS, &facts.sessions_limit, &self.recorder, &labels);
        if let Some(limit) = &facts.rooms_limit {
            set_once(relay::LIMIT_ROWS, limit, &self.recorder, &labels);
        }
        let mut listeners = lock(&self.listeners);
        let place = listeners.iter().position(|known| known.labels == labels).unwrap_or_else(|| {
            let mut series = Series::register(listener::ROWS, &self.recorder, &labels);
            if facts.rooms_limit.is_some() {
                series.extend(Series::register(relay::ROWS, &self.recorder, &labels));
            }
            listeners.push(Listener { labels, blocks: Vec::new(), series });
            listeners.len() - 1
        });
        let known = &mut listeners[place];
        while known.blocks.len() < workers {
            known.blocks.push(Arc::new(self.block(&known.labels, facts.rooms_limit.is_some())));
        }
        known.blocks[..workers].to_vec()
    }

    /// Shows the stable metrics of a runtime under a name such as `worker-0`.
    pub fn runtime(&self, name: &str, handle: &Handle) {
        let labels = [Label::new(process::RUNTIME_SCOPE[0], name.to_owned())];
        let series = Series::register(process::RUNTIME_ROWS, &self.recorder, &labels);
        lock(&self.runtimes).push(Runtime { name: name.into(), metrics: handle.metrics(), series });
    }

    /// The exposition in Prometheus' text format 0.0.4, in order.
    pub fn render(&self) -> String {
        self.collect();
        let mut text = self.exposition.render();
        let runtimes = lock(&self.runtimes);
        let runtimes = runtimes.iter().map(|runtime| (runtime.name.as_str(), &runtime.metrics));
        system::render(&mut text, runtimes);
        exposition::in_order(&text)
    }

    /// Moves histogram samples from where they pile up into their buckets. To be called every few seconds, scraped or not.
    pub fn upkeep(&self) {
        self.exposition.run_upkeep();
    }

    fn collect(&self) {
        for series in &self.process_series {
            series.set(std::iter::once(&self.process));
        }
        for listener in lock(&self.listeners).iter() {
            for series in &listener.series {
                series.set(listener.blocks.iter().map(Arc::as_ref));
            }
        }
        for runtime in lock(&self.runtimes).iter() {
            for series in &runtime.series {
                series.set(std::iter::once(&runtime.metrics));
            }
        }
    }

    fn block(&self, labels: &[Label], is_relay: bool) -> ListenerStats {
        let histogram = |of: &Bucketed| {
            let key = Key::from_parts(of.row.name, labels.to_vec());
            self.recorder.register_histogram(&key, &METADATA)
        };
        let [duration, handshake, dwell] = [0, 1, 2].map(|nth| histogram(&listener::HISTOGRAMS[nth]));
        let mut block = ListenerStats { handshake, ..ListenerStats::new(duration, dwell) };
        if is_relay {
            let [fan_out, dwell] = [0, 1].map(|nth| histogram(&relay::HISTOGRAMS[nth]));
            block.relay = RelayStats::new(fan_out, dwell);
        }
        block
    }
}

impl ListenerFacts {
    fn labels(&self) -> Vec<Label> {
        let values = [self.name.clone(), self.transport.to_owned(), self.service.clone()];
        listener::SCOPE.iter().zip(values).map(|(label, value)| Label::new(*label, value)).collect()
    }
}

/// Bounds for every histogram of ours, and for those that an embedder adds: nothing renders as a summary.
fn builder() -> PrometheusBuilder {
    let builder = PrometheusBuilder::new().with_recommended_naming(true);
    let builder = with_bounds(builder, |builder| builder.set_buckets(listener::HISTOGRAMS[1].bounds));
    listener::HISTOGRAMS.iter().chain(relay::HISTOGRAMS).fold(builder, |builder, histogram| {
        let name = Matcher::Full(histogram.row.name.into());
        with_bounds(builder, |builder| builder.set_buckets_for_metric(name, histogram.bounds))
    })
}

fn with_bounds(
    builder: PrometheusBuilder,
    set: impl FnOnce(PrometheusBuilder) -> Result<PrometheusBuilder, BuildError>,
) -> PrometheusBuilder {
    #[expect(clippy::expect_used, reason = "it only refuses an empty list, and the catalogue has none")]
    set(builder).expect("bounds are not empty")
}

fn build_labels() -> [Label; 3] {
    let values = [env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH];
    std::array::from_fn(|nth| Label::from_static_parts(process::BUILD_SCOPE[nth], values[nth]))
}

fn set_once<S>(rows: &'static [Row<S>], source: &S, recorder: &impl Recorder, labels: &[Label]) {
    for series in Series::register(rows, recorder, labels) {
        series.set(std::iter::once(source));
    }
}

/// A panic while a list was held leaves the list as usable as before.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
