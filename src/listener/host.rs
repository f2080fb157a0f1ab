//! Where a listener's streams meet its service: the only place that knows both types, and the only one that spawns sessions.

use std::sync::Arc;

use super::transport::Stream;
use crate::admission::Admission;
use crate::reason::RefuseReason;
use crate::service::Service;
use crate::session::Session;
use crate::session::context::Context;

/// A service with its type forgotten, so that listeners with different services stand in one list.
pub trait Host: Send + Sync {
    /// Spawns a session over `stream` on the worker of `context`, which must be the caller's.
    fn seat(&self, stream: Stream, context: Arc<Context>, admission: Admission);
}

impl<S: Service> Host for S {
    fn seat(&self, stream: Stream, context: Arc<Context>, admission: Admission) {
        let worker = context.worker.clone();
        let stats = context.stats.clone();
        let seated = match stream {
            Stream::Tcp(io) => {
                Session::new(io, self, context, admission).map(|session| worker.handle().spawn(session))
            }
            #[cfg(unix)]
            Stream::Unix(io) => {
                Session::new(io, self, context, admission).map(|session| worker.handle().spawn(session))
            }
        };
        if seated.is_none() {
            stats.refused[RefuseReason::Setup as usize].add(1);
        }
    }
}
