//! One connection of the load: the greeting, whole frames in, bytes out. Not what they mean.
//!
//! Invariant: what is kept between reads is one unfinished frame; what is read is held in one buffer a thread, lent within a poll.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::plan::Plan;
use super::speech::{Heard, Speech};
use super::trouble::Trouble;
use crate::protocol::{RoomNumber, ServerFrame};
use crate::tools::target::Stream;

/// Bytes of a read.
const READ: usize = 256 << 10;
/// The receive buffer of a member that reads nothing: the relay is to notice soon.
const LITTLE: u32 = 16 << 10;

thread_local! {
    /// An unfinished frame and what was read behind it.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Member,
    /// A member that reads nothing until the load ends.
    Stalled,
    Publisher,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    stream: Stream,
    speech: Speech,
    size: usize,
    /// The beginning of a frame.
    kept: Vec<u8>,
    /// What is to be written, and how much of it is.
    out: Vec<u8>,
    written: usize,
    /// The room's number and newest position, as JOINED said; none in plain mode.
    joined: Option<(RoomNumber, u64)>,
    greeted: bool,
    /// After so long without a frame of ours the relay asks whether we live; none: never.
    keepalive: Option<Duration>,
}

impl Session {
    /// Connects, says who it is, and waits until it is in the room. A plain relay answers nothing.
    pub(super) async fn open(plan: &Plan, room: &str, role: Role) -> Result<Self, Trouble> {
        let patience = plan.course.timeout;
        let held = (role == Role::Stalled).then_some(LITTLE);
        let stream = match tokio::time::timeout(patience, Stream::connect_narrow(&plan.address, held)).await {
            Ok(stream) => stream.map_err(Trouble::Connect)?,
            Err(_) => return Err(Trouble::Connect(io::ErrorKind::TimedOut.into())),
        };
        let mut session = Self {
            stream,
            speech: plan.speech,
            size: plan.stationery.size(),
            kept: Vec::new(),
            out: plan.speech.greeting(room, role == Role::Publisher),
            written: 0,
            joined: None,
            greeted: false,
            keepalive: None,
        };
        if plan.speech == Speech::Protocol {
            let greeting = tokio::time::timeout(patience, session.greet());
            greeting.await.map_err(|_| Trouble::Silent(patience))??;
        }
        Ok(session)
    }

    async fn greet(&mut self) -> Result<(), Trouble> {
        let greeting = std::mem::take(&mut self.out);
        self.stream.write_all(&greeting).await.map_err(|error| self.broken(error))?;
        let size = self.size;
        let (mut joined, mut keepalive) = (None, 0);
        while joined.is_none() {
            poll_fn(|cx| {
                self.poll_hear(cx, |heard| match heard {
                    Heard::Control(ServerFrame::Welcome(welcome)) => {
                        keepalive = welcome.keepalive_ms;
                        match welcome.max_payload {
                            max if (max as usize) < size => Err(Trouble::TooLarge { max }),
                            _ => Ok(()),
                        }
                    }
                    Heard::Control(ServerFrame::Joined(answer)) => {
                        joined = Some((answer.room, answer.position.0));
                        Ok(())
                    }
                    Heard::Control(ServerFrame::Error(error)) => Err(Trouble::refused(&error)),
                    _ => Ok(()),
                })
            })
            .await?;
        }
        (self.joined, self.greeted) = (joined, true);
        self.keepalive = (keepalive > 0).then(|| Duration::from_millis(keepalive.into()));
        Ok(())
    }

    /// The room's number and newest position when it was joined.
    pub(super) fn joined(&self) -> Option<(RoomNumber, u64)> {
        self.joined
    }

    /// After how long without a frame of ours the relay asks whether we live.
    pub(super) fn keepalive(&self) -> Option<Duration> {
        self.keepalive
    }

    /// Where to append what is to be written.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Bytes that the socket has not taken yet.
    pub(super) fn owed(&self) -> usize {
        self.out.len() - self.written
    }

    /// Writes what is owed, as far as the socket takes it.
    pub(super) fn send(&mut self, cx: &mut Context<'_>) -> Result<(), Trouble> {
        while self.written < self.out.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.out[self.written..]) {
                Poll::Pending => break,
                Poll::Ready(Ok(count)) => self.written += count,
                Poll::Ready(Err(error)) => return Err(self.farewell(error)),
            }
        }
        if self.written == self.out.len() {
            self.out.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// One read: all whole frames go to `each`.
    pub(super) fn poll_hear(
        &mut self,
        cx: &mut Context<'_>,
        each: impl FnMut(Heard<'_>) -> Result<(), Trouble>,
    ) -> Poll<Result<(), Trouble>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let kept = self.kept.len();
            if scratch.len() < kept + READ {
                scratch.resize(kept + READ, 0);
            }
            scratch[..kept].copy_from_slice(&self.kept);
            let mut into = ReadBuf::new(&mut scratch[kept..]);
            if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into)) {
                return Poll::Ready(Err(self.broken(error)));
            }
            let count = into.filled().len();
            if count == 0 {
                return Poll::Ready(Err(self.closed()));
            }
            let bytes = &scratch[..kept + count];
            let used = self.speech.hear(self.size, bytes, each)?;
            self.kept.clear();
            self.kept.extend_from_slice(&bytes[used..]);
            Poll::Ready(Ok(()))
        })
    }

    /// The relay may have said why before it closed: then that is the trouble.
    fn farewell(&mut self, error: io::Error) -> Trouble {
        let mut words = None;
        let mut quiet = Context::from_waker(std::task::Waker::noop());
        while let Poll::Ready(Ok(())) = self.poll_hear(&mut quiet, |heard| {
            if let Heard::Control(ServerFrame::Error(error)) = heard {
                words.get_or_insert(Trouble::refused(&error));
            }
            Ok(())
        }) {}
        words.unwrap_or_else(|| self.broken(error))
    }

    /// A relay that closes on a client that speaks otherwise does so by FIN or by reset, as the race goes.
    fn broken(&self, error: io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe if !self.greeted => self.closed(),
            _ => Trouble::Broken(error),
        }
    }

    fn closed(&self) -> Trouble {
        if self.speech != Speech::Protocol && super::speech::protocol_error(&self.kept).is_some() {
            return Trouble::SpeaksProtocol;
        }
        Trouble::Closed { greeted: self.greeted, plain: self.speech != Speech::Protocol }
    }
}
