//! A session and its service: batches go in and answers come out; what the service cannot take yet is held for it, and reading pauses
//! meanwhile.

use std::task::Context as TaskContext;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite};

use super::context::Context;
use super::held::Held;
use super::machine::{Arrival, Phase, Standing};
use super::{Session, Step};
use crate::codec::{Codec, FrameFault, Suspicion};
use crate::outbox::CONTROL_BYTES;
use crate::reason::{CloseReason, DropReason};
use crate::service::{Batch, Controls, Next, Reply, Talk};
use crate::tick::Tick;

/// Bytes of a frame at fault that are looked at: all of the longest header.
const SUSPICIOUS_BYTES: usize = 72;
/// Every so many batches, the time from read to answered is measured.
const DWELL_SAMPLE: u32 = 1024;

impl<Io, T> Session<Io, T>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    T: Talk,
{
    /// What one read brought goes through the codec to the service, and its answer out.
    pub(super) fn take_in(&mut self, cx: &mut TaskContext<'_>, now: Tick, data: &[u8]) {
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
            self.answer(cx, now, &context, batch, None);
        }
        if let Some(fault) = fault {
            self.blame(&context, now, &data[end..], fault);
        } else if let Some(fault) = self.greets_too_long(&context) {
            // All of it is kept.
            self.blame(&context, now, &[], fault);
        }
    }

    /// The first frame is not over, and is going to be longer than it may.
    fn greets_too_long(&self, context: &Context) -> Option<FrameFault> {
        let announced = self.machine.greeting_announced(&context.rules)?;
        let max = self.talk.longest_greeting();
        (announced > max).then_some(FrameFault::TooLarge { announced, max })
    }

    /// Offers the service what it held, once its answers find room.
    pub(super) fn offer_again(&mut self, cx: &mut TaskContext<'_>, now: Tick) -> Step {
        let context = self.seat.context_arc();
        if self.offered || !self.machine.has_room(&context.rules, now, context.process.queued.is_spent()) {
            return Step::Waits;
        }
        let Some(held) = self.held.take() else { return Step::Waits };
        let (offered, frames, fault) = (held.bytes.clone(), held.frames, held.fault);
        self.stand(now);
        let batch = Batch::new(&context.rules.codec, Vec::new(), 0, &offered, frames);
        self.answer(cx, now, &context, batch, Some(held));
        match (&self.held, fault) {
            (Some(rest), _) if rest.frames == frames => return Step::Waits,
            (None, Some(fault)) => self.blame(&context, now, &[], fault),
            _ => {}
        }
        Step::Moved(offered.len() - self.held.as_ref().map_or(0, |rest| rest.bytes.len()))
    }

    /// Offers the service a batch: one that was just read, or what `held` holds.
    fn answer(
        &mut self,
        cx: &mut TaskContext<'_>,
        now: Tick,
        context: &Context,
        mut batch: Batch<'_>,
        held: Option<Box<Held>>,
    ) {
        self.batches = self.batches.wrapping_add(1);
        let sampled = self.batches.is_multiple_of(DWELL_SAMPLE).then(Instant::now);
        let mut reply = Reply::new(&context.rules.codec);
        let next = self.talk.answer(&self.seat.turn(now), &mut batch, &mut reply);
        if let Next::Hold { taken } = next {
            self.hold(context, &mut batch, taken, held);
        }
        self.stand(now);
        if reply.wants_echo() {
            self.deliver(cx, now, context, batch);
        }
        let (controls, own, frames) = reply.into_own();
        self.queue_controls(now, &controls);
        if frames > 0 {
            self.deliver(cx, now, context, Batch::new(&context.rules.codec, Vec::new(), 0, &own, frames));
        }
        // Behind what was answered: once it is closing, nothing new is queued.
        match next {
            Next::Go | Next::Hold { .. } => {}
            Next::Close => self.machine.close(&context.rules, now, CloseReason::Service),
            Next::End(reason) => self.machine.close(&context.rules, now, reason),
        }
        if let Some(read_at) = sampled {
            context.stats.dwell.record(read_at.elapsed().as_secs_f64());
        }
    }

    /// Keeps what the service has not taken.
    #[cold]
    fn hold(&mut self, context: &Context, batch: &mut Batch<'_>, taken: u32, held: Option<Box<Held>>) {
        self.offered = true;
        self.held = match held {
            _ if taken >= batch.count() => None,
            Some(mut held) => {
                held.take(&context.rules.codec, taken);
                Some(held)
            }
            None => Some(Box::new(Held::rest_of(batch, taken))),
        };
    }

    /// Memory that held frames take.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.owned)
    }

    /// Tells the machine how things stand with the service.
    pub(super) fn stand(&mut self, now: Tick) {
        self.machine.stand(now, self.standing());
    }

    fn standing(&self) -> Standing {
        Standing {
            holds: self.held.is_some(),
            owes: self.machine.delivers() && (self.talk.owes() || self.seat.handle().mail().waits()),
            forgives: self.talk.forgives_stalls(),
        }
    }

    /// The peer will send no more. What has come for it since the last delivery is owed to it too.
    pub(super) fn hear_end(&mut self, now: Tick) {
        let mut standing = self.standing();
        standing.owes |= self.machine.delivers() && self.seat.handle().has_news();
        self.machine.stand(now, standing);
        self.machine.eof(&self.seat.context().rules, now);
    }

    /// Whether nothing waits for the peer, nor for our side to be closed.
    pub(super) fn owes_nothing(&self) -> bool {
        self.machine.phase() == Phase::Open
            && self.machine.outbox().is_empty()
            && !self.talk.owes()
            && !self.seat.handle().mail().waits()
    }

    /// Lets the service say its last words, once the session is ending.
    pub(super) fn part(&mut self, now: Tick) {
        let reason = match self.machine.phase() {
            Phase::Flushing { reason, .. } if !self.parted => reason,
            _ => return,
        };
        self.parted = true;
        // Nobody takes it any more, and what the peer still sends is to be read away.
        if let Some(held) = self.held.take() {
            self.seat.lost(held.frames.into(), DropReason::SessionEnded);
        }
        let mut controls = Controls::default();
        self.talk.farewell(&self.seat.turn(now), reason, &mut controls);
        self.queue_controls(now, &controls);
        self.stand(now);
    }

    /// Asks the peer whether it lives.
    pub(super) fn ping(&mut self, now: Tick) {
        let mut controls = Controls::default();
        self.talk.ping(&self.seat.turn(now), &mut controls);
        self.queue_controls(now, &controls);
    }

    /// Control frames beyond what their lane holds are not queued: the service holds back what would make more of them.
    fn queue_controls(&mut self, now: Tick, controls: &Controls) {
        for frame in controls.frames() {
            debug_assert!(frame.len() <= CONTROL_BYTES, "a control frame is short");
            if !self.machine.queue_control(now, frame) {
                self.seat.lost(1, DropReason::OutboxNewest);
            }
        }
    }

    #[cold]
    fn blame(&mut self, context: &Context, now: Tick, rest: &[u8], fault: FrameFault) {
        if let Some(held) = &mut self.held {
            // What came before it is to be answered first.
            held.fault = Some(fault);
            return;
        }
        let start: Vec<u8> = self.machine.kept().iter().chain(rest).take(SUSPICIOUS_BYTES).copied().collect();
        self.seat.remark(remark(&context.rules.codec, &start, fault));
        self.talk.misread(fault);
        self.machine.close(&context.rules, now, fault.close_reason());
    }
}

fn remark(codec: &Codec, start: &[u8], fault: FrameFault) -> String {
    match Suspicion::of(codec, start) {
        Some(suspicion) => format!("{fault}; {suspicion}"),
        None => fault.to_string(),
    }
}
