//! Services: what answers the frames of a session. Echo is one; an embedding program brings its own.
//!
//! A service sees runs of whole frames and says what to write. It never sees a socket, a partial frame, a timer or another
//! session's buffer, and it does not wait: what takes long belongs into a task of the service's own.

mod batch;
mod echo;
mod reply;

pub use batch::Batch;
pub use echo::Echo;
pub use reply::Reply;

use crate::peer::{Peer, SessionId};

/// A service: one for each listener.
pub trait Service: Send + Sync + 'static {
    /// What it keeps for each session. Counts towards the memory of idle sessions: keep it small.
    type Talk: Talk;

    /// A session begins. Not called for connections that were refused.
    fn open(&self, session: SessionId, peer: Peer) -> Self::Talk;
}

/// One session's side of a service. Dropped when the session ends, for whatever reason.
pub trait Talk: Send + Unpin + 'static {
    /// Answers a run of whole frames. Called once for each read that finished at least one frame.
    fn answer(&mut self, batch: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next;
}

/// What happens to the session after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It goes on.
    Go,
    /// It ends with the reason `service`, after what it is owed has been sent.
    Close,
}
