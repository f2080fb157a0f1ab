//! Listeners: accept, admit, hand over. An accept loop owns one listening socket and lives on one worker; what it accepts goes to the
//! worker with the fewest sessions, or stays where it is when each worker has an accept socket of its own.
//!
//! An accept loop ends only when it is told to. It never spins: see [`backoff`].

pub mod backoff;
mod host;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use host::Host;
pub use transport::{Bound, Source, Stream};

use crate::admission::{ListenerGate, ProcessGate};
use crate::peer::Peer;
use crate::session::context::Context;
use crate::telemetry::LineBudget;
use backoff::Backoff;

/// One accept socket and where its streams go.
pub struct AcceptLoop {
    /// Places on the listener.
    pub gate: Arc<ListenerGate>,
    /// Told when a session ends anywhere: a descriptor is free.
    pub process: Arc<ProcessGate>,
    /// The listener's service.
    pub host: Arc<dyn Host>,
    /// One for each worker that this socket serves; the first is the one on which the loop runs.
    pub contexts: Vec<Arc<Context>>,
    /// Sets what the platform does not let a stream inherit from its listening socket.
    pub configure: fn(&Stream) -> std::io::Result<()>,
    /// How often trouble is worth a line.
    pub complaints: LineBudget,
}

impl AcceptLoop {
    /// Accepts until `stop` turns true.
    pub async fn run(self, source: Source, mut stop: watch::Receiver<bool>) {
        let mut backoff = Backoff::default();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                accepted = source.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    backoff.succeeded();
                    self.welcome(stream, peer);
                }
                Err(error) => self.wait_out(&error, &mut backoff, &mut stop).await,
            }
        }
    }

    fn welcome(&self, stream: Stream, peer: Peer) {
        let local = &self.contexts[0];
        let admission = match self.gate.admit(peer) {
            Ok(admission) => admission,
            Err(reason) => return local.stats.refused[reason as usize].add(1),
        };
        let context = self.contexts.iter().min_by_key(|context| context.worker.load()).unwrap_or(local);
        if Arc::ptr_eq(context, local) {
            self.host.seat(stream, context.clone(), admission);
            return;
        }
        let (host, context) = (self.host.clone(), context.clone());
        let Ok(parcel) = stream.pack() else { return };
        let worker = context.worker.clone();
        worker.handle().spawn(async move {
            if let Ok(stream) = parcel.unpack() {
                host.seat(stream, context, admission);
            }
        });
    }

    async fn wait_out(
        &self,
        error: &std::io::Error,
        backoff: &mut Backoff,
        stop: &mut watch::Receiver<bool>,
    ) {
        let fault = backoff::classify(error);
        let local = &self.contexts[0];
        local.stats.accept_faults[fault as usize].add(1);
        let wait = backoff.failed(fault);
        if wait.is_zero() {
            return;
        }
        if let Some(leave) = self.complaints.allow(std::time::Instant::now()) {
            tracing::warn!(
                listener = &*local.listener, kind = fault.word(), %error, wait_ms = wait.as_millis(),
                lines_held_back = leave.suppressed, "cannot accept connections at the moment"
            );
        }
        let _ = tokio::time::timeout(wait, async {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = self.process.freed() => {}
            }
        })
        .await;
    }
}

/// How long an accept loop's complaints are gathered into one line.
pub const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);
