//! The state of one session without its I/O: bytes and moments go in, decisions come out.
//!
//! ```text
//!            eof, nothing owed                      ┌────────────────────────────────────► Done
//!            ┌─────────────────────────────────────►│
//!   Open ────┤ eof, something owed ─► HalfClosed ───┤ flushed
//!            │                            │ lifetime, age
//!            │                            ▼
//!            └─ fault, deadline, drain, service ─► Flushing ── flushed ─► Lingering ── eof, quiet, or late ─► Done
//!
//!   any ── reset, write stall, cut ─► Done
//! ```
//! *Flushing* reads away what still arrives, too: a peer that writes to its end before it reads takes nothing before. It is
//! not prolonged by a peer that takes a byte now and then; only a drain, which has a deadline of its own, waits for that.
//!
//! *Lingering* is after our FIN: what still arrives is read away, since closing on unread bytes would reset the connection and could
//! destroy our last words on their way (RFC 9293, 3.10.4; RFC 1122, 4.2.2.13).
//!
//! Invariants:
//! 1. A session leaves `Open` once and ends with the reason with which it left; but `peer_closed` and `drained` say that all was
//!    delivered: where it was not, what prevented it is the reason. A drain's deadline cuts whoever is still flushing.
//! 2. `kept` holds bytes of one unfinished frame, and none while there is none.
//! 3. Nothing that arrives outside `Open` reaches a service.

pub use super::phase::{Appetite, Arrival, Pause, Phase, Standing};
pub use super::rules::Rules;

use super::clocks::Clocks;
use crate::pace::Bucket;
use bytes::Bytes;

use crate::codec::Progress;
use crate::outbox::{Outbox, Push};
use crate::reason::{CloseReason, DropReason};
use crate::settings::WhenFull;
use crate::stats::SessionState;
use crate::tick::Tick;

/// How long a goodbye may take once all is flushed, 0.9 s: a peer silent for so long is not waited for.
const LINGER_TICKS: u32 = 18;
/// Bytes that a session to which nothing is owed may read at once while all outboxes together are at their limit.
const CROWDED_BYTES: u64 = 4096;
/// How long flushing may take where `limits.write_stall` is off, 30 s.
const FLUSH_TICKS: u32 = 600;

/// The state of one session.
#[derive(Debug)]
pub struct Machine {
    pub(super) phase: Phase,
    pub(super) progress: Progress,
    pub(super) kept: Vec<u8>,
    pub(super) outbox: Outbox,
    pub(super) clocks: Clocks,
    pub(super) bucket: Bucket,
    pub(super) service: Standing,
}

impl Machine {
    /// A session begins.
    pub fn new(now: Tick) -> Self {
        Self {
            phase: Phase::Open,
            progress: Progress::Border,
            kept: Vec::new(),
            outbox: Outbox::default(),
            clocks: Clocks::new(now),
            bucket: Bucket::default(),
            service: Standing::default(),
        }
    }

    /// Says how early in its keepalive the peer is asked whether it lives, and whether it has to say something first.
    pub fn begin(&mut self, spread: u8, awaits_greeting: bool) {
        self.clocks.spread(spread);
        if !awaits_greeting {
            self.clocks.greet();
        }
    }

    /// How the session stands with its service from here on.
    #[inline]
    pub fn stand(&mut self, now: Tick, service: Standing) {
        if self.service.forgives && !service.forgives {
            self.clocks.stalls_anew(now);
        }
        self.service = service;
    }

    /// Where the session is in its life.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What the session shows in `/status`.
    pub fn state(&self) -> SessionState {
        match self.phase {
            Phase::Open | Phase::HalfClosed if self.owes() => SessionState::Blocked,
            Phase::Open if !self.clocks.greeted() => SessionState::Handshake,
            Phase::Open | Phase::HalfClosed => SessionState::Open,
            Phase::Flushing { .. } | Phase::Lingering { .. } | Phase::Done(_) => SessionState::Closing,
        }
    }

    /// When it began.
    pub fn born(&self) -> Tick {
        self.clocks.born()
    }

    /// Bytes of the unfinished frame.
    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Memory that the unfinished frame takes.
    pub fn kept_capacity(&self) -> usize {
        self.kept.capacity()
    }

    /// Bytes of the first frame, if its length has come and the rest of it has not.
    pub fn greeting_announced(&self, rules: &Rules) -> Option<u64> {
        if self.clocks.greeted() {
            return None;
        }
        rules.codec.announced(self.progress, self.kept.len())
    }

    /// What waits to be sent.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// How many bytes to read now. `crowded` says that the outboxes of all sessions together are at their limit.
    pub fn appetite(&mut self, rules: &Rules, now: Tick, crowded: bool) -> Appetite {
        match self.phase {
            Phase::Open => {}
            // Read away: a peer that writes to its end before it reads would else never take what it is owed.
            Phase::Flushing { heard_all: false, .. } | Phase::Lingering { .. } => {
                return Appetite { bytes: u64::MAX, lost: None };
            }
            Phase::HalfClosed | Phase::Flushing { heard_all: true, .. } | Phase::Done(_) => {
                return Appetite { bytes: 0, lost: None };
            }
        }
        let room = self.room(rules, now, crowded);
        let held = self.service.holds;
        let bytes = if held { 0 } else { room.min(self.bucket.allowance(rules.rate, now)) };
        let cause = match room {
            _ if held => Pause::Held,
            0 => Pause::OutboxFull,
            _ => Pause::ReadRate,
        };
        let had_some = self.clocks.reading(now, bytes > 0);
        Appetite { bytes, lost: (had_some && bytes == 0).then_some(cause) }
    }

    /// Bytes for whose answers there is room, as far as the policy holds reading back.
    fn room(&self, rules: &Rules, now: Tick, crowded: bool) -> u64 {
        match rules.outbox.when_full {
            _ if self.outbox.is_full_of_control() => 0,
            WhenFull::Block if crowded && !self.outbox.is_empty() => 0,
            WhenFull::Block if crowded => CROWDED_BYTES.min(self.outbox.room(&rules.outbox, now)),
            WhenFull::Block => self.outbox.room(&rules.outbox, now),
            _ => u64::MAX,
        }
    }

    /// When a session whose read rate leaves it no appetite is worth another look.
    pub fn refill(&self, rules: &Rules) -> Option<Tick> {
        self.bucket.refill(rules.rate).filter(|_| self.phase == Phase::Open)
    }

    /// Bytes came. The tail behind the run is kept, in memory that grows with what came.
    pub fn received(&mut self, rules: &Rules, now: Tick, data: &[u8]) -> Arrival {
        if self.phase != Phase::Open {
            return Arrival::default();
        }
        self.bucket.take(rules.rate, data.len());
        let cut = rules.codec.cut(&mut self.progress, data);
        self.clocks.received(now, cut.frames, self.progress.in_frame());
        let head = if cut.frames > 0 { std::mem::take(&mut self.kept) } else { Vec::new() };
        if cut.fault.is_none() && cut.end < data.len() {
            self.kept.extend_from_slice(&data[cut.end..]);
        }
        Arrival { head, seam: cut.seam, end: cut.end, frames: cut.frames, fault: cut.fault }
    }

    /// The peer will send no more.
    pub fn eof(&mut self, rules: &Rules, now: Tick) {
        match self.phase {
            Phase::Open if self.progress.in_frame() => self.close(rules, now, CloseReason::Truncated),
            Phase::Open if !self.owes() => self.phase = Phase::Done(CloseReason::PeerClosed),
            Phase::Open => {
                self.phase = Phase::HalfClosed;
                if self.service.forgives {
                    self.clocks.stalls_anew(now);
                }
            }
            Phase::Lingering { reason, .. } => self.phase = Phase::Done(reason),
            Phase::Flushing { reason, until, .. } => {
                self.phase = Phase::Flushing { reason, until, heard_all: true };
            }
            Phase::HalfClosed | Phase::Done(_) => {}
        }
    }

    /// Puts a frame, or with `started` the rest of one, behind what waits. After the end of the conversation nothing new is taken.
    pub fn queue(&mut self, rules: &Rules, now: Tick, wire: &[u8], started: bool) -> Push {
        if self.phase != Phase::Open && !started {
            return Push::Disconnect;
        }
        let push = self.outbox.push(&rules.outbox, now, wire, started);
        if push == Push::Disconnect {
            self.close(rules, now, CloseReason::OutboxFull);
        }
        push
    }

    /// Puts a frame ahead of all data, in any phase in which the peer may still hear it. `false` when too many wait already.
    pub fn queue_control(&mut self, now: Tick, wire: &[u8]) -> bool {
        self.outbox.push_control(now, wire)
    }

    /// Puts a frame that others answer for behind what waits: its bound was kept before it came here.
    pub fn queue_mail(&mut self, now: Tick, wire: &[u8]) {
        self.outbox.append(now, wire);
    }

    /// Keeps what is left of a frame whose beginning the socket took, while nothing else waits.
    pub fn keep(&mut self, now: Tick, rest: Bytes) {
        self.outbox.keep(now, rest);
    }

    /// Whether answers find room in the outbox: what the service holds may be offered to it again.
    pub fn has_room(&self, rules: &Rules, now: Tick, crowded: bool) -> bool {
        self.phase == Phase::Open && self.room(rules, now, crowded) > 0
    }

    /// Whether the service may still deliver: until the end, or for as long as the peer takes it.
    pub fn delivers(&self) -> bool {
        matches!(
            self.phase,
            Phase::Open | Phase::HalfClosed | Phase::Flushing { reason: CloseReason::Drained, .. }
        )
    }

    /// The socket took `written` bytes of the outbox. Says how many frames that finished.
    pub fn flushed(&mut self, now: Tick, written: usize) -> u32 {
        let frames = self.outbox.advance(written);
        self.clocks.sent(now, !self.outbox.is_empty());
        frames
    }

    /// The socket took bytes that never were in the outbox.
    pub fn sent_directly(&mut self, now: Tick) {
        self.clocks.sent(now, false);
    }

    /// The socket took nothing of what waits, or not yet our goodbye.
    pub fn blocked(&mut self, now: Tick) {
        self.clocks.blocked(now);
    }

    /// Drops what has waited too long, where that is the policy. Says how many frames. To be called before a write.
    pub fn expire(&mut self, rules: &Rules, now: Tick) -> u64 {
        let dropped = self.outbox.expire(&rules.outbox, now);
        if dropped > 0 && self.outbox.is_empty() {
            self.clocks.excused();
        }
        dropped
    }

    /// Ends the session in order: what it owes is flushed first. Later reasons change nothing.
    pub fn close(&mut self, rules: &Rules, now: Tick, reason: CloseReason) {
        if self.phase == Phase::Open {
            self.start_flushing(rules, now, reason);
        }
    }

    /// As [`Machine::close`], because somebody said so: a peer that has closed its side, or is owed the rest before a drain, does not
    /// outlast that.
    pub fn obey(&mut self, rules: &Rules, now: Tick, reason: CloseReason) {
        let drained = matches!(self.phase, Phase::Flushing { reason: CloseReason::Drained, .. });
        if drained || matches!(self.phase, Phase::Open | Phase::HalfClosed) {
            self.start_flushing(rules, now, reason);
        }
    }

    /// Ends the session at once.
    pub fn abort(&mut self, reason: CloseReason) {
        self.forget_input();
        self.phase = Phase::Done(match self.phase {
            // All that was owed has been sent: whatever comes after the goodbye does not change why we said it.
            Phase::Lingering { reason: first, .. } | Phase::Done(first) => first,
            // Nor does a peer that is gone before it; a cut does, since it is ours.
            Phase::Flushing { reason: first, .. }
                if !matches!((first, reason), (CloseReason::Drained, _) | (_, CloseReason::Cut)) =>
            {
                first
            }
            _ => reason,
        });
    }

    /// Our side of the connection has been closed behind the last byte owed.
    pub fn finished(&mut self, now: Tick) {
        self.phase = match self.phase {
            Phase::Flushing { reason, heard_all: true, .. } => Phase::Done(reason),
            Phase::Flushing { reason, .. } => Phase::Lingering { reason, until: now.after(LINGER_TICKS) },
            Phase::HalfClosed => Phase::Done(CloseReason::PeerClosed),
            other => other,
        };
    }

    /// Whether the goodbye has taken its time.
    pub fn has_lingered(&self, now: Tick) -> bool {
        matches!(self.phase, Phase::Lingering { until, .. } if now >= until)
    }

    /// Bytes arrived that nobody will answer, or the last ones have not arrived there. A drain waits for that, other reasons do not.
    pub fn read_away(&mut self, now: Tick) {
        if let Phase::Lingering { reason: CloseReason::Drained, until } = &mut self.phase {
            *until = now.after(LINGER_TICKS);
        }
    }

    /// Whether our side of the connection should be closed now.
    pub fn wants_shutdown(&self) -> bool {
        matches!(self.phase, Phase::HalfClosed | Phase::Flushing { .. }) && !self.owes()
    }

    /// Gives up what waits, when the session is over. Says how many frames were lost, under [`DropReason::SessionEnded`].
    pub fn abandon(&mut self) -> (u64, DropReason) {
        (self.outbox.clear(), DropReason::SessionEnded)
    }

    pub(super) fn start_flushing(&mut self, rules: &Rules, now: Tick, reason: CloseReason) {
        let ticks = match (reason, rules.patience.write_stall) {
            (CloseReason::Drained, _) => u32::MAX,
            // It has just shown that it does not take what it is owed; as have most of those that are ended by hand.
            (
                CloseReason::OutboxFull
                | CloseReason::Keepalive
                | CloseReason::FellBehind
                | CloseReason::Kicked,
                _,
            ) => LINGER_TICKS,
            (_, 0) => FLUSH_TICKS,
            (_, write_stall) => write_stall,
        };
        self.forget_input();
        if self.service.forgives {
            self.clocks.stalls_anew(now);
        }
        let heard_all = matches!(self.phase, Phase::HalfClosed | Phase::Flushing { heard_all: true, .. })
            || reason == CloseReason::Truncated;
        self.phase = Phase::Flushing { reason, until: now.after(ticks), heard_all };
    }

    fn owes(&self) -> bool {
        self.service.owes || !self.outbox.is_empty()
    }

    fn forget_input(&mut self) {
        self.kept = Vec::new();
        self.progress = Progress::Border;
    }
}
