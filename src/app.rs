//! tmp
use crate::admission::*;
use crate::listener::*;
use crate::session::context::*;
use crate::session::machine::Rules;
use crate::settings::*;
use crate::stats::ListenerStats;
use crate::telemetry::LineBudget;
use crate::worker::Workers;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// tmp
pub fn run(settings: &Settings) -> std::io::Result<()> {
    let workers = Workers::start(settings.runtime.workers.get())?;
    let process = ProcessGate::new(18_000);
    let commons = Arc::new(Commons::new(
        settings.limits.queued,
        settings.limits.partial_frames,
        LineBudget::new(10, Duration::from_secs(1), Instant::now()),
    ));
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    for listener in &settings.listeners {
        let gate =
            ListenerGate::new(process.clone(), listener.limits.sessions, listener.limits.sessions_per_ip);
        let contexts: Vec<_> = workers
            .all()
            .iter()
            .map(|worker| {
                Arc::new(Context {
                    listener: listener.name.as_str().into(),
                    rules: Rules::new(listener),
                    worker: worker.clone(),
                    stats: Arc::new(ListenerStats::new(
                        metrics::Histogram::noop(),
                        metrics::Histogram::noop(),
                    )),
                    process: commons.clone(),
                })
            })
            .collect();
        let Address::Tcp(a) = listener.bind else { continue };
        let s = std::net::TcpListener::bind(a)?;
        s.set_nonblocking(true)?;
        let so = socket2::SockRef::from(&s);
        so.listen(4096)?;
        so.set_tcp_nodelay(true)?;
        let al = AcceptLoop {
            gate,
            process: process.clone(),
            host: Arc::new(crate::service::Echo),
            contexts: contexts.clone(),
            configure: |_| Ok(()),
            complaints: LineBudget::new(1, COMPLAINT_INTERVAL, Instant::now()),
        };
        let stopped = stopped.clone();
        contexts[0].worker.handle().spawn(async move {
            if let Ok(src) = Bound::Tcp(s).register() {
                al.run(src, stopped).await
            }
        });
    }
    loop {
        std::thread::park();
    }
}
