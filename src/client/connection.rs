//! One connection that stands: everything that is read, written and waited for, in one future.
//!
//! Reading comes before writing, and goes on when writing fails: the server's last word may stand unread before our own write fails,
//! and whether to come back hangs on that word (`replaced`).
//!
//! While events wait to be taken nothing is read and the clock of silence stands; requests and PINGs go on.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::driver::Desk;
use super::event::Event;
use super::inbox::Inbox;
use super::sending::Sending;
use super::{Lost, Refusal};
use crate::protocol::{
    ClientFrame, ErrorCode, FRAME_MAX_LEAST, MESSAGE_OVERHEAD, Ping, Pong, ServerFrame, Welcome,
};

/// Bytes of one read.
const READ: usize = 16 << 10;
/// Rounds of one turn; then others on the thread have theirs.
const ROUNDS: usize = 32;
/// The longest first frame: a WELCOME with the longest ticket and more.
const FIRST_FRAME: usize = 128 << 10;
/// How long the server's last word is waited for when nothing can be written any more.
const LAST_WORD: Duration = Duration::from_secs(1);

/// The longest goodbye.
const GOODBYE_MAX: Duration = Duration::from_hours(1);

/// A connection on which WELCOME has come.
#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    inbox: Inbox,
    out: Sending,
    read: Box<[u8]>,
    frame_max: usize,
    pong: Option<[u8; 8]>,
    heard: Instant,
    pinged: Instant,
    paused: bool,
    /// Why nothing can be written any more, and until when to read nevertheless.
    broken: Option<(Lost, Instant)>,
    /// When the program's goodbye is over at the latest.
    closes_at: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Says HELLO and waits for WELCOME. The caller sets the deadline.
    pub(super) async fn open<T>(
        mut stream: S,
        hello: &[u8],
        frame_max: usize,
        welcome: impl FnOnce(&Welcome<'_>) -> T,
    ) -> Result<(Self, T), Lost> {
        let sent = async {
            stream.write_all(hello).await?;
            stream.flush().await
        };
        // A server may refuse before it has read HELLO: what it says counts more than that our write failed.
        let sent = sent.await;
        let mut connection = Self::new(stream);
        loop {
            if let Some(frame) = connection.inbox.next(FIRST_FRAME)? {
                match ServerFrame::decode(frame).map_err(Lost::BadFrame)? {
                    ServerFrame::Welcome(frame) => {
                        let longest = (frame.max_payload as usize).saturating_add(MESSAGE_OVERHEAD);
                        let welcomed = welcome(&frame);
                        connection.frame_max = longest.max(FRAME_MAX_LEAST).min(frame_max);
                        return Ok((connection, welcomed));
                    }
                    ServerFrame::Error(error) => return Err(Lost::Server(Refusal::new(&error))),
                    frame => return Err(Lost::NotWelcome(frame.kind())),
                }
            }
            let read = connection.stream.read(&mut connection.read).await;
            match (read, &sent) {
                (Ok(0), Ok(())) => return Err(connection.ended()),
                (Ok(0) | Err(_), Err(error)) => return Err(Lost::io(error)),
                (Err(error), Ok(())) => return Err(Lost::io(&error)),
                (Ok(count), _) => connection.inbox.extend(&connection.read[..count]),
            }
        }
    }

    fn new(stream: S) -> Self {
        let now = Instant::now();
        Self {
            stream,
            inbox: Inbox::default(),
            out: Sending::default(),
            read: vec![0; READ].into(),
            frame_max: FIRST_FRAME,
            pong: None,
            heard: now,
            pinged: now,
            paused: false,
            broken: None,
            closes_at: None,
            timer: Box::pin(sleep_until(now)),
        }
    }

    /// Lives until the connection ends, and says why it did.
    pub(super) async fn run(&mut self, desk: &mut Desk) -> Lost {
        if let Err(misfit) = desk.shared.state().rejoin(self.out.bytes()) {
            debug_assert!(false, "a room that could be joined can be joined again: {misfit}");
        }
        let lost = std::future::poll_fn(|cx| self.poll(cx, desk)).await;
        if lost == Lost::ByProgram {
            // What the peer still sends is not waited for; it sees the end of ours.
            let _ = tokio::time::timeout(LAST_WORD, self.stream.shutdown()).await;
        }
        lost
    }

    fn poll(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> Poll<Lost> {
        for _ in 0..ROUNDS {
            match self.round(cx, desk) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(lost) => return Poll::Ready(lost),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Everything once: whether something moved.
    fn round(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> Result<bool, Lost> {
        self.take_frames(cx, desk)?;
        let read = !self.paused && self.poll_read(cx)?;
        let asked = self.take_requests(cx, desk);
        let wrote = self.poll_write(cx);
        self.look_for_goodbye(cx, desk)?;
        let ticked = self.poll_clocks(cx, desk)?;
        Ok(read || asked || wrote || ticked)
    }

    fn take_frames(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> Result<(), Lost> {
        loop {
            if desk.events.poll_space(cx).is_pending() {
                self.paused = true;
                return Ok(());
            }
            if std::mem::take(&mut self.paused) {
                // Silence is what is not there to be read; nobody looked until now.
                self.heard = Instant::now();
            }
            let Some(frame) = self.inbox.next(self.frame_max)? else { return Ok(()) };
            match ServerFrame::decode(frame).map_err(Lost::BadFrame)? {
                ServerFrame::Ping(ping) => self.pong = Some(ping.opaque),
                ServerFrame::Pong(_) => {}
                ServerFrame::Error(error)
                    if error.code.known().map_or(error.ends_session, ErrorCode::ends_session) =>
                {
                    return Err(Lost::Server(Refusal::new(&error)));
                }
                ServerFrame::GoingAway(frame) => {
                    let come_back_after = Duration::from_millis(frame.come_back_after_ms.into());
                    let keep_trying_for = Duration::from_millis(frame.keep_trying_for_ms.into());
                    desk.comeback.going_away(come_back_after, keep_trying_for, Instant::now());
                    desk.events.push(Event::GoingAway { come_back_after, keep_trying_for });
                }
                frame => {
                    let event = desk.shared.state().frame(&frame);
                    if let Some(event) = event {
                        desk.events.push(event);
                    }
                }
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Result<bool, Lost> {
        let mut buffer = ReadBuf::new(&mut self.read);
        match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(self.ended()),
            Poll::Ready(Ok(())) => {
                self.inbox.extend(buffer.filled());
                self.heard = Instant::now();
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(Lost::io(&error)),
        }
    }

    /// Encodes what is to be said while there is space: whether something was.
    fn take_requests(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> bool {
        let mut asked = false;
        while self.broken.is_none() && self.out.has_space() {
            if let Some(opaque) = self.pong.take() {
                self.out.say(&ClientFrame::Pong(Pong { opaque }));
            } else if desk.shared.state().takes_requests(desk.options.outstanding) {
                let Poll::Ready(Some(queued)) = desk.requests.poll_recv(cx) else { break };
                let event = desk.shared.state().request(queued.request, self.out.bytes());
                // A program that takes no events would otherwise pile up its own mistakes.
                if let Some(event) = event.filter(|_| !self.paused) {
                    desk.events.push(event);
                }
            } else {
                break;
            }
            asked = true;
        }
        asked
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        if self.broken.is_some() {
            return false;
        }
        match self.out.poll(cx, &mut self.stream) {
            Poll::Pending => false,
            Poll::Ready(Ok(wrote)) => wrote,
            Poll::Ready(Err(error)) => {
                self.broken = Some((Lost::io(&error), Instant::now() + LAST_WORD));
                true
            }
        }
    }

    /// The program's own end: what is queued goes out and what is awaited comes in, until the deadline.
    fn look_for_goodbye(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> Result<(), Lost> {
        if self.closes_at.is_none() && desk.poll_closing(cx).is_ready() {
            desk.requests.close();
            self.closes_at = Some(Instant::now() + desk.options.close_within.min(GOODBYE_MAX));
        }
        let all_said = self.out.is_done() && desk.requests.is_empty();
        if self.closes_at.is_some() && all_said && desk.shared.state().is_settled() {
            return Err(Lost::ByProgram);
        }
        Ok(())
    }

    /// Keeps the deadlines: whether one of them had something said.
    fn poll_clocks(&mut self, cx: &mut Context<'_>, desk: &Desk) -> Result<bool, Lost> {
        let now = Instant::now();
        let dead_at = later(self.heard, desk.options.silence).filter(|_| !self.paused);
        if dead_at.is_some_and(|at| at <= now) {
            return Err(Lost::Silent(desk.options.silence));
        }
        if let Some((lost, _)) = self.broken.take_if(|(_, at)| *at <= now) {
            return Err(lost);
        }
        if self.closes_at.is_some_and(|at| at <= now) {
            return Err(Lost::ByProgram);
        }
        let mut ping_at = later(self.heard.max(self.pinged), desk.options.ping_after);
        let due = ping_at.is_some_and(|at| at <= now);
        if due {
            self.ping(now);
            ping_at = later(now, desk.options.ping_after);
        }
        let broken_at = self.broken.as_ref().map(|(_, at)| *at);
        let Some(at) = [dead_at, broken_at, self.closes_at, ping_at].into_iter().flatten().min() else {
            return Ok(due);
        };
        if self.timer.is_elapsed() || self.timer.deadline() > at {
            self.timer.as_mut().reset(at);
        }
        // A timer that stood for an earlier moment rings early, and everything is looked at again.
        Ok(self.timer.as_mut().poll(cx).is_ready() || due)
    }

    fn ping(&mut self, now: Instant) {
        self.pinged = now;
        // Where nothing goes out, one more PING would not tell more.
        if self.broken.is_none() && self.out.has_space() {
            self.out.say(&ClientFrame::Ping(Ping { opaque: [0; 8] }));
        }
    }

    fn ended(&self) -> Lost {
        if self.inbox.in_frame() { Lost::Torn } else { Lost::Closed }
    }
}

/// `after` from then; none where zero turns it off.
fn later(from: Instant, after: Duration) -> Option<Instant> {
    if after.is_zero() { None } else { from.checked_add(after) }
}
