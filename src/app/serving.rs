//! A daemon that runs: workers, accept loops, the admin address, orders. The drain has a file of its own.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::directory::{self, Present};
use super::drain::{self, DrainReport};
use super::status::{Overview, Watched};
use super::{App, BoundListener, watching};
use crate::admin::{self, AdminLimits, AdminState};
use crate::admission::{ListenerGate, ProcessGate};
use crate::lifecycle::{Order, Orders};
use crate::line_budget::LineBudget;
use crate::listener::{AcceptLoop, AcceptRate, COMPLAINT_INTERVAL, Refusals, Source};
use crate::session::context::{Commons, Context};
use crate::session::machine::Rules;
use crate::socket::Listening;
use crate::telemetry::{ListenerFacts, Telemetry};
use crate::worker::Workers;

/// Lines about ended sessions in a second.
const ENDINGS_A_SECOND: u32 = 10;
/// How often samples of histograms are moved into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// The parts of a running daemon that its end needs.
pub(super) struct Running {
    pub(super) workers: Workers,
    pub(super) gate: Arc<ProcessGate>,
    pub(super) commons: Arc<Commons>,
    complaints: Arc<LineBudget>,
    /// Turned true, it ends all accept loops.
    pub(super) stop_accepting: watch::Sender<bool>,
    /// Unix socket files, removed when the daemon ends.
    #[cfg(unix)]
    pub(super) files: Vec<crate::socket::SocketFile>,
}

pub(super) async fn run(mut app: App, workers: Workers, mut orders: Orders) -> io::Result<DrainReport> {
    let limits = &app.settings.limits;
    let endings = LineBudget::new(ENDINGS_A_SECOND, Duration::from_secs(1), Instant::now());
    let mut running = Running {
        workers,
        gate: ProcessGate::new(app.fitted.sessions),
        commons: Arc::new(Commons::new(app.queued.clone(), limits.partial_frames, endings)),
        complaints: Arc::new(LineBudget::new(1, COMPLAINT_INTERVAL, Instant::now())),
        stop_accepting: watch::Sender::new(false),
        #[cfg(unix)]
        files: Vec::new(),
    };
    publish_limits(&app, &running);
    let watched = start_listeners(&mut app, &mut running).await?;
    let admin = start_admin(&mut app, &running, watched);
    app.readiness.ready();

    tokio::select! {
        () = obey(&mut orders, &mut app.on_reload) => {}
        () = app.vitals.broken() => {
            tracing::error!("a part that the daemon cannot do without panicked; it drains, to be started again");
        }
    }
    let mut report = drain::drain(&running, &mut orders, &app.settings.drain, &app.readiness).await;
    report.broken = app.vitals.is_broken();
    admin.end().await;
    Ok(report)
}

/// Carries out orders until one says to stop.
async fn obey(orders: &mut Orders, reload: &mut super::Reload) {
    loop {
        match orders.next().await {
            Order::Stop => return,
            Order::Reload => reload(),
        }
    }
}

fn publish_limits(app: &App, running: &Running) {
    let level = |limit: u64| i64::try_from(limit).unwrap_or(i64::MAX);
    app.stats.sessions_limit.add(level(app.fitted.sessions));
    app.stats.partial_limit.add(level(running.commons.partial.limit()));
    app.stats.queued_limit.add(level(running.commons.queued.limit()));
    app.stats.workers.add(level(running.workers.all().len() as u64));
    for (number, worker) in running.workers.all().iter().enumerate() {
        app.telemetry.runtime(&format!("worker-{number}"), worker.handle());
    }
}

async fn start_listeners(app: &mut App, running: &mut Running) -> io::Result<Vec<Watched>> {
    let mut watched = Vec::new();
    for listener in std::mem::take(&mut app.listeners) {
        watched.push(start_listener(app, running, listener).await?);
    }
    Ok(watched)
}

/// Starts the accept loops of one listener: one for each of its sockets, each on a worker.
async fn start_listener(app: &App, running: &mut Running, listener: BoundListener) -> io::Result<Watched> {
    let BoundListener { settings, bound, host } = listener;
    let limits = &settings.limits;
    let gate = ListenerGate::new(running.gate.clone(), limits.sessions, limits.sessions_per_ip);
    let contexts = contexts(&app.telemetry, running, &settings);
    host.start(&contexts[0]);
    let refusals = Arc::new(Refusals::new(Instant::now()));
    let sockets = bound.listeners.len();
    for (number, socket) in bound.listeners.into_iter().enumerate() {
        let mut served = contexts.clone();
        let home = number % served.len();
        // A worker with an accept socket of its own keeps what comes in there.
        if sockets > 1 {
            served = vec![served[home].clone()];
        } else {
            served.rotate_left(home);
        }
        let accept = AcceptLoop {
            gate: gate.clone(),
            process: running.gate.clone(),
            host: host.clone(),
            contexts: served,
            options: bound.accepted.clone(),
            reserve: app.reserve.clone(),
            rate: AcceptRate::per_second(limits.accept_rate.div_ceil(sockets as u64)),
            refusals: refusals.clone(),
            complaints: running.complaints.clone(),
        };
        start_accepting(accept, socket, running.stop_accepting.subscribe()).await?;
    }
    #[cfg(unix)]
    running.files.extend(bound.file);
    Ok(Watched {
        settings,
        local: bound.local,
        readings: bound.readings,
        gate,
        blocks: contexts.iter().map(|c| c.stats.clone()).collect(),
    })
}

fn contexts(
    telemetry: &Telemetry,
    running: &Running,
    settings: &crate::settings::ListenerSettings,
) -> Vec<Arc<Context>> {
    let facts = ListenerFacts {
        name: settings.name.clone(),
        transport: settings.bind.transport(),
        service: settings.service.name().to_owned(),
        sessions_limit: settings.limits.sessions,
        rooms_limit: directory::rooms_limit(settings),
    };
    let workers = running.workers.all();
    let name: Arc<str> = settings.name.as_str().into();
    let context = |(worker, stats)| {
        Arc::new(Context {
            listener: Arc::clone(&name),
            rules: Rules::new(settings),
            worker: Arc::clone(worker),
            stats,
            process: running.commons.clone(),
        })
    };
    workers.iter().zip(telemetry.listener(&facts, workers.len())).map(context).collect()
}

/// Registers the socket on the worker where its loop will run, so that an error shows before the daemon is ready.
async fn start_accepting(
    accept: AcceptLoop,
    socket: Listening,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let worker = accept.contexts[0].worker.clone();
    let here = worker.clone();
    let registered = worker.handle().spawn(async move {
        let source = Source::register(socket)?;
        here.spawn_vital(accept.run(source, stop));
        Ok(())
    });
    registered.await.map_err(io::Error::other)?
}

/// What runs beside the sessions, and how to end it.
struct Beside {
    stop: CancellationToken,
    admin: Option<JoinHandle<()>>,
}

impl Beside {
    /// Lets the admin address finish the answers under way, which it does within a second.
    async fn end(self) {
        self.stop.cancel();
        if let Some(admin) = self.admin {
            // A panic in it has been reported by its hook.
            let _ = admin.await;
        }
    }
}

fn start_admin(app: &mut App, running: &Running, listeners: Vec<Watched>) -> Beside {
    let stop = CancellationToken::new();
    tokio::spawn(app.vitals.guard(upkeep(app.telemetry.clone(), stop.clone())));
    let watch = watching::watch(
        app.vitals.clone(),
        app.settings.runtime.stuck_after,
        app.stats.clone(),
        stop.clone(),
    );
    tokio::spawn(app.vitals.guard(watch));
    let Some(socket) = app.admin.take() else { return Beside { stop, admin: None } };
    let present = Present {
        listeners: listeners.iter().map(|listener| listener.settings.name.as_str().into()).collect(),
        workers: running.workers.all().to_vec(),
        houses: app.houses.clone(),
    };
    let status = Overview {
        started: Instant::now(),
        readiness: app.readiness.clone(),
        gate: running.gate.clone(),
        commons: running.commons.clone(),
        workers: running.workers.all().to_vec(),
        listeners,
    };
    let state = AdminState {
        telemetry: app.telemetry.clone(),
        readiness: app.readiness.clone(),
        vitals: app.vitals.clone(),
        status: Arc::new(status),
        directory: Arc::new(present),
        token: app.token.take(),
        limits: AdminLimits::default(),
        reserve: app.reserve.clone(),
    };
    let stopping = stop.clone();
    let admin = tokio::spawn(app.vitals.guard(async move {
        if let Err(error) = admin::serve(socket, Arc::new(state), stopping).await {
            tracing::error!(%error, "the admin address is not served");
        }
    }));
    Beside { stop, admin: Some(admin) }
}

async fn upkeep(telemetry: Arc<Telemetry>, stop: CancellationToken) {
    while tokio::time::timeout(UPKEEP, stop.cancelled()).await.is_err() {
        telemetry.upkeep();
    }
}
