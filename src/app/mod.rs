//! The program as one value: [`App::build`] binds everything and spawns nothing, [`App::run`] serves until it is told to stop and
//! reports how that went. What was not built cannot be run.
//!
//! ```text
//!   Settings ─► App::build ─► App::run(orders) ─► DrainReport
//!               addresses     workers, accept loops,
//!               options       admin, drain
//!               limits
//! ```
//! The wiring is here and nowhere else. Reading files, starting the log and printing are the binary's ([`crate::serve`]).

mod build;
mod directory;
mod drain;
mod serving;
mod status;
mod watching;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

pub use build::BuildError;
pub use drain::DrainReport;

use crate::budget::Budget;
use crate::descriptors::{Fitted, Reserve};
use crate::lifecycle::{Orders, Readiness};
use crate::listener::Host;
use crate::relay::{Authority, Houses};
use crate::secret::Secret;
use crate::service::{Echo, Service};
use crate::settings::{Address, ListenerSettings, Settings};
use crate::socket::{Bound, OptionReading};
use crate::stats::ProcessStats;
use crate::telemetry::Telemetry;
use crate::vitals::Vitals;
use crate::worker::Workers;

/// A daemon with all its addresses bound.
pub struct App {
    settings: Settings,
    listeners: Vec<BoundListener>,
    admin: Option<TcpListener>,
    fitted: Fitted,
    reserve: Reserve,
    queued: Arc<Budget>,
    houses: Arc<Houses>,
    /// What operators must bring to change something.
    token: Option<Secret>,
    stats: Arc<ProcessStats>,
    readiness: Arc<Readiness>,
    vitals: Arc<Vitals>,
    telemetry: Arc<Telemetry>,
    on_reload: Reload,
}

/// What to do when told to read the configuration again.
type Reload = Box<dyn FnMut() + Send + Sync>;

struct BoundListener {
    settings: ListenerSettings,
    bound: Bound,
    host: Arc<dyn Host>,
}

/// What an [`App`] can be built with beside its settings.
pub struct Builder {
    settings: Settings,
    services: HashMap<String, Arc<dyn Host>>,
    authority: Option<Arc<dyn Authority>>,
    stats: Arc<ProcessStats>,
    on_reload: Reload,
}

impl App {
    /// Binds everything that `settings` name. Spawns nothing.
    ///
    /// # Errors
    /// The first address, option or limit that the host refuses, with the remedy.
    pub fn build(settings: Settings) -> Result<Self, BuildError> {
        Self::builder(settings).build()
    }

    /// To add services of your own.
    pub fn builder(settings: Settings) -> Builder {
        let echo: Arc<dyn Host> = Arc::new(Echo);
        Builder {
            settings,
            services: HashMap::from([("echo".to_owned(), echo)]),
            authority: None,
            stats: Arc::default(),
            on_reload: Box::new(|| {}),
        }
    }

    /// Each listener with the address that it has, port 0 resolved.
    pub fn listeners(&self) -> impl Iterator<Item = (&ListenerSettings, &Address)> {
        self.listeners.iter().map(|listener| (&listener.settings, &listener.bound.local))
    }

    /// What the kernel made of each listener's socket options, by listener.
    pub fn socket_options(&self) -> impl Iterator<Item = (&str, &[OptionReading])> {
        self.listeners.iter().map(|listener| (listener.settings.name.as_str(), &*listener.bound.readings))
    }

    /// The admin address, port 0 resolved.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|admin| admin.local_addr().ok())
    }

    /// What the descriptor limit made of `limits.sessions`.
    pub fn fitted(&self) -> Fitted {
        self.fitted
    }

    /// The stage of this daemon's life, to be followed from elsewhere.
    pub fn readiness(&self) -> Arc<Readiness> {
        self.readiness.clone()
    }

    /// Whether this daemon's vital parts are well, to be followed from elsewhere.
    pub fn vitals(&self) -> Arc<Vitals> {
        self.vitals.clone()
    }

    /// Metrics of this daemon, to be shown elsewhere than at its admin address too.
    pub fn telemetry(&self) -> Arc<Telemetry> {
        self.telemetry.clone()
    }

    /// Serves on worker threads of its own until the first [`Order::Stop`](crate::lifecycle::Order), then drains.
    ///
    /// The caller's runtime carries the admin address and the drain; a single-threaded one is enough.
    ///
    /// # Errors
    /// When the host does not give threads, or a runtime does not take a socket.
    pub async fn run(self, orders: Orders) -> std::io::Result<DrainReport> {
        let workers = Workers::start(self.settings.runtime.workers.get(), &self.vitals)?;
        serving::run(self, workers, orders).await
    }

    /// Like [`App::run`], with all sessions on the caller's runtime: for embedding in a single-threaded runtime, simulation and tests with
    /// virtual time. `runtime.workers` does not count here.
    ///
    /// # Errors
    /// When the runtime does not take a socket.
    pub async fn run_here(self, orders: Orders) -> std::io::Result<DrainReport> {
        let workers = Workers::here_watched(&self.vitals);
        serving::run(self, workers, orders).await
    }
}

impl Builder {
    /// Registers a service under the name that `listener.NAME.service` has.
    #[must_use]
    pub fn service(mut self, name: &str, service: impl Service) -> Self {
        self.services.insert(name.to_owned(), Arc::new(service));
        self
    }

    /// Who decides who may join, publish and come with which token, on all relays, instead of the rules of the configuration.
    #[must_use]
    pub fn authority(mut self, authority: impl Authority + 'static) -> Self {
        self.authority = Some(Arc::new(authority));
        self
    }

    /// Counts that others bump too: the log's.
    #[must_use]
    pub fn stats(mut self, stats: Arc<ProcessStats>) -> Self {
        self.stats = stats;
        self
    }

    /// Called when the daemon is told to read its configuration again.
    #[must_use]
    pub fn on_reload(mut self, reload: impl FnMut() + Send + Sync + 'static) -> Self {
        self.on_reload = Box::new(reload);
        self
    }

    /// Binds everything. Spawns nothing.
    ///
    /// # Errors
    /// The first address, option or limit that the host refuses, with the remedy.
    pub fn build(self) -> Result<App, BuildError> {
        build::build(self)
    }
}
