//! One connection of the load: what is sent, what came back, and when each frame was due.
//!
//! A lane carries; it does not decide when a frame is due (that is its `supply`). Invariants: at most `depth` frames are between
//! `queued` and `answered`; a lane reads no further than what it sent and one byte, so that surplus shows and memory is bounded.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::pacer::{Outlet, Supply};
use super::super::stage::Phase;
use super::worker::Shared;
use crate::tools::failure::Failure;
use crate::tools::target::Stream;
use crate::tools::wire::Ring;

const SCRATCH: usize = 256 << 10;

thread_local! {
    /// What was read, until it is compared: one buffer a thread, lent within a poll.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// A connection and its frames.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) connection: u32,
    shared: Arc<Shared>,
    stream: Stream,
    ring: Ring,
    /// When the frame in each slot of the ring was due, in nanoseconds of [`Shared::now`].
    due: Box<[u64]>,
    /// Frames stamped so far; those before `answered` have come back.
    queued: u64,
    answered: u64,
    /// Bytes of the stream.
    sent: u64,
    received: u64,
}

impl Lane {
    /// Connects and makes one exchange, which proves that the server has accepted us: opening lanes so cannot overflow a backlog.
    pub(super) async fn open(shared: Arc<Shared>, connection: u32) -> Result<Self, Failure> {
        let plan = &shared.plan;
        let patience = plan.course.timeout;
        let stream = match tokio::time::timeout(patience, Stream::connect(&plan.address)).await {
            Ok(stream) => stream.map_err(Failure::Connect)?,
            Err(_) => return Err(Failure::Connect(std::io::ErrorKind::TimedOut.into())),
        };
        let ring = Ring::new(plan.codec, plan.size, plan.depth, connection);
        let due = vec![0; plan.depth as usize].into_boxed_slice();
        let mut lane =
            Self { connection, stream, ring, due, queued: 0, answered: 0, sent: 0, received: 0, shared };
        tokio::time::timeout(patience, lane.exchange()).await.map_err(|_| Failure::Silent(patience))??;
        Ok(lane)
    }

    /// Sends one frame and waits for it.
    pub(super) async fn exchange(&mut self) -> Result<(), Failure> {
        self.queue(self.shared.now());
        let goal = self.queued;
        poll_fn(|cx| {
            while self.answered < goal {
                self.send(cx)?;
                ready!(self.poll_receive(cx))?;
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Carries frames as `supply` brings them, until the load ends and all have come back.
    pub(super) async fn run(mut self, mut supply: Supply) -> Result<(), Failure> {
        let seat = (self.connection - self.shared.first) as usize;
        poll_fn(|cx| {
            self.shared.wakers.seat(seat, cx.waker());
            loop {
                match self.shared.phase() {
                    Phase::Over if self.in_flight() > 0 => {
                        return Poll::Ready(Err(Failure::Lost { missing: self.in_flight() }));
                    }
                    Phase::Over => return Poll::Ready(Ok(())),
                    Phase::Stopping => {
                        let unsent = supply.close(&mut self);
                        self.shared.tally().unsent += unsent;
                        if self.in_flight() == 0 {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    _ => supply.fill(&mut self),
                }
                self.send(cx)?;
                ready!(self.poll_receive(cx))?;
            }
        })
        .await
    }

    fn in_flight(&self) -> u64 {
        self.queued - self.answered
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is less than the number of slots, a usize"
    )]
    fn slot(&self, frame: u64) -> usize {
        (frame % self.due.len() as u64) as usize
    }

    /// Writes what is queued, as far as the socket takes it; what crosses the ring's seam still goes in one call.
    fn send(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let end = self.queued * self.ring.frame_len();
        while self.sent < end {
            let head = self.ring.from(self.sent, end - self.sent);
            let seam = self.sent + head.len() as u64;
            let stream = Pin::new(&mut self.stream);
            let written = if seam == end {
                stream.poll_write(cx, head)
            } else {
                let tail = self.ring.from(seam, end - seam);
                stream.poll_write_vectored(cx, &[IoSlice::new(head), IoSlice::new(tail)])
            };
            match written {
                Poll::Pending => break,
                Poll::Ready(Ok(count)) => self.sent += count as u64,
                Poll::Ready(Err(error)) => {
                    return Err(Failure::Broken {
                        error,
                        missing: self.in_flight(),
                        answered: self.answered,
                    });
                }
            }
        }
        Ok(())
    }

    /// One read: compared with what was sent, whole frames counted.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        READ.with_borrow_mut(|scratch| {
            let outstanding = self.sent - self.received;
            let most = usize::try_from(outstanding + 1).unwrap_or(SCRATCH).min(SCRATCH);
            let mut into = ReadBuf::new(&mut scratch[..most]);
            if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into)) {
                return Poll::Ready(Err(Failure::Broken {
                    error,
                    missing: self.in_flight(),
                    answered: self.answered,
                }));
            }
            Poll::Ready(self.check(into.filled(), outstanding))
        })
    }

    fn check(&mut self, got: &[u8], outstanding: u64) -> Result<(), Failure> {
        let count = got.len() as u64;
        if count == 0 {
            return Err(Failure::Closed { missing: self.in_flight(), answered: self.answered });
        }
        if count > outstanding {
            return Err(Failure::Surplus { offset: self.sent });
        }
        if let Some(difference) = self.ring.differs(self.received, got) {
            return Err(Failure::Mismatch { difference, frame_len: self.ring.frame_len() });
        }
        self.received += count;
        let answered = self.received / self.ring.frame_len();
        self.count(answered);
        self.answered = answered;
        Ok(())
    }

    /// Counts the frames from `answered` up to `until`; those due at one instant make one record.
    fn count(&self, until: u64) {
        if until == self.answered {
            return;
        }
        let phase = self.shared.phase();
        let now = self.shared.now();
        let mut tally = self.shared.tally();
        tally.frames += until - self.answered;
        if !self.shared.records(phase) {
            return;
        }
        let mut frame = self.answered;
        while frame < until {
            let due = self.due[self.slot(frame)];
            let mut run = 1;
            while frame + run < until && self.due[self.slot(frame + run)] == due {
                run += 1;
            }
            if self.shared.is_of_window(phase, due) {
                tally.latency.saturating_record_n(now.saturating_sub(due), run);
            }
            frame += run;
        }
    }
}

impl Outlet for Lane {
    fn has_room(&mut self) -> bool {
        self.in_flight() < self.due.len() as u64
    }

    fn queue(&mut self, due: u64) {
        self.ring.stamp(self.queued);
        let slot = self.slot(self.queued);
        self.due[slot] = due;
        self.queued += 1;
    }

    fn now(&self) -> u64 {
        self.shared.now()
    }
}
