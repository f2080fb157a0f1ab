//! The deadlines of a session: pure, and five moments instead of timers.
//!
//! A deadline that comes near is announced to the worker's wheel by whoever drives the session; here it is only known when it would be.

use crate::reason::CloseReason;
use crate::settings::ListenerLimits;
use crate::tick::Tick;

/// How long each thing may take, in ticks; 0 is for ever. Shared by all sessions of a listener.
#[derive(Debug, Clone, Copy, Default)]
pub struct Patience {
    /// Everything before the first frame.
    pub handshake: u32,
    /// A frame, from its first byte to its last.
    pub frame: u32,
    /// Nothing either way.
    pub idle: u32,
    /// The peer takes nothing of what it is owed.
    pub write_stall: u32,
    /// The whole session.
    pub lifetime: u32,
    /// Nothing from the peer, after which it is asked whether it lives; at 1.5 times it ends.
    pub keepalive: u32,
}

impl Patience {
    /// These limits in ticks.
    pub fn new(limits: &ListenerLimits) -> Self {
        Self {
            handshake: Tick::span(limits.handshake),
            frame: Tick::span(limits.frame),
            idle: Tick::span(limits.idle),
            write_stall: Tick::span(limits.write_stall),
            lifetime: Tick::span(limits.lifetime),
            keepalive: 0,
        }
    }
}

/// When the things of one session began. [`Tick::NEVER`] says that a thing is not going on.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    born: Tick,
    /// The last byte in either direction.
    active: Tick,
    /// Since when the first whole frame has been waited for; `NEVER` once it has come.
    greeting: Tick,
    /// The first byte of the frame that is open.
    frame: Tick,
    /// Since when the peer has taken nothing though it is owed something.
    stalled: Tick,
    /// The last byte from the peer.
    heard: Tick,
    /// Whether it was asked since whether it lives.
    asked: bool,
    /// How much earlier than others it is asked, in 1/1024 of the keepalive: at most a quarter.
    spread: u8,
    /// Whether we do not read at present, by our own choice: then silence is not the peer's fault.
    paused: bool,
}

impl Clocks {
    /// A session begins.
    pub fn new(now: Tick) -> Self {
        Self {
            born: now,
            active: now,
            greeting: now,
            frame: Tick::NEVER,
            stalled: Tick::NEVER,
            heard: now,
            asked: false,
            spread: 0,
            paused: false,
        }
    }

    /// Sets how early the peer is asked whether it lives, so that sessions that began together are not asked together.
    pub fn spread(&mut self, spread: u8) {
        self.spread = spread;
    }

    /// Nothing has to come first.
    pub fn greet(&mut self) {
        self.greeting = Tick::NEVER;
    }

    /// When the session began.
    pub fn born(&self) -> Tick {
        self.born
    }

    /// Whether a whole frame has come.
    pub fn greeted(&self) -> bool {
        self.greeting == Tick::NEVER
    }

    /// Bytes came. `frames` of them were whole; `open` says that one was begun and is not finished.
    pub fn received(&mut self, now: Tick, frames: u32, open: bool) {
        self.active = now;
        (self.heard, self.asked) = (now, false);
        if frames > 0 {
            self.greeting = Tick::NEVER;
        }
        if !open {
            self.frame = Tick::NEVER;
        } else if frames > 0 || self.frame == Tick::NEVER {
            // A frame's clock starts with its first byte and is not put back by those that follow.
            self.frame = now;
        }
    }

    /// The peer took bytes; `owed` says that more wait.
    pub fn sent(&mut self, now: Tick, owed: bool) {
        self.active = now;
        self.stalled = if owed { now } else { Tick::NEVER };
    }

    /// The peer took nothing of what waits.
    pub fn blocked(&mut self, now: Tick) {
        if self.stalled == Tick::NEVER {
            self.stalled = now;
        }
    }

    /// Nothing is owed any more, though the peer took nothing: what waited was dropped.
    pub fn excused(&mut self) {
        self.stalled = Tick::NEVER;
    }

    /// What was forgiven so far counts from now on.
    pub fn stalls_anew(&mut self, now: Tick) {
        if self.stalled != Tick::NEVER {
            self.stalled = now;
        }
    }

    /// Told whether we read at present, says whether we did before. What runs only while we look starts anew when we look again.
    #[inline]
    pub fn reading(&mut self, now: Tick, reads: bool) -> bool {
        if self.paused && reads {
            (self.active, self.heard) = (now, now);
            for waiting in [&mut self.greeting, &mut self.frame] {
                if *waiting != Tick::NEVER {
                    *waiting = now;
                }
            }
        }
        !std::mem::replace(&mut self.paused, !reads)
    }

    /// The next moment at which a deadline may have passed, and what it would be.
    pub fn next(&self, patience: &Patience) -> (Tick, CloseReason) {
        let looking = |since: Tick| self.looking(since);
        let silence = patience.keepalive.saturating_add(patience.keepalive / 2);
        [
            (deadline(looking(self.greeting), patience.handshake), CloseReason::HandshakeTimeout),
            (deadline(looking(self.frame), patience.frame), CloseReason::FrameTimeout),
            (deadline(looking(self.heard), silence), CloseReason::Keepalive),
            (deadline(self.stalled, patience.write_stall), CloseReason::WriteStall),
            (deadline(self.born, patience.lifetime), CloseReason::Lifetime),
            (deadline(looking(self.active), patience.idle), CloseReason::IdleTimeout),
        ]
        .into_iter()
        .min_by_key(|(at, _)| *at)
        .unwrap_or((Tick::NEVER, CloseReason::IdleTimeout))
    }

    /// When the peer is to be asked whether it lives.
    pub fn next_ping(&self, patience: &Patience) -> Tick {
        let earlier = u64::from(patience.keepalive) * u64::from(self.spread) / 1024;
        let keepalive = patience.keepalive - u32::try_from(earlier).unwrap_or(0);
        if self.asked { Tick::NEVER } else { deadline(self.looking(self.heard), keepalive) }
    }

    /// The peer is being asked, or told that we live where what it sent is held.
    pub fn asked(&mut self, now: Tick, held: bool) {
        if held { self.active = now } else { self.asked = true }
    }

    /// When a peer that is not read has to hear from us, or it would take us for dead: nothing that it asks is answered.
    pub fn next_sign(&self, patience: &Patience) -> Tick {
        deadline(self.active, patience.keepalive)
    }

    /// Since when something that only counts while we read has been going on.
    fn looking(&self, since: Tick) -> Tick {
        if self.paused { Tick::NEVER } else { since }
    }
}

fn deadline(since: Tick, ticks: u32) -> Tick {
    if ticks == 0 || since == Tick::NEVER { Tick::NEVER } else { since.after(ticks) }
}
