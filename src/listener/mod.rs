//! Listeners: accept, admit, hand over. An accept loop owns one listening socket and lives on one worker; what it accepts goes to the
//! worker with the fewest sessions, or stays where it is when each worker has an accept socket of its own.
//!
//! An accept loop ends only when it is told to. It never spins: see [`crate::backoff`].

mod host;
mod rate;
mod refusals;
mod transport;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::watch;

pub use host::Host;
pub use transport::{Source, Stream};

use crate::admission::{ListenerGate, ProcessGate};
use crate::backoff::{self, Backoff};
use crate::descriptors::Reserve;
use crate::line_budget::LineBudget;
use crate::peer::Peer;
use crate::reason::RefuseReason;
use crate::session::context::Context;
use crate::socket::AcceptOptions;
pub use rate::AcceptRate;
pub use refusals::Refusals;
use transport::Parcel;

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
    /// Options that a stream does not inherit from its listening socket.
    pub options: AcceptOptions,
    /// While it is not whole, what descriptors there are belong to the admin address.
    pub reserve: Reserve,
    /// Connections a second.
    pub rate: AcceptRate,
    /// What is said of those that are refused, for all sockets of the listener together.
    pub refusals: Arc<Refusals>,
    /// How often trouble is worth a line, for all accept loops together.
    pub complaints: Arc<LineBudget>,
}

impl AcceptLoop {
    /// Accepts until `stop` turns true.
    pub async fn run(mut self, source: Source, mut stop: watch::Receiver<bool>) {
        let mut backoff = Backoff::default();
        let process = self.process.clone();
        loop {
            // From before the attempt, so that a descriptor freed during it is not waited for.
            let freed = process.freed();
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                accepted = self.next(&source) => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    backoff.succeeded();
                    self.rate.take();
                    self.welcome(stream, peer);
                }
                Err(error) => self.wait_out(&error, &mut backoff, freed, &mut stop).await,
            }
        }
    }

    async fn next(&self, source: &Source) -> io::Result<(Stream, Peer)> {
        self.rate.ready().await;
        if !self.reserve.is_whole() {
            return Err(backoff::out_of_descriptors());
        }
        source.accept().await
    }

    fn welcome(&self, stream: Stream, peer: Peer) {
        let local = &self.contexts[0];
        let admission = match self.gate.admit(peer) {
            Ok(admission) => admission,
            Err(reason) => return self.refusals.note(local, peer, reason),
        };
        if let Err(error) = stream.configure(&self.options) {
            tracing::debug!(listener = &*local.listener, %peer, %error, "a connection could not be set up");
            return self.refusals.note(local, peer, RefuseReason::Setup);
        }
        let context = self.contexts.iter().min_by_key(|context| context.worker.load()).unwrap_or(local);
        if Arc::ptr_eq(context, local) {
            self.host.seat(stream, context.clone(), admission);
            return;
        }
        let (host, context, refusals) = (self.host.clone(), context.clone(), self.refusals.clone());
        let worker = context.worker.clone();
        let parcel = stream.pack();
        let coming = worker.expect_session();
        worker.handle().spawn(async move {
            let _until_seated = coming;
            match parcel.and_then(Parcel::unpack) {
                Ok(stream) => host.seat(stream, context, admission),
                Err(_) => refusals.note(&context, peer, RefuseReason::Setup),
            }
        });
    }

    async fn wait_out(
        &self,
        error: &io::Error,
        backoff: &mut Backoff,
        freed: Notified<'_>,
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
                () = freed => {}
            }
        })
        .await;
    }
}

/// How long an accept loop's complaints are gathered into one line.
pub const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);
