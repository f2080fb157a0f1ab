//! `oread serve`: the binary around [`App`]. Starts the log, builds, says what listens where, runs, reports.

use std::sync::Arc;

use crate::app::{App, DrainReport};
use crate::cli::say;
use crate::config::{self, Effective, Loaded, Sources};
use crate::exit::Exit;
use crate::lifecycle::{Orders, signals, supervisor};
use crate::reason::ReloadOutcome;
use crate::stats::ProcessStats;
use crate::telemetry::log;

/// Runs what `loaded` says until a signal ends it; `sources` are read again on SIGHUP.
pub fn run(loaded: &Loaded, sources: &Sources) -> Exit {
    let stats = Arc::<ProcessStats>::default();
    let _log = match log::start(&loaded.settings.log, &stats) {
        Ok(guard) => guard,
        Err(problem) => return refuse(&problem, Exit::Config),
    };
    let app = App::builder(loaded.settings.clone())
        .stats(stats.clone())
        .on_reload(reload(loaded.effective.clone(), sources.clone(), stats))
        .build();
    let app = match app {
        Ok(app) => app,
        Err(error) => return refuse(&error, error.exit()),
    };
    app.telemetry().install();
    match carry(app) {
        Ok(report) => report.exit(),
        Err(error) => refuse(&error, Exit::Os),
    }
}

/// Runs the daemon on this thread's runtime, which carries admin and drain; sessions have threads of their own.
fn carry(app: App) -> std::io::Result<DrainReport> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (orderer, orders) = Orders::channel();
        signals::listen(orderer)?;
        announce(&app);
        let vitals = app.vitals();
        tokio::spawn(vitals.guard(supervisor::follow(app.readiness(), vitals.clone())));
        app.run(orders).await
    })
}

/// What listens where: on stdout for a person, all in one piece, and then in the log for the record.
fn announce(app: &App) {
    greet(app);
    for (settings, address) in app.listeners() {
        let (name, service, codec) = (settings.name.as_str(), settings.service.name(), settings.codec.name());
        tracing::info!(listener = name, service, codec, %address, "listening");
    }
    if let Some(address) = app.admin_address() {
        tracing::info!(%address, "admin address");
    }
    for (listener, options) in app.socket_options() {
        for option in options.iter().filter(|option| option.differs) {
            tracing::warn!(listener, "{option}");
        }
    }
    tracing::info!("{}", app.fitted());
}

fn greet(app: &App) {
    let line = |name: &str, answers: &str, address: &str| format!("  {name:<10} {answers:<24} {address}");
    let listeners = app.listeners().map(|(settings, address)| {
        let answers = format!("{}, {}", settings.service.name(), settings.codec.name());
        line(&settings.name, &answers, &address.to_string())
    });
    let admin =
        app.admin_address().map(|address| line("admin", "metrics and status", &format!("http://{address}")));
    let title = format!("oread {} (pid {})", env!("CARGO_PKG_VERSION"), std::process::id());
    let advice = "Ctrl-C drains and ends; a second one ends at once.".to_owned();
    let banner: Vec<String> = std::iter::once(title).chain(listeners).chain(admin).chain([advice]).collect();
    say::data(&banner.join("\n"));
}

/// Says what a new configuration would change; applying it comes later.
fn reload(running: Effective, sources: Sources, stats: Arc<ProcessStats>) -> impl FnMut() + Send + Sync {
    move || {
        supervisor::reloading(|| {
            let outcome = match config::load(&sources) {
                Ok(loaded) => tell(&config::diff(&running, &loaded.effective)),
                Err(problems) => refuse_reload(&problems),
            };
            stats.reloads[outcome as usize].add(1);
        });
    }
}

fn refuse_reload(problems: &config::Problems) -> ReloadOutcome {
    for problem in problems {
        tracing::error!(%problem, "reload refused: the configuration has a problem; the old one stays");
    }
    ReloadOutcome::Refused
}

fn tell(changes: &[config::Change]) -> ReloadOutcome {
    for change in changes {
        tracing::info!("a reload would change {change}; applying it needs a restart for now");
    }
    if changes.is_empty() {
        tracing::info!("the configuration says what is in force already");
        return ReloadOutcome::Unchanged;
    }
    ReloadOutcome::Reported
}

fn refuse(problem: &dyn std::fmt::Display, exit: Exit) -> Exit {
    say::note(&format!("oread: {problem}"));
    exit
}
