//! The life of a connection, on one screen: read into the lent buffer, cut, answer, write; arm the next deadline; sleep.
//!
//! One task a session, and one hand-written future a task: [`Session::poll`] does all I/O. What it decides is in [`machine`], which is
//! pure; what it shares is in [`context`]; what it must give back is in its seat. I/O is generic, so that tests and simulations run this code.
//!
//! Invariants:
//! 1. A session waits on its socket and on its seat in the wheel, and on nothing else.
//! 2. Deadlines are judged after the socket was tried: what already arrived is looked at first.
//! 3. A turn moves 128 KiB (`QUANTUM`) and what its last step adds, then others have theirs; who moved much in a turn lets those go
//!    ahead who did not (`ahead`).

mod ahead;
pub mod clocks;
pub mod context;
mod deadlines;
mod delivery;
mod held;
mod lent;
pub mod machine;
mod phase;
mod rules;
mod seat;
mod talking;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use crate::pace;

use crate::admission::Admission;
use crate::handle::Handle;
use crate::reason::CloseReason;
use crate::service::{Service, Talk};
use crate::tick::Tick;
use ahead::Ahead;
use context::{Context, Stage};
use held::Held;
use machine::{Machine, Phase};
use seat::Seat;

/// Bytes that a session may move in one turn, read and written together: what everyone else waits for, once, since whoever has so much goes last
/// (`worker/lane.rs`).
const QUANTUM: usize = 128 << 10;

/// One session. A future that ends with it.
pub struct Session<Io, T> {
    io: Io,
    talk: T,
    machine: Machine,
    seat: Seat,
    /// Frames that the service could not take yet.
    held: Option<Box<Held>>,
    /// Whether they were offered in this turn: others have theirs before they are offered again.
    offered: bool,
    batches: u32,
    /// Whether the service has said its last words.
    parted: bool,
    post: Post,
    ahead: Ahead,
    in_flight: fn(&Io) -> bool,
}

/// Whose turn it is, of the mail and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Post {
    /// Mail goes first.
    Free,
    /// The outbox holds, or held, mail that was fetched.
    Fetched,
    /// The service has its turn before more mail is fetched.
    Waits,
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
        let id = admission.id();
        let bell = context.worker.bell().clone();
        let handle = Handle::new(id, admission.peer(), context.listener.clone(), bell);
        let now = context.worker.now();
        let talk = service.open(&context.turn(now, &handle));
        let seat = Seat::new(context, admission, handle)?;
        let mut machine = Machine::new(now);
        // Fibonacci hashing: numbers that follow each other are spread evenly.
        let spread = (id.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56).to_le_bytes()[0];
        machine.begin(spread, talk.awaits_greeting());
        Some(Self {
            io,
            talk,
            machine,
            seat,
            held: None,
            offered: false,
            batches: 0,
            parted: false,
            post: Post::Free,
            ahead: Ahead::Nobody,
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
        self.seat.handle().polled_by(cx.waker());
        let stage = self.obey(now);
        if stage == Stage::Serving && self.steps_back() {
            return Poll::Pending;
        }
        self.offered = false;
        let mut moved = 0;
        loop {
            // Before anything is flushed: behind the last byte owed our side is closed.
            self.part(now);
            let wrote = self.flush(cx, now);
            let read = self.read(cx, now);
            if let Phase::Done(reason) = self.machine.phase() {
                return Poll::Ready(reason);
            }
            if !self.seat.settle(&self.machine, self.held_bytes()) {
                let context = self.seat.context_arc();
                self.machine.close(&context.rules, now, CloseReason::PartialBudget);
                continue;
            }
            match (wrote, read) {
                // What was written was all that there is: to look again would find nothing.
                (wrote, Step::Waits) if wrote == Step::Waits || self.owes_nothing() => {
                    if !self.judge(now) {
                        break;
                    }
                }
                (wrote, read) => moved += wrote.bytes() + read.bytes(),
            }
            if moved >= QUANTUM {
                // A peer that always has more is judged too; what that changes shows in the next turn.
                self.machine.judge(&self.seat.context().rules, now);
                break;
            }
        }
        self.ahead.learn(moved, self.seat.context().worker.lane());
        if moved >= QUANTUM {
            // Not woken at once, or a session that never waits would keep the runtime from looking at other sockets.
            self.steps_back();
        }
        self.arm(now);
        if self.seat.context().process.stage() != stage {
            // The news came before the worker had learned, in `arm`, whom to wake.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Lets others go ahead, where they do. Says whether this turn has to wait for them.
    fn steps_back(&mut self) -> bool {
        self.ahead.holds_up(self.seat.handle(), self.seat.context().worker.lane())
    }

    /// Follows what the daemon and others tell the session, and says at which stage the daemon was.
    fn obey(&mut self, now: Tick) -> Stage {
        let context = self.seat.context();
        let stage = context.process.stage();
        if let Some(reason) = self.seat.handle().ordered() {
            self.machine.obey(&context.rules, now, reason);
        }
        match stage {
            Stage::Serving => {}
            Stage::Draining => self.machine.close(&context.rules, now, CloseReason::Drained),
            Stage::Cutting => self.machine.abort(CloseReason::Cut),
        }
        stage
    }

    /// Looks at the deadlines. Says whether that changed anything.
    fn judge(&mut self, now: Tick) -> bool {
        let before = self.machine.phase();
        if self.machine.has_lingered(now) && (self.in_flight)(&self.io) {
            self.machine.read_away(now);
        }
        if self.machine.asks(&self.seat.context().rules, now) {
            self.ping(now);
            return true;
        }
        self.machine.judge(&self.seat.context().rules, now);
        before != self.machine.phase()
    }

    /// Reads once, if the session has an appetite, and answers what came.
    fn read(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Step {
        let crowded = self.seat.context().process.queued.is_spent();
        let appetite = self.machine.appetite(&self.seat.context().rules, now, crowded);
        if let Some(pause) = appetite.lost {
            self.seat.paused(pause);
        }
        // What was held when the conversation ended is lost; what still arrives is read away as always.
        if self.held.is_some() && self.machine.phase() == Phase::Open {
            return self.offer_again(cx, now);
        }
        if appetite.bytes == 0 {
            return Step::Waits;
        }
        let bytes = appetite.bytes.min(self.talk.appetite());
        lent::with(|buffer| {
            let room = usize::try_from(bytes).unwrap_or(usize::MAX).min(buffer.len());
            let mut read = ReadBuf::new(&mut buffer[..room]);
            match Pin::new(&mut self.io).poll_read(cx, &mut read) {
                Poll::Pending => return Step::Waits,
                Poll::Ready(Err(error)) => self.machine.abort(close_reason(&error)),
                Poll::Ready(Ok(())) if read.filled().is_empty() => self.hear_end(now),
                Poll::Ready(Ok(())) => self.take_in(cx, now, read.filled()),
            }
            Step::Moved(read.filled().len())
        })
    }

    fn arm(&mut self, now: Tick) {
        let rules = &self.seat.context().rules;
        let mut deadline = self.machine.deadline(rules);
        if let Some(refill) = self.machine.refill(rules) {
            deadline = deadline.min(refill);
        }
        // While answers find no room, the service has no use for a turn: the socket gives it one.
        let crowded = self.seat.context().process.queued.is_spent();
        let idle = self.held.is_some() && !self.machine.has_room(rules, now, crowded);
        if self.machine.phase() == Phase::Open && !idle {
            deadline = deadline.min(self.talk.deadline());
        }
        self.seat.arm(now, deadline);
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
        let held = self.held.as_ref().map_or(0, |held| held.frames);
        let mail = self.seat.handle().mail().close();
        self.seat.lost(frames + u64::from(held) + mail, lost);
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
