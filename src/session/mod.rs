//! The life of a connection, on one screen: read into the lent buffer, cut, answer, write; arm the next deadline; sleep.
//!
//! One task a session, and one hand-written future a task: [`Session::poll`] does all I/O. What it decides is in [`machine`], which is
//! pure; what it shares is in [`context`]; what it must give back is in its seat. I/O is generic, so that tests and simulations run this code.
//!
//! Invariants:
//! 1. A session waits on its socket and on its seat in the wheel, and on nothing else.
//! 2. Deadlines are judged after the socket was tried: what already arrived is looked at first.
//! 3. A turn moves a mebibyte (`QUANTUM`) and what its last step adds, then others have theirs.

pub mod clocks;
pub mod context;
mod delivery;
mod lent;
pub mod machine;
pub mod pace;
mod seat;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::admission::Admission;
use crate::codec::Suspicion;
use crate::reason::CloseReason;
use crate::service::{Batch, Next, Reply, Service, Talk};
use crate::tick::Tick;
use context::{Context, Stage};
use machine::{Arrival, Machine, Phase};
use seat::Seat;

/// Bytes that a session may move in one turn, read and written together.
const QUANTUM: usize = 1 << 20;
/// Bytes of a frame at fault that are looked at: all of the longest header.
const SUSPICIOUS_BYTES: usize = 72;
/// Every so many batches, the time from read to answered is measured.
const DWELL_SAMPLE: u32 = 1024;

/// One session. A future that ends with it.
pub struct Session<Io, T> {
    io: Io,
    talk: T,
    machine: Machine,
    seat: Seat,
    batches: u32,
    in_flight: fn(&Io) -> bool,
}

/// Whether a step of a turn got anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// So many bytes were moved, or the phase changed.
    Moved(usize),
    /// The socket has to be waited for, or there is nothing to do.
    Waits,
}

impl Step {
    fn bytes(self) -> usize {
        match self {
            Self::Moved(bytes) => bytes,
            Self::Waits => 0,
        }
    }
}

impl<Io, T> Session<Io, T>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    T: Talk,
{
    /// A session over `io`. `None` when the worker has no seat left.
    pub fn new<S>(io: Io, service: &S, context: Arc<Context>, admission: Admission) -> Option<Self>
    where
        S: Service<Talk = T>,
    {
        let talk = service.open(admission.id(), admission.peer());
        let machine = Machine::new(context.worker.now());
        Some(Self {
            io,
            talk,
            machine,
            seat: Seat::new(context, admission)?,
            batches: 0,
            in_flight: |_| false,
        })
    }

    /// How the session learns whether what its stream took is still on its way to the peer: a drain waits for that.
    #[must_use]
    pub fn asking(mut self, in_flight: fn(&Io) -> bool) -> Self {
        self.in_flight = in_flight;
        self
    }

    fn turn(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Poll<CloseReason> {
        let stage = self.obey(now);
        let mut moved = 0;
        loop {
            let wrote = self.flush(cx, now);
            let read = self.read(cx, now);
            if let Phase::Done(reason) = self.machine.phase() {
                return Poll::Ready(reason);
            }
            if !self.seat.settle(&self.machine) {
                let context = self.seat.context_arc();
                self.machine.close(&context.rules, now, CloseReason::PartialBudget);
                continue;
            }
            match (wrote, read) {
                (Step::Waits, Step::Waits) => {
                    let before = self.machine.phase();
                    if self.machine.has_lingered(now) && (self.in_flight)(&self.io) {
                        self.machine.read_away(now);
                    }
                    self.machine.judge(&self.seat.context().rules, now);
                    if before == self.machine.phase() {
                        break;
                    }
                }
                (wrote, read) => moved += wrote.bytes() + read.bytes(),
            }
            if moved >= QUANTUM {
                // A peer that always has more is judged too; what that changes shows in the next turn.
                self.machine.judge(&self.seat.context().rules, now);
                // Not woken at once, or a session that never waits would keep the runtime from looking at other sockets.
                let _pending = std::pin::pin!(tokio::task::yield_now()).poll(cx);
                break;
            }
        }
        self.arm(cx, now);
        if self.seat.context().process.stage() != stage {
            // The news came before the worker had learned, in `arm`, whom to wake.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Follows the daemon's stage, and says which it was.
    fn obey(&mut self, now: Tick) -> Stage {
        let context = self.seat.context();
        let stage = context.process.stage();
        match stage {
            Stage::Serving => {}
            Stage::Draining => self.machine.close(&context.rules, now, CloseReason::Drained),
            Stage::Cutting => self.machine.abort(CloseReason::Cut),
        }
        stage
    }

    /// Reads once, if the session has an appetite, and answers what came.
    fn read(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Step {
        let crowded = self.seat.context().process.queued.is_spent();
        let appetite = self.machine.appetite(&self.seat.context().rules, now, crowded);
        if let Some(pause) = appetite.lost {
            self.seat.paused(pause);
        }
        if appetite.bytes == 0 {
            return Step::Waits;
        }
        lent::with(|buffer| {
            let room = usize::try_from(appetite.bytes).unwrap_or(usize::MAX).min(buffer.len());
            let mut read = ReadBuf::new(&mut buffer[..room]);
            match Pin::new(&mut self.io).poll_read(cx, &mut read) {
                Poll::Pending => return Step::Waits,
                Poll::Ready(Err(error)) => self.machine.abort(close_reason(&error)),
                Poll::Ready(Ok(())) if read.filled().is_empty() => {
                    self.machine.eof(&self.seat.context().rules, now);
                }
                Poll::Ready(Ok(())) => self.take_in(cx, now, read.filled()),
            }
            Step::Moved(read.filled().len())
        })
    }

    /// What one read brought goes through the codec to the service, and its answer out.
    fn take_in(&mut self, cx: &mut TaskContext<'_>, now: Tick, data: &[u8]) {
        if self.machine.phase() != Phase::Open {
            return self.machine.read_away(now);
        }
        let context = self.seat.context_arc();
        let arrival = self.machine.received(&context.rules, now, data);
        self.seat.received += data.len() as u64;
        context.stats.received.add(data.len(), arrival.frames);
        let Arrival { head, seam, end, frames, fault } = arrival;
        if frames > 0 {
            let batch = Batch::new(&context.rules.codec, head, seam, &data[..end], frames);
            self.answer(cx, now, &context, batch);
        }
        if let Some(fault) = fault {
            self.blame(&context, now, &data[end..], fault);
        }
    }

    fn answer(&mut self, cx: &mut TaskContext<'_>, now: Tick, context: &Context, mut batch: Batch<'_>) {
        self.batches = self.batches.wrapping_add(1);
        let sampled = self.batches.is_multiple_of(DWELL_SAMPLE).then(std::time::Instant::now);
        let mut reply = Reply::new(&context.rules.codec);
        let next = self.talk.answer(&mut batch, &mut reply);
        if reply.wants_echo() {
            self.deliver(cx, now, context, batch);
        }
        let (own, frames) = reply.into_own();
        if frames > 0 {
            self.deliver(cx, now, context, Batch::new(&context.rules.codec, Vec::new(), 0, &own, frames));
        }
        if next == Next::Close {
            self.machine.close(&context.rules, now, CloseReason::Service);
        }
        if let Some(read_at) = sampled {
            context.stats.dwell.record(read_at.elapsed().as_secs_f64());
        }
    }

    #[cold]
    fn blame(&mut self, context: &Context, now: Tick, rest: &[u8], fault: crate::codec::FrameFault) {
        let start: Vec<u8> = self.machine.kept().iter().chain(rest).take(SUSPICIOUS_BYTES).copied().collect();
        self.seat.remark(match Suspicion::of(&context.rules.codec, &start) {
            Some(suspicion) => format!("{fault}; {suspicion}"),
            None => fault.to_string(),
        });
        self.machine.close(&context.rules, now, fault.close_reason());
    }

    fn arm(&mut self, cx: &TaskContext<'_>, now: Tick) {
        let rules = &self.seat.context().rules;
        let mut deadline = self.machine.deadline(rules);
        if let Some(refill) = self.machine.refill(rules) {
            deadline = deadline.min(refill);
        }
        self.seat.arm(now, deadline, cx.waker());
    }
}

impl<Io, T> Future for Session<Io, T>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    T: Talk,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.get_mut();
        let now = this.seat.context().worker.now();
        let Poll::Ready(reason) = this.turn(cx, now) else { return Poll::Pending };
        this.seat.end(reason);
        Poll::Ready(())
    }
}

impl<Io, T> Drop for Session<Io, T> {
    /// However it ended, what it still owed is accounted for.
    fn drop(&mut self) {
        let (frames, lost) = self.machine.abandon();
        self.seat.lost(frames, lost);
    }
}

/// The name of an error that ended a session.
fn close_reason(error: &io::Error) -> CloseReason {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut};
    match error.kind() {
        ConnectionReset | BrokenPipe | ConnectionAborted | NotConnected | TimedOut => CloseReason::Reset,
        _ => CloseReason::SocketError,
    }
}
