//! What a program asks of its client, on its way from the call to the wire.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{Content, Error, JoinOptions, Membership, Receipt};
use crate::peer::SessionId;

/// The caller who waits for an answer.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// Something that a program asked for.
#[derive(Debug)]
pub(super) enum Request {
    Join { room: Arc<str>, options: JoinOptions, reply: Reply<Membership> },
    Leave { room: Arc<str>, reply: Reply<()> },
    Publish { room: Arc<str>, content: Content, reply: Option<Reply<Receipt>> },
    Send { to: SessionId, content: Content, reply: Option<Reply<Receipt>> },
}

/// A request that waits, and its share of the bytes that may.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) request: Request,
    pub(super) _share: Option<OwnedSemaphorePermit>,
}

/// Answers; whether someone still waits is nobody's concern.
pub(super) fn answer<T>(reply: Option<Reply<T>>, with: Result<T, Error>) {
    if let Some(reply) = reply {
        let _ = reply.send(with);
    }
}
