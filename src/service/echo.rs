//! Echo: each frame goes back to its sender. The run of frames is written as it stands, in one write.

use super::{Batch, Next, Reply, Service, Talk, Turn};

/// The echo service. Keeps nothing for a session.
#[derive(Debug, Clone, Copy, Default)]
pub struct Echo;

impl Service for Echo {
    type Talk = Self;

    fn open(&self, _: &Turn<'_>) -> Self {
        Self
    }
}

impl Talk for Echo {
    fn answer(&mut self, _: &Turn<'_>, _: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next {
        reply.echo();
        Next::Go
    }
}
