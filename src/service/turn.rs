//! A turn: when and where a service is asked.

use std::sync::Arc;

use crate::codec::Codec;
use crate::handle::{Handle, Wake, ring};
use crate::peer::Peer;
use crate::stats::ListenerStats;
use crate::tick::Tick;
use crate::worker::Worker;

/// One session's turn on its worker.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    /// The moment.
    pub now: Tick,
    /// The session as others see it.
    pub handle: &'a Arc<Handle>,
    /// How its bytes become frames.
    pub codec: &'a Codec,
    /// The worker on which it lives.
    pub worker: &'a Worker,
    /// What the sessions of its listener count on this worker.
    pub stats: &'a Arc<ListenerStats>,
}

impl Turn<'_> {
    /// Who is at the other end.
    pub fn peer(&self) -> Peer {
        self.handle.peer()
    }

    /// Wakes these sessions, on whichever worker they live.
    pub fn ring(&self, wakes: Vec<Wake>) {
        if !wakes.is_empty() {
            ring(Some(self.worker.bell()), wakes);
        }
    }
}
