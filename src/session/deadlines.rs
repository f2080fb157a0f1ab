//! The deadlines of a session: when the machine has something to say by itself, and what.

use super::clocks::Patience;
use super::machine::{Machine, Phase, Rules};
use crate::reason::CloseReason;
use crate::settings::WhenFull;
use crate::tick::Tick;

impl Machine {
    /// Whether the peer is to be asked now whether it lives, or is held and to be told that we do; it is then taken as asked.
    pub fn asks(&mut self, rules: &Rules, now: Tick) -> bool {
        let asks = now >= self.next_ping(rules);
        if asks {
            self.clocks.asked(now, self.service.holds);
        }
        asks
    }

    fn next_ping(&self, rules: &Rules) -> Tick {
        match self.phase {
            Phase::Open if !self.service.holds => self.clocks.next_ping(&rules.patience),
            // Behind what waits it would be heard no sooner.
            Phase::Open if self.outbox.is_empty() => self.clocks.next_sign(&rules.patience),
            _ => Tick::NEVER,
        }
    }

    /// The next moment at which [`Machine::judge`] may have something to say.
    pub fn deadline(&self, rules: &Rules) -> Tick {
        self.next_event(rules).0.min(self.next_ping(rules))
    }

    /// Acts on deadlines that have passed. Call it after reading and writing were tried: what waits in the socket is looked at first.
    pub fn judge(&mut self, rules: &Rules, now: Tick) {
        let (at, reason) = self.next_event(rules);
        if now < at {
            return;
        }
        match (self.phase, reason) {
            (Phase::Lingering { reason, .. }, _) => self.phase = Phase::Done(reason),
            // With `drop-oldest` the frame is dropped before the next write; the session goes on.
            (_, CloseReason::OutboxFull) if rules.outbox.when_full == WhenFull::DropOldest => {}
            (Phase::Open | Phase::HalfClosed, CloseReason::WriteStall) | (Phase::Flushing { .. }, _) => {
                self.abort(reason);
            }
            (Phase::Open | Phase::HalfClosed, _) => self.start_flushing(rules, now, reason),
            (Phase::Done(_), _) => {}
        }
    }

    fn next_event(&self, rules: &Rules) -> (Tick, CloseReason) {
        match self.phase {
            Phase::Open => {
                // Forgiven is what waits in rooms, not what the peer asked for and was sent by others: a full outbox is the peer's own.
                let forgiven = self.service.forgives && self.outbox.room(&rules.outbox, Tick::ZERO) > 0;
                let write_stall = if forgiven { 0 } else { rules.patience.write_stall };
                self.clocks.next(&Patience { write_stall, ..rules.patience }).min(self.aged(rules))
            }
            // Deadlines of the conversation are over: only the peer's taking counts now.
            Phase::HalfClosed => {
                let Patience { write_stall, lifetime, .. } = rules.patience;
                let patience = Patience { write_stall, lifetime, ..Patience::default() };
                self.clocks.next(&patience).min(self.aged(rules))
            }
            Phase::Flushing { until, reason, .. } => {
                let write_stall = rules.patience.write_stall;
                self.clocks.next(&Patience { write_stall, ..Patience::default() }).min((until, reason))
            }
            Phase::Lingering { until, reason } => (until, reason),
            Phase::Done(reason) => (Tick::NEVER, reason),
        }
    }

    fn aged(&self, rules: &Rules) -> (Tick, CloseReason) {
        (self.outbox.next_expiry(&rules.outbox), CloseReason::OutboxFull)
    }
}
