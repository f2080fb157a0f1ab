//! The life of a client: connect, live, lose the connection, wait, come back, until there is a reason not to.
//!
//! ```text
//!   attempt ──WELCOME──► Connection::run ──lost──► Comeback::after ──none──► ended
//!      ▲                                                 │
//!      └──── its time has come, and events are taken ────┘
//! ```

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

use super::comeback::Comeback;
use super::connection::Connection;
use super::event::Event;
use super::queue::EventSender;
use super::request::Queued;
use super::state::State;
use super::{Connect, Error, Lost, Options};
use crate::protocol::{ClientFrame, Form, HELLO_MAX, Hello, LENGTH_BYTES, SessionName, VERSION};

/// What the program's end and the connection's end of a client share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Bytes of payload that may still be queued.
    pub(super) space: Arc<Semaphore>,
    pub(super) closing: CancellationToken,
    pub(super) ended: CancellationToken,
}

/// What outlives a connection.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    pub(super) requests: mpsc::Receiver<Queued>,
    pub(super) events: EventSender,
    pub(super) comeback: Comeback,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    is_closing: bool,
    /// Whoever waits for the end hears of it however it comes.
    _ended: DropGuard,
}

/// A client's connections, one after another.
#[derive(Debug)]
pub(super) struct Driver<C> {
    connect: C,
    desk: Desk,
}

impl Shared {
    pub(super) fn new(options: &Options) -> Arc<Self> {
        let state = State::new(options.ticket.clone());
        Arc::new(Self {
            state: Mutex::new(state),
            space: Arc::new(Semaphore::new(options.share_max() as usize)),
            closing: CancellationToken::new(),
            ended: CancellationToken::new(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of whoever asks something of a client that has ended.
    pub(super) fn ended_error(&self) -> Error {
        Error::Ended(self.state().ended.clone().unwrap_or(Lost::ByProgram))
    }
}

impl Desk {
    pub(super) fn new(
        shared: Arc<Shared>,
        options: Options,
        requests: mpsc::Receiver<Queued>,
        events: EventSender,
    ) -> Self {
        let comeback = Comeback::new(options.retry.clone(), Instant::now());
        let closing = Box::pin(shared.closing.clone().cancelled_owned());
        let ended = shared.ended.clone().drop_guard();
        Self { shared, options, requests, events, comeback, closing, is_closing: false, _ended: ended }
    }

    /// Ready when the program wants the client to end.
    pub(super) fn poll_closing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_closing {
            self.is_closing = self.closing.as_mut().poll(cx).is_ready();
        }
        if self.is_closing { Poll::Ready(()) } else { Poll::Pending }
    }

    fn end(&mut self, why: Lost) {
        self.shared.state().ended = Some(why.clone());
        self.shared.space.close();
        self.requests.close();
        self.events.push(Event::Disconnected { why, back_in: None });
    }
}

impl<C: Connect> Driver<C> {
    pub(super) fn new(connect: C, desk: Desk) -> Self {
        Self { connect, desk }
    }

    /// One attempt at a connection with WELCOME.
    pub(super) async fn attempt(&mut self) -> Result<Connection<C::Stream>, Lost> {
        let Desk { shared, options, events, comeback, .. } = &mut self.desk;
        let hello = hello(options, &shared.state().ticket);
        let opening = async {
            let stream = self.connect.connect().await.map_err(|error| Lost::io(&error))?;
            Connection::open(stream, &hello, options.frame_max, |welcome| shared.state().welcome(welcome))
                .await
        };
        let opened = timeout(options.connect_within, opening).await;
        let (connection, event) = opened.unwrap_or(Err(Lost::NoWelcome(options.connect_within)))?;
        comeback.welcomed(Instant::now());
        events.push(event);
        Ok(connection)
    }

    /// Lives with this connection and those after it.
    pub(super) async fn run(mut self, mut connection: Connection<C::Stream>) {
        loop {
            let lost = connection.run(&mut self.desk).await;
            // Closed before anything else: who takes our place must not wait for us.
            drop(connection);
            connection = match self.come_back(lost).await {
                Ok(next) => next,
                Err(why) => return self.desk.end(why),
            };
        }
    }

    async fn come_back(&mut self, mut lost: Lost) -> Result<Connection<C::Stream>, Lost> {
        let now = Instant::now();
        let left = self.desk.shared.state().cut(&lost);
        for event in left {
            self.desk.events.push(event);
        }
        let mut next = self.desk.comeback.after(&lost, now).ok_or_else(|| lost.clone())?;
        self.desk.events.push(Event::Disconnected { why: lost.clone(), back_in: Some(next - now) });
        loop {
            self.until(next).await?;
            let closing = self.desk.shared.closing.clone();
            let attempt = tokio::select! {
                biased;
                () = closing.cancelled() => return Err(Lost::ByProgram),
                attempt = self.attempt() => attempt,
            };
            match attempt {
                Ok(connection) => return Ok(connection),
                Err(why) => lost = why,
            }
            next = self.desk.comeback.after(&lost, Instant::now()).ok_or(lost)?;
        }
    }

    /// Waits for the time, and for space among the events: who takes none needs no connection yet.
    async fn until(&mut self, next: Instant) -> Result<(), Lost> {
        let Desk { shared, events, .. } = &mut self.desk;
        let due = async {
            sleep_until(next).await;
            std::future::poll_fn(|cx| events.poll_space(cx)).await;
        };
        tokio::select! {
            biased;
            () = shared.closing.cancelled() => Err(Lost::ByProgram),
            () = due => Ok(()),
        }
    }
}

/// HELLO with this ticket; without it where they would not fit together, since a new session is better than none.
fn hello(options: &Options, ticket: &[u8]) -> Vec<u8> {
    encode_hello(options, ticket).or_else(|_| encode_hello(options, &[])).unwrap_or_default()
}

/// Encodes HELLO, or says why the options make none.
pub(super) fn encode_hello(options: &Options, ticket: &[u8]) -> Result<Vec<u8>, Error> {
    let name = SessionName::new(options.name.as_bytes()).map_err(Error::BadName)?;
    let hello = Hello { lowest: VERSION, highest: VERSION, flags: 0, token: &options.token, ticket, name };
    let mut out = Vec::new();
    let fits = ClientFrame::Hello(hello).encode(Form::Stream, &mut out).is_ok();
    if !fits || out.len() > LENGTH_BYTES + HELLO_MAX {
        let bytes = options.token.len() + ticket.len() + options.name.len();
        return Err(Error::HelloTooLarge { bytes, max: HELLO_MAX });
    }
    Ok(out)
}
