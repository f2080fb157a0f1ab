//! Where a listener's streams meet its service: the only place that knows both types, and the only one that spawns sessions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::transport::Stream;
use crate::admission::Admission;
use crate::reason::RefuseReason;
use crate::service::Service;
use crate::session::Session;
use crate::session::context::Context;
use crate::socket;

/// A service with its type forgotten, so that listeners with different services stand in one list.
pub trait Host: Send + Sync {
    /// Spawns a session over `stream` on the worker of `context`, which must be the caller's.
    fn seat(&self, stream: Stream, context: Arc<Context>, admission: Admission);

    /// The daemon begins to serve: the service starts what it needs beside its sessions, on the worker of `context`.
    fn start(&self, context: &Context);
}

impl<S: Service> Host for S {
    fn start(&self, context: &Context) {
        Service::start(self, &context.worker, &context.stats);
    }

    fn seat(&self, stream: Stream, context: Arc<Context>, admission: Admission) {
        let stats = context.stats.clone();
        // A service that panics as it opens a session takes neither the accept loop nor another session with it.
        let seated = catch_unwind(AssertUnwindSafe(|| match stream {
            Stream::Tcp(io) => spawn(io, socket::in_flight, self, context, admission),
            #[cfg(unix)]
            // What is sent is with the peer at once.
            Stream::Unix(io) => spawn(io, |_| false, self, context, admission),
        }));
        if !seated.is_ok_and(|seated| seated) {
            stats.refused[RefuseReason::Setup as usize].add(1);
        }
    }
}

/// Says whether there was a seat for it.
fn spawn<Io, S>(
    io: Io,
    in_flight: fn(&Io) -> bool,
    service: &S,
    context: Arc<Context>,
    admission: Admission,
) -> bool
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service,
{
    let worker = context.worker.clone();
    let session = Session::new(io, service, context, admission);
    session.map(|session| worker.handle().spawn(session.asking(in_flight))).is_some()
}
