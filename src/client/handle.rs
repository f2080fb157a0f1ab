//! The program's end of a client: each call becomes a request in a bounded queue, and an answer that can be awaited.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::account::RoomState;
use super::driver::{Desk, Driver, Shared, encode_hello};
use super::queue::{self, Events, Owner};
use super::request::{Queued, Request};
use super::{Connect, Content, Error, JoinOptions, Membership, Options, Receipt};
use crate::peer::SessionId;
use crate::protocol::RoomName;

/// A client of a relay. Clones are the same client; it ends when it is closed, or when all clones and its [`Events`] are dropped.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
    requests: mpsc::Sender<Queued>,
    /// The most that one payload may ask of the queue's bytes.
    share_max: u32,
    _owner: Owner,
}

/// A receipt that is on its way. Dropping it gives up the receipt, not the message.
#[derive(Debug)]
pub struct PendingReceipt {
    answer: oneshot::Receiver<Result<Receipt, Error>>,
    shared: Arc<Shared>,
}

impl Client {
    /// Connects, says HELLO and waits for WELCOME, once: a first connection that fails is an error. Those lost later are made again.
    ///
    /// Runs on the Tokio runtime from which it is called.
    pub async fn connect<C: Connect>(connect: C, options: Options) -> Result<(Self, Events), Error> {
        encode_hello(&options, &options.ticket)?;
        let shared = Shared::new(&options);
        let owner = Arc::new(shared.closing.clone().drop_guard());
        let (requests, received) = mpsc::channel(options.requests.clamp(1, Semaphore::MAX_PERMITS));
        let (sender, events) = queue::queue(options.events, options.event_bytes, owner.clone());
        let share_max = options.share_max();
        let mut driver = Driver::new(connect, Desk::new(shared.clone(), options, received, sender));
        let connection = driver.attempt().await.map_err(Error::NotConnected)?;
        tokio::spawn(driver.run(connection));
        Ok((Self { shared, requests, share_max, _owner: owner }, events))
    }

    /// Joins a room and waits until it is joined. In a room already, it changes `presence`, `own` and `publish_only`.
    ///
    /// From here on the client joins it again whenever it comes back, until it leaves.
    pub async fn join(&self, room: &str, options: JoinOptions) -> Result<Membership, Error> {
        RoomName::new(room.as_bytes()).map_err(Error::BadName)?;
        self.ask(|reply| Request::Join { room: room.into(), options, reply }).await
    }

    /// Leaves a room and waits until it is left. A connection that is lost meanwhile leaves it, too.
    pub async fn leave(&self, room: &str) -> Result<(), Error> {
        self.ask(|reply| Request::Leave { room: room.into(), reply }).await
    }

    /// Says something to a room, at most once: at a cut it may be lost without a word. Waits while the queue is full.
    ///
    /// A refusal of the server comes as [`Event::Error`](super::Event::Error).
    pub async fn publish(&self, room: &str, content: impl Into<Content>) -> Result<(), Error> {
        let content = content.into();
        self.check(Some(room), &content)?;
        self.queue_content(content, |content| Request::Publish { room: room.into(), content, reply: None })
            .await
    }

    /// Says something to a room and asks for a receipt. Waits while the queue is full; the receipt is awaited apart, so that more
    /// can be said meanwhile and stays in order:
    /// ```no_run
    /// # async fn example(client: oread::client::Client) -> Result<(), oread::client::Error> {
    /// let first = client.publish_for_receipt("lobby", "one").await?;
    /// let second = client.publish_for_receipt("lobby", "two").await?;
    /// assert!(first.await?.position < second.await?.position);
    /// # Ok(()) }
    /// ```
    /// A receipt comes over the same connection as events: a program that awaits it in the task that takes events must not let those fill up.
    pub async fn publish_for_receipt(
        &self,
        room: &str,
        content: impl Into<Content>,
    ) -> Result<PendingReceipt, Error> {
        let content = content.into();
        self.check(Some(room), &content)?;
        let (reply, receipt) = self.receipt();
        let request = |content| Request::Publish { room: room.into(), content, reply: Some(reply) };
        self.queue_content(content, request).await?;
        Ok(receipt)
    }

    /// Says something to one session that shares a room with this one, at most once.
    pub async fn send(&self, to: SessionId, content: impl Into<Content>) -> Result<(), Error> {
        let content = content.into();
        self.check(None, &content)?;
        self.queue_content(content, |content| Request::Send { to, content, reply: None }).await
    }

    /// The same with a receipt, which says that it waits for its recipient.
    pub async fn send_for_receipt(
        &self,
        to: SessionId,
        content: impl Into<Content>,
    ) -> Result<PendingReceipt, Error> {
        let content = content.into();
        self.check(None, &content)?;
        let (reply, receipt) = self.receipt();
        self.queue_content(content, |content| Request::Send { to, content, reply: Some(reply) }).await?;
        Ok(receipt)
    }

    /// The account of a room that the client is in, as of what has arrived.
    pub fn room(&self, room: &str) -> Option<RoomState> {
        self.shared.state().rooms.get(room).map(|room| room.account)
    }

    /// The session's number, by which others know it. Another one after a loss that could not be resumed.
    pub fn session(&self) -> Option<SessionId> {
        self.shared.state().welcome.as_ref().map(|welcome| welcome.session)
    }

    /// What makes another connection this session again, for a program that wants to come back after its own restart: see
    /// [`Options::ticket`]. A secret. Each connection has a new one.
    pub fn ticket(&self) -> Vec<u8> {
        self.shared.state().ticket.clone()
    }

    /// Frames that meant nothing to this client: types of later versions, and answers to nothing.
    pub fn ignored_frames(&self) -> u64 {
        self.shared.state().ignored
    }

    /// Sends what is queued, waits for the answers that are awaited, both for [`Options::close_within`] at most, and ends the client
    /// with all its clones.
    pub async fn close(self) {
        self.shared.closing.cancel();
        self.shared.ended.cancelled().await;
    }

    /// What can be told without the server.
    fn check(&self, room: Option<&str>, content: &Content) -> Result<(), Error> {
        let state = self.shared.state();
        if let Some(lost) = &state.ended {
            return Err(Error::Ended(lost.clone()));
        }
        if let Some(room) = room.filter(|room| !state.rooms.contains_key(*room)) {
            return Err(Error::NotJoined(room.into()));
        }
        let (bytes, max) = (content.bytes().len(), state.max_payload());
        if bytes > max { Err(Error::TooLarge { bytes, max }) } else { Ok(()) }
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Request,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.queue(Queued { request: request(reply), _share: None }).await?;
        answer.await.unwrap_or_else(|_| Err(self.shared.ended_error()))
    }

    async fn queue_content(
        &self,
        content: Content,
        request: impl FnOnce(Content) -> Request,
    ) -> Result<(), Error> {
        let bytes = u32::try_from(content.bytes().len()).unwrap_or(u32::MAX).min(self.share_max);
        let share = self.shared.space.clone().acquire_many_owned(bytes).await;
        let share = share.map_err(|_| self.shared.ended_error())?;
        self.queue(Queued { request: request(content), _share: Some(share) }).await
    }

    async fn queue(&self, queued: Queued) -> Result<(), Error> {
        self.requests.send(queued).await.map_err(|_| self.shared.ended_error())
    }

    fn receipt(&self) -> (oneshot::Sender<Result<Receipt, Error>>, PendingReceipt) {
        let (reply, answer) = oneshot::channel();
        (reply, PendingReceipt { answer, shared: self.shared.clone() })
    }
}

impl Future for PendingReceipt {
    type Output = Result<Receipt, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.answer).poll(cx));
        Poll::Ready(answer.unwrap_or_else(|_| Err(self.shared.ended_error())))
    }
}
