//! The way out of a session: a run goes straight to the socket, and what the socket does not take waits in the outbox.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::context::Context;
use super::machine::Machine;
use super::{Post, Session, Step, close_reason};
use crate::outbox::Push;
use crate::reason::{CloseReason, DropReason};
use crate::service::{Batch, Out, Talk, Turn};
use crate::tick::Tick;

impl<Io, T> Session<Io, T>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    T: Talk,
{
    /// Sends a run: now, if nothing waits ahead of it and the socket takes it; else from the outbox.
    pub(super) fn deliver(
        &mut self,
        cx: &mut TaskContext<'_>,
        now: Tick,
        context: &Context,
        batch: Batch<'_>,
    ) {
        if batch.is_empty() {
            return;
        }
        let mut written = 0;
        if self.machine.outbox().is_empty() {
            let io = Pin::new(&mut self.io);
            let wrote = match batch.whole() {
                Some(run) => io.poll_write(cx, run),
                None => io.poll_write_vectored(cx, &batch.slices()),
            };
            match wrote {
                Poll::Ready(Ok(bytes)) => written = bytes,
                Poll::Ready(Err(error)) => {
                    self.seat.lost(batch.count().into(), DropReason::SessionEnded);
                    return self.machine.abort(close_reason(&error));
                }
                Poll::Pending => {}
            }
            self.seat.sent += written as u64;
        }
        if written == batch.len() {
            context.stats.sent.add(written, batch.count());
            self.machine.sent_directly(now);
        } else {
            self.queue_rest(now, context, batch, written);
        }
    }

    /// Puts what lies behind the first `written` bytes of the run into the outbox, frame by frame, since its policies are about frames.
    fn queue_rest(&mut self, now: Tick, context: &Context, mut batch: Batch<'_>, written: usize) {
        let tight = context.process.queued.is_spent().then(|| context.rules.crowded());
        let rules = tight.as_ref().unwrap_or(&context.rules);
        let mut end = 0;
        let mut sent = 0;
        for frame in batch.frames() {
            let start = end;
            end += frame.wire.len();
            if end <= written {
                sent += 1;
                continue;
            }
            let begun = written.saturating_sub(start);
            match self.machine.queue(rules, now, &frame.wire[begun..], begun > 0) {
                Push::Queued => {}
                Push::Displaced { aged, oldest } => {
                    self.seat.lost(aged, DropReason::OutboxAge);
                    self.seat.lost(oldest, DropReason::OutboxOldest);
                }
                Push::Refused(reason) => self.seat.lost(1, reason),
                Push::Disconnect => self.seat.lost(1, DropReason::SessionEnded),
            }
        }
        context.stats.sent.add(written, sent);
    }

    /// Writes what waits in the outbox, then closes our side if that is due.
    pub(super) fn flush(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Step {
        if self.machine.outbox().is_empty() {
            return self.flush_service(cx, now);
        }
        let expired = self.expire(now);
        if expired > 0 {
            self.seat.lost(expired, DropReason::OutboxAge);
            return Step::Moved(0);
        }
        match write_waiting(Pin::new(&mut self.io), cx, &self.machine.outbox().slices()) {
            Poll::Ready(Ok(written)) if written > 0 => {
                let frames = self.machine.flushed(now, written);
                self.seat.sent += written as u64;
                self.seat.context().stats.sent.add(written, frames);
                Step::Moved(written)
            }
            Poll::Ready(Ok(_)) => {
                self.machine.abort(CloseReason::SocketError);
                Step::Moved(0)
            }
            Poll::Ready(Err(error)) => {
                self.machine.abort(close_reason(&error));
                Step::Moved(0)
            }
            Poll::Pending => {
                self.machine.blocked(now);
                Step::Waits
            }
        }
    }

    /// Sends what the service and other sessions have for the peer, now that nothing waits; then closes our side if that is due.
    fn flush_service(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Step {
        let mut moved = 0;
        if self.machine.delivers() {
            // Mail and the service take turns, or whoever writes to this session at the rate of its peer would keep all else from it.
            self.note_delivered_mail();
            if self.post != Post::Waits && self.fetch_mail(now) {
                return Step::Moved(0);
            }
            let turn = self.seat.turn(now);
            let mut way = Way {
                io: &mut self.io,
                cx,
                machine: &mut self.machine,
                turn,
                wrote: 0,
                frames: 0,
                full: None,
            };
            self.talk.deliver(&turn, &mut way);
            let Way { wrote, frames, full, .. } = way;
            moved = wrote;
            if wrote > 0 || !self.talk.owes() {
                self.post = Post::Free;
            }
            if wrote > 0 {
                self.seat.sent += wrote as u64;
                self.seat.context().stats.sent.add(wrote, frames);
            }
            self.stand(now);
            match full {
                Some(Ok(())) => {
                    self.machine.blocked(now);
                    return if wrote > 0 { Step::Moved(wrote) } else { Step::Waits };
                }
                Some(Err(reason)) => {
                    self.machine.abort(reason);
                    return Step::Moved(wrote);
                }
                None => {}
            }
        }
        if moved > 0 || !self.machine.outbox().is_empty() {
            return Step::Moved(moved);
        }
        if self.machine.delivers() && self.fetch_mail(now) {
            return Step::Moved(0);
        }
        if self.machine.wants_shutdown() { self.shut_down(cx, now) } else { Step::Waits }
    }

    /// The outbox is empty: if it held mail, that was sent, and it is the service's turn.
    fn note_delivered_mail(&mut self) {
        if self.post == Post::Fetched {
            self.seat.handle().mail().delivered();
            self.post = Post::Waits;
        }
    }

    /// Moves mail into the outbox. The rules of the outbox were kept when it was posted.
    fn fetch_mail(&mut self, now: Tick) -> bool {
        let mail = self.seat.handle().mail();
        if !mail.waits() {
            return false;
        }
        let (bytes, ends) = mail.fetch();
        self.post = Post::Fetched;
        let mut start = 0;
        for end in ends {
            self.machine.queue_mail(now, &bytes[start..end]);
            start = end;
        }
        true
    }

    fn expire(&mut self, now: Tick) -> u64 {
        let rules = &self.seat.context().rules;
        self.machine.expire(rules, now)
    }

    fn shut_down(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Step {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Ready(Ok(())) => self.machine.finished(now),
            Poll::Ready(Err(error)) => self.machine.abort(close_reason(&error)),
            Poll::Pending => {
                self.machine.blocked(now);
                return Step::Waits;
            }
        }
        Step::Moved(0)
    }
}

/// The way out, lent to the service.
struct Way<'a, 'c, Io> {
    io: &'a mut Io,
    cx: &'a mut TaskContext<'c>,
    machine: &'a mut Machine,
    turn: Turn<'a>,
    wrote: usize,
    /// Frames written to their ends.
    frames: u32,
    /// The socket takes no more: at present, or for this reason never again.
    full: Option<Result<(), CloseReason>>,
}

impl<Io: AsyncWrite + Unpin> Out for Way<'_, '_, Io> {
    fn write(&mut self, slices: &[IoSlice<'_>]) -> usize {
        if self.full.is_some() {
            return 0;
        }
        let io = Pin::new(&mut *self.io);
        let wrote = match slices {
            [only] => io.poll_write(self.cx, only),
            several => io.poll_write_vectored(self.cx, several),
        };
        let wrote = match wrote {
            Poll::Ready(Ok(wrote)) if wrote > 0 => wrote,
            Poll::Ready(Ok(_)) => {
                self.full = Some(Err(CloseReason::SocketError));
                0
            }
            Poll::Ready(Err(error)) => {
                self.full = Some(Err(close_reason(&error)));
                0
            }
            Poll::Pending => {
                self.full = Some(Ok(()));
                0
            }
        };
        if wrote > 0 {
            self.machine.sent_directly(self.turn.now);
        }
        self.wrote += wrote;
        wrote
    }

    fn keep(&mut self, rest: Bytes) {
        self.machine.keep(self.turn.now, rest);
    }

    fn queue(&mut self, frame: &[u8]) {
        self.machine.queue_mail(self.turn.now, frame);
    }

    fn sent(&mut self, frames: u32) {
        self.frames += frames;
    }
}

fn write_waiting<Io: AsyncWrite>(
    io: Pin<&mut Io>,
    cx: &mut TaskContext<'_>,
    slices: &[IoSlice<'_>; 4],
) -> Poll<std::io::Result<usize>> {
    let used = slices.iter().rposition(|slice| !slice.is_empty()).map_or(0, |last| last + 1);
    match &slices[..used] {
        [only] => io.poll_write(cx, only),
        several => io.poll_write_vectored(cx, several),
    }
}
