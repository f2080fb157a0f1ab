//! A room: its name and number, and behind one lock its log with what hangs on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::notices::Notices;
use crate::budget::Budget;
use crate::handle::Wake;
use crate::room::RoomLog;
use crate::settings::{RoomSettings, WhenBehind};
use crate::stats::ListenerStats;

/// Every so many appends of a room, the time until members wrote it is measured.
const SAMPLE: u32 = 256;

/// One room of a house.
#[derive(Debug)]
pub(super) struct Room {
    /// By which members call it on the wire. Never used again.
    pub(super) number: u32,
    /// Its name.
    pub(super) name: Arc<str>,
    /// What it does about members that fall behind.
    pub(super) when_behind: WhenBehind,
    state: Mutex<RoomState>,
}

/// What a room's lock guards.
#[derive(Debug)]
pub(super) struct RoomState {
    /// What is said.
    pub(super) log: RoomLog<Wake>,
    /// Bytes of the log that the process's budget and the gauge know of.
    charged: usize,
    /// The same of its notices, which no gauge shows.
    charged_notices: usize,
    /// Whether it was charged to nobody for good: whoever still looks at it does not change that.
    closed: bool,
    /// What is said of who is in the room; none where nobody wants to know.
    pub(super) notices: Option<Box<Notices>>,
    /// Whether the house knows that it was left by everyone.
    pub(super) listed: bool,
    appends: u32,
    /// An append whose delivery is being measured: its last position, and when it was made.
    sample: Option<(u64, Instant)>,
}

impl Room {
    pub(super) fn new(number: u32, name: Arc<str>, settings: &RoomSettings, log: RoomLog<Wake>) -> Self {
        let state = Mutex::new(RoomState {
            log,
            charged: 0,
            charged_notices: 0,
            closed: false,
            notices: None,
            listed: false,
            appends: 0,
            sample: None,
        });
        Self { number, name, when_behind: settings.when_behind, state }
    }

    /// Its state, for a moment.
    pub(super) fn lock(&self) -> MutexGuard<'_, RoomState> {
        // Whoever panicked with it did so in a debug assertion, or out of memory; the log's numbers are whole between calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RoomState {
    /// Charges the log's memory to the process and shows it.
    #[inline]
    pub(super) fn settle(&mut self, queued: &Budget, stats: &ListenerStats) {
        let bytes = self.log.bytes();
        if bytes != self.charged && !self.closed {
            queued.settle(self.charged, bytes);
            let level = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
            stats.relay.log_bytes.add(level(bytes) - level(self.charged));
            self.charged = bytes;
        }
    }

    /// Charges its notices to the process.
    pub(super) fn settle_notices(&mut self, queued: &Budget) {
        let bytes = self.notices.as_ref().filter(|_| !self.closed).map_or(0, |notices| notices.bytes());
        queued.settle(self.charged_notices, bytes);
        self.charged_notices = bytes;
    }

    /// The room is closed: its log and its notices are charged to nobody any more.
    pub(super) fn close(&mut self, queued: &Budget, stats: &ListenerStats) {
        let _ = queued.settle(self.charged, 0);
        stats.relay.log_bytes.add(-i64::try_from(self.charged).unwrap_or(i64::MAX));
        (self.charged, self.closed) = (0, true);
        self.settle_notices(queued);
    }

    /// An append was made. Now and then it is measured how long it takes to the members' sockets.
    #[inline]
    pub(super) fn appended(&mut self, stats: &ListenerStats) {
        self.appends = self.appends.wrapping_add(1);
        if self.appends.is_multiple_of(SAMPLE) {
            self.sample = Some((self.log.newest(), Instant::now()));
            stats.relay.fan_out.record(u32::try_from(self.log.members()).map_or(f64::MAX, f64::from));
        }
    }

    /// A member's socket took the messages of these positions.
    #[inline]
    pub(super) fn written(&self, positions: &std::ops::Range<u64>, stats: &ListenerStats) {
        if let Some((position, at)) = &self.sample
            && positions.contains(position)
        {
            stats.relay.dwell.record(at.elapsed().as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::{Bell, Handle};
    use crate::peer::{Peer, SessionId};
    use crate::room::{Append, Hearing, RoomRules, Run, Start};
    use crate::tick::Tick;

    /// A room is closed on one worker while another, which had made its list of rooms before, sheds or tends it.
    #[test]
    fn a_closed_room_is_charged_to_nobody_whoever_still_looks_at_it() {
        let (queued, stats) = (Budget::new(1 << 30), ListenerStats::default());
        let settings = RoomSettings { log_messages: 8, ..RoomSettings::default() };
        let log = RoomLog::new(RoomRules::new(&settings), 1, Tick::ZERO);
        let room = Room::new(1, "a".into(), &settings, log);
        let mut held = room.lock();
        let waker =
            || Handle::new(SessionId(1), Peer::Local, "rooms".into(), Arc::<Bell>::default()).wake_for(0);
        let Ok(member) = held.log.join(Tick::ZERO, SessionId(1), Hearing::All, Start::Newest) else {
            unreachable!("there are seats")
        };
        for _ in 0..4 {
            let run = Run { bytes: b"what lingers", ends: &[12] };
            let appended = held.log.append(Tick::ZERO, &member, run, waker);
            assert!(matches!(appended, Append::Taken { messages: 1, .. }));
        }
        held.settle(&queued, &stats);
        let _left = held.log.leave(Tick::ZERO, member);
        assert!(held.log.segments() > 1 && queued.used() > 0);

        held.close(&queued, &stats);
        let _wakes = held.log.shed(Tick::ZERO);
        held.settle(&queued, &stats);
        assert!(held.log.bytes() > 0);
        assert_eq!((queued.used(), stats.relay.log_bytes.now()), (0, 0));
    }
}
