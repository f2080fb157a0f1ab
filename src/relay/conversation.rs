//! One session's side of the relay: its rooms, what it may do at which rate, and, with protocol 1, what was agreed with its client.

use std::sync::Arc;

use super::house::{House, MESSAGE};
use super::membership::{Membership, Memberships};
use super::notices::NOTHING;
use super::plain::PLACE;
use super::speaker::Speaker;
use crate::codec::FrameFault;
use crate::handle::Handle;
use crate::pace::Bucket;
use crate::protocol::{HELLO_MAX, PresenceEvent};
use crate::reason::{CloseReason, DropReason};
use crate::room::{Hearing, Start};
use crate::service::{Batch, Controls, Next, Out, Reply, Talk, Turn};
use crate::settings::WhenBehind;
use crate::stats::ListenerStats;
use crate::tick::Tick;

/// Bytes that a publisher whose messages may have to wait is read at once: what waits is kept for it.
const CAUTIOUS_READ: u64 = 16 << 10;
/// Bytes that any other is: each becomes as many for every member, and one who floods a room has neighbours.
const FAIR_READ: u64 = 128 << 10;

/// One session's side of the relay.
pub struct Conversation {
    pub(super) house: Arc<House>,
    pub(super) stats: Arc<ListenerStats>,
    pub(super) handle: Arc<Handle>,
    pub(super) rooms: Memberships,
    bucket: Bucket,
    /// When it wants a turn for what is held.
    pub(super) again: Tick,
    /// What was agreed with the client; none in plain mode.
    pub(super) speaker: Option<Box<Speaker>>,
}

impl Conversation {
    pub(super) fn begin(house: &Arc<House>, turn: &Turn<'_>) -> Self {
        let mut conversation = Self {
            house: house.clone(),
            stats: turn.stats.clone(),
            handle: turn.handle.clone(),
            rooms: Memberships::default(),
            bucket: Bucket::default(),
            again: Tick::NEVER,
            speaker: None,
        };
        match house.plain_room() {
            Some(room) => conversation.enter_plain_room(turn, room),
            None => conversation.speaker = Some(Box::default()),
        }
        conversation
    }

    fn enter_plain_room(&mut self, turn: &Turn<'_>, name: &str) {
        match self.house.enter(turn, name, Hearing::Others, Start::Newest) {
            Ok((room, member, _)) => {
                self.house.guests.check_in(turn.handle, None);
                let hearing = Hearing::Others;
                self.rooms.take(Membership { room, member, hearing, may_publish: true, told: None });
            }
            Err(_) => turn.handle.order(CloseReason::RoomFull),
        }
    }

    /// Messages of `wanted` that the publish rate allows now.
    pub(super) fn allowance(&mut self, now: Tick, wanted: usize) -> usize {
        let parts = self.bucket.allowance(self.house.rate, now);
        wanted.min(usize::try_from(parts / MESSAGE as u64).unwrap_or(usize::MAX))
    }

    /// So many messages were published.
    pub(super) fn spend(&mut self, messages: usize) {
        self.bucket.take(self.house.rate, messages.saturating_mul(MESSAGE));
    }

    /// The rest of the batch, behind so many frames, has to wait: for news, or until that moment. Where that is now, others have a turn first.
    pub(super) fn hold_until(&mut self, turn: &Turn<'_>, until: Tick, taken: usize) -> Next {
        if until <= turn.now {
            turn.worker.bell().leave(vec![turn.handle.wake_for(PLACE)]);
        } else {
            self.again = until;
        }
        Next::Hold { taken: u32::try_from(taken).unwrap_or(u32::MAX) }
    }

    /// The session came into a room, or asked again: it is told who is there, comes and goes, or no longer.
    pub(super) fn tell_of_presence(&mut self, turn: &Turn<'_>, place: u32, came: bool, wanted: bool) {
        let Some(membership) = self.rooms.get(place) else { return };
        let session = turn.handle.session();
        let wake = wanted.then(|| turn.handle.wake_for(place));
        let name = self.speaker.as_ref().and_then(|speaker| speaker.name.as_deref());
        let room = membership.room.clone();
        let mut state = room.lock();
        let due = came && state.note(PresenceEvent::Joined, session, name);
        if wanted != membership.told.is_some() {
            state.want_notices(session, wake, self.house.frame_max);
            membership.told = wanted.then_some(NOTHING);
        }
        state.settle_notices(&self.house.houses.queued);
        drop(state);
        if due {
            self.house.ask_for_notice(&room);
        }
        self.rooms.look_at(place);
    }

    /// Gives up one place. What was still to be read there is lost to the session, and counted.
    pub(super) fn give_up(&self, now: Tick, membership: Membership, event: PresenceEvent) {
        let Membership { room, member, told, .. } = membership;
        let session = self.handle.session();
        let name = self.speaker.as_ref().and_then(|speaker| speaker.name.as_deref());
        let mut state = room.lock();
        if told.is_some() {
            state.want_notices(session, None, 0);
        }
        let due = state.note(event, session, name);
        let left = state.log.leave(now, member);
        if state.log.members() == 0 {
            self.house.was_left(&room, &mut state);
        }
        state.settle(&self.house.houses.queued, &self.stats);
        state.settle_notices(&self.house.houses.queued);
        drop(state);
        if due {
            self.house.ask_for_notice(&room);
        }
        self.stats.relay.members.add(-1);
        self.stats.dropped[DropReason::SessionEnded as usize].add(left.owed);
        crate::handle::ring(None, left.wake);
    }

    /// Leaves every room and the house, so that another may take its place.
    fn depart(&mut self, now: Tick) {
        for membership in self.rooms.give_up_all() {
            self.give_up(now, membership, PresenceEvent::Lost);
        }
        self.house.guests.check_out(&self.handle);
    }
}

impl Talk for Conversation {
    fn answer(&mut self, turn: &Turn<'_>, batch: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next {
        self.again = Tick::NEVER;
        match self.speaker {
            Some(_) => self.answer_protocol(turn, batch, reply),
            None => self.answer_plain(turn, batch),
        }
    }

    fn deliver(&mut self, turn: &Turn<'_>, out: &mut dyn Out) {
        self.rooms.note(turn.handle.take_news());
        if self.rooms.has_news() {
            self.deliver_news(turn, out);
        }
    }

    fn owes(&self) -> bool {
        self.rooms.has_news()
    }

    fn deadline(&self) -> Tick {
        self.again
    }

    fn appetite(&self) -> u64 {
        let may_wait = self.house.settings.publish_rate > 0
            || self.rooms.iter().any(|(_, membership)| membership.room.when_behind == WhenBehind::Block);
        if may_wait { CAUTIOUS_READ } else { FAIR_READ }
    }

    fn awaits_greeting(&self) -> bool {
        self.house.plain_room().is_none()
    }

    fn longest_greeting(&self) -> u64 {
        if self.speaker.is_some() { HELLO_MAX as u64 } else { u64::MAX }
    }

    fn misread(&mut self, fault: FrameFault) {
        self.say_of_misread(fault);
    }

    fn forgives_stalls(&self) -> bool {
        self.rooms.iter().any(|(_, membership)| membership.hearing != Hearing::Nothing)
    }

    fn ping(&mut self, turn: &Turn<'_>, controls: &mut Controls) {
        // WELCOME comes first; who never says HELLO is not asked.
        if self.is_welcomed() {
            Self::ask(turn.now, controls);
        }
    }

    fn farewell(&mut self, turn: &Turn<'_>, reason: CloseReason, controls: &mut Controls) {
        self.say_farewell(reason, controls);
        // Who is drained reads on to the end of what was said.
        if reason != CloseReason::Drained {
            self.depart(turn.now);
        }
    }
}

impl Drop for Conversation {
    /// However the session ended, its seats are given back.
    fn drop(&mut self) {
        // The log takes a moment that lies back as the latest that it knows.
        self.depart(Tick::ZERO);
    }
}
