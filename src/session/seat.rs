//! A session's place in the world, as a guard: its admission, its seat with the worker, its share of the gauges. When it is dropped, in whatever
//! way the session ended, all of them are given back, the end is counted under its one reason, and a line is logged.

use std::sync::Arc;
use std::time::Instant;

use super::context::Context;
use super::machine::{Machine, Pause};
use crate::admission::Admission;
use crate::handle::Handle;
use crate::reason::{CloseReason, DropReason};
use crate::service::Turn;
use crate::stats::SessionState;
use crate::tick::Tick;
use crate::worker::SeatKey;

/// Bytes of an unfinished frame that are never held against a session, or those who fill the budget with large ones could end all others.
const SMALL_PARTIAL: usize = 4096;

/// A session's place in the world.
pub(super) struct Seat {
    context: Arc<Context>,
    /// Held for its end.
    _admission: Admission,
    handle: Arc<Handle>,
    key: SeatKey,
    /// The deadline that the worker's wheel knows of; the first moment while it does not know the session's waker either.
    armed: Tick,
    /// Why the session ended. Still `None` when it is dropped: it panicked, or its runtime was taken away.
    reason: Option<CloseReason>,
    /// What the closing line says beside the reason.
    #[expect(
        clippy::box_collection,
        reason = "eight bytes in every session instead of 24, for what few have"
    )]
    remark: Option<Box<String>>,
    share: Share,
    /// Bytes received and sent, for the closing line.
    pub(super) received: u64,
    pub(super) sent: u64,
}

/// The session's share of what is summed over sessions.
struct Share {
    state: SessionState,
    outbox_bytes: usize,
    outbox_frames: u32,
    partial_bytes: usize,
    held_bytes: usize,
}

impl Seat {
    /// Sits down. `None` when the worker has no seat left.
    pub(super) fn new(context: Arc<Context>, admission: Admission, handle: Arc<Handle>) -> Option<Self> {
        let key = context.worker.enter(handle.clone())?;
        context.stats.accepted.add(1);
        context.stats.states[SessionState::Handshake as usize].add(1);
        let share = Share {
            state: SessionState::Handshake,
            outbox_bytes: 0,
            outbox_frames: 0,
            partial_bytes: 0,
            held_bytes: 0,
        };
        Some(Self {
            context,
            _admission: admission,
            handle,
            key,
            armed: Tick::ZERO,
            reason: None,
            remark: None,
            share,
            received: 0,
            sent: 0,
        })
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }

    /// A turn of this session, for its service.
    pub(super) fn turn(&self, now: Tick) -> Turn<'_> {
        self.context.turn(now, &self.handle)
    }

    /// The context, for as long as the session itself is borrowed. Costs a count on a cache line of this worker.
    pub(super) fn context_arc(&self) -> Arc<Context> {
        self.context.clone()
    }

    /// Asks to be woken at `deadline`, unless that is known already.
    pub(super) fn arm(&mut self, now: Tick, deadline: Tick) {
        if deadline < self.armed || self.armed <= now {
            self.context.worker.arm(self.key, deadline);
            self.armed = deadline;
        }
    }

    /// Brings the shared sums up to date with the session. `false` when unfinished frames of all sessions are over their budget.
    #[inline]
    pub(super) fn settle(&mut self, machine: &Machine, held: usize) -> bool {
        let state = machine.state();
        if state != self.share.state {
            self.settle_state(state);
        }
        let outbox = machine.outbox();
        if !outbox.is_empty() || self.share.outbox_frames > 0 {
            self.settle_outbox(outbox.bytes(), u32::try_from(outbox.frames()).unwrap_or(u32::MAX));
        }
        if held != self.share.held_bytes {
            self.settle_held(held);
        }
        let partial = machine.kept_capacity();
        partial == self.share.partial_bytes || self.settle_partial(partial)
    }

    pub(super) fn lost(&self, frames: u64, reason: DropReason) {
        if frames > 0 {
            self.context.stats.dropped[reason as usize].add(frames);
        }
    }

    /// Says more about the end to come than its reason does.
    pub(super) fn remark(&mut self, remark: String) {
        self.remark = Some(Box::new(remark));
    }

    /// We stopped reading.
    pub(super) fn paused(&self, pause: Pause) {
        match pause {
            Pause::OutboxFull => self.context.stats.reads_paused.add(1),
            Pause::ReadRate => self.context.stats.reads_paced.add(1),
            Pause::Held => self.context.stats.relay.held.add(1),
        }
    }

    /// The session is over.
    pub(super) fn end(&mut self, reason: CloseReason) {
        self.reason = Some(reason);
    }

    #[cold]
    fn settle_state(&mut self, state: SessionState) {
        let counts = &self.context.stats;
        if self.share.state == SessionState::Handshake && state != SessionState::Closing {
            counts.handshake.record(self.handle.born().elapsed().as_secs_f64());
        }
        let states = &counts.states;
        states[self.share.state as usize].add(-1);
        states[state as usize].add(1);
        self.share.state = state;
    }

    fn settle_outbox(&mut self, bytes: usize, frames: u32) {
        let stats = &self.context.stats;
        stats.outbox_bytes.add(difference(self.share.outbox_bytes, bytes));
        stats.outbox_frames.add(i64::from(frames) - i64::from(self.share.outbox_frames));
        self.context.process.queued.settle(self.share.outbox_bytes, bytes);
        self.handle.show_owed(bytes);
        (self.share.outbox_bytes, self.share.outbox_frames) = (bytes, frames);
    }

    /// What the service could not take yet waits like all else that is queued.
    fn settle_held(&mut self, bytes: usize) {
        self.context.process.queued.settle(self.share.held_bytes, bytes);
        self.share.held_bytes = bytes;
    }

    fn settle_partial(&mut self, bytes: usize) -> bool {
        let grown = bytes > self.share.partial_bytes;
        self.context.stats.partial_bytes.add(difference(self.share.partial_bytes, bytes));
        let within = self.context.process.partial.settle(self.share.partial_bytes, bytes);
        self.share.partial_bytes = bytes;
        within || !grown || bytes <= SMALL_PARTIAL
    }

    /// What a person would want to know of a session that never got anywhere.
    fn hint(&self, reason: CloseReason) -> Option<&'static str> {
        let spoke = reason == CloseReason::HandshakeTimeout && self.received > 0;
        spoke.then_some("bytes came but no whole frame: does the client speak this listener's codec?")
    }

    fn log_end(&self, reason: CloseReason) {
        let Some(leave) = self.context.process.endings.allow(Instant::now()) else { return };
        tracing::info!(
            target: "oread::session",
            listener = &*self.context.listener,
            session = self.handle.session().0,
            peer = %self.handle.peer(),
            reason = reason.word(),
            seconds = self.handle.born().elapsed().as_secs_f64(),
            received_bytes = self.received,
            sent_bytes = self.sent,
            remark = self.remark.as_ref().map(|remark| remark.as_str()).or_else(|| self.hint(reason)),
            lines_held_back = leave.suppressed,
            "session ended"
        );
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let unnamed = if std::thread::panicking() { CloseReason::Panicked } else { CloseReason::Cut };
        let reason = self.reason.unwrap_or(unnamed);
        self.settle_outbox(0, 0);
        self.settle_held(0);
        self.settle_partial(0);
        let context = &self.context;
        context.stats.closed[reason as usize].add(1);
        context.stats.duration.record(self.handle.born().elapsed().as_secs_f64());
        if reason == CloseReason::Cut {
            context.process.cut.add(1);
        }
        // Last of the counts: who sees that a session is gone sees what became of it.
        context.stats.states[self.share.state as usize].add(-1);
        self.log_end(reason);
        context.worker.leave(self.key);
    }
}

fn difference(before: usize, after: usize) -> i64 {
    i64::try_from(after).unwrap_or(i64::MAX) - i64::try_from(before).unwrap_or(i64::MAX)
}
