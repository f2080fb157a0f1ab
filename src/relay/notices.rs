//! Notices of who is in a room: comings and goings are gathered for a while and told in one frame, the same for all who want to know. Who
//! missed some of them is told everyone who is there; in a large room only the number is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::house::House;
use super::room::{Room, RoomState};
use crate::handle::{Bell, Wake, ring};
use crate::peer::SessionId;
use crate::protocol::{
    Entries, Entry, EntryBuffer, Form, Listed, Position, Presence, PresenceEvent, PresenceKind, RoomNumber,
    ServerFrame, SessionName,
};

/// Notices that are kept for who has not read them yet, if they are short. Who has more to read is told the whole roster instead.
const KEPT: usize = 8;
/// The longest notice in bytes.
const LONGEST: usize = 64 << 10;
/// Rooms and wake-ups after which others get a turn.
const SLICE: usize = 256;
/// What a member that was told nothing yet has been told.
pub(super) const NOTHING: u64 = u64::MAX;

/// What a room has to say about who is in it. A room of which nobody wants to know has none.
#[derive(Debug)]
pub(super) struct Notices {
    wanted_by: BTreeMap<SessionId, Wake>,
    /// The longest notice of this room, in bytes.
    longest: usize,
    /// Comings and goings since the last notice.
    changes: EntryBuffer,
    /// Whether there were more of them than a notice holds.
    too_many: bool,
    /// Whether somebody was last told only a number.
    unnamed: bool,
    /// Whether the next notice has been asked for.
    asked: bool,
    sent: VecDeque<Bytes>,
    /// The number of the last notice.
    last: u64,
}

impl Notices {
    fn new(frame_max: usize) -> Self {
        let longest = frame_max.min(LONGEST);
        Self {
            wanted_by: BTreeMap::new(),
            longest,
            changes: EntryBuffer::new(longest),
            too_many: false,
            unnamed: false,
            asked: false,
            sent: VecDeque::new(),
            last: 0,
        }
    }

    fn note(&mut self, event: PresenceEvent, session: SessionId, name: Option<&str>) {
        self.too_many |= self.changes.push(&entry(event, session, name)).is_err();
    }

    /// The notices behind that of this number; none if they are not all kept.
    fn since(&self, told: u64) -> Option<impl Iterator<Item = &Bytes>> {
        let missed = usize::try_from(self.last.checked_sub(told)?).ok()?;
        let skipped = self.sent.len().checked_sub(missed)?;
        Some(self.sent.iter().skip(skipped))
    }

    /// Drops the oldest. What remains is not more than one of the longest, whatever the names.
    fn keep_few(&mut self) {
        while self.sent.len() > 1 && (self.sent.len() > KEPT || self.sent_bytes() > LONGEST) {
            self.sent.pop_front();
        }
    }

    /// The comings and goings were told. What a crowd of them took is not kept.
    fn forget(&mut self) {
        self.changes = EntryBuffer::new(self.longest);
        self.too_many = false;
    }

    /// Bytes that it holds: notices of at most [`LONGEST`] together, and what is gathered for the next, in an allocation of at most twice that.
    pub(super) fn bytes(&self) -> usize {
        self.sent_bytes() + self.changes.allocated()
    }

    fn sent_bytes(&self) -> usize {
        self.sent.iter().map(Bytes::len).sum()
    }
}

impl RoomState {
    /// A session wants to know from now on, or no longer.
    pub(super) fn want_notices(&mut self, session: SessionId, wake: Option<Wake>, frame_max: usize) {
        match wake {
            Some(wake) => {
                let notices = self.notices.get_or_insert_with(|| Box::new(Notices::new(frame_max)));
                notices.wanted_by.insert(session, wake);
            }
            None => {
                if let Some(notices) = &mut self.notices {
                    notices.wanted_by.remove(&session);
                    if notices.wanted_by.is_empty() {
                        self.notices = None;
                    }
                }
            }
        }
    }

    /// A session came or went. Says whether somebody has to see to the next notice.
    #[must_use]
    pub(super) fn note(&mut self, event: PresenceEvent, session: SessionId, name: Option<&str>) -> bool {
        let Some(notices) = &mut self.notices else { return false };
        notices.note(event, session, name);
        !std::mem::replace(&mut notices.asked, true)
    }

    /// What a member that was told up to notice `told` is to be told now, and up to which notice that is.
    pub(super) fn notices_for(&mut self, house: &House, room: u32, told: u64) -> Option<(Vec<Bytes>, u64)> {
        let notices = self.notices.as_ref().filter(|notices| notices.last != told)?;
        let last = notices.last;
        if let Some(frames) = notices.since(told) {
            return Some((frames.cloned().collect(), last));
        }
        let roster = self.roster(house, room);
        if let (None, Some(notices)) = (&roster, &mut self.notices) {
            // Who was told only a number cannot follow names.
            notices.unnamed = true;
        }
        Some((vec![roster.unwrap_or_else(|| self.number_only(room))], last))
    }

    /// Makes the next notice. Says whom to wake for it.
    fn make_notice(&mut self, house: &House, room: u32) -> Vec<Wake> {
        let Some(notices) = &self.notices else { return Vec::new() };
        let begin_again = notices.too_many || notices.unnamed;
        let unnamed = self.is_large(house) || begin_again && self.roster(house, room).is_none();
        let frame = match (unnamed, begin_again) {
            (true, _) => Some(self.number_only(room)),
            (false, true) => None,
            (false, false) => Some(self.presence(room, PresenceKind::Changes, notices.changes.entries())),
        };
        let Some(notices) = &mut self.notices else { return Vec::new() };
        (notices.asked, notices.unnamed) = (false, unnamed);
        notices.last += 1;
        match frame {
            Some(frame) => notices.sent.push_back(frame),
            // Too much happened to be told one by one, or names begin again: everyone is told who is there.
            None => notices.sent.clear(),
        }
        notices.keep_few();
        notices.forget();
        notices.wanted_by.values().cloned().collect()
    }

    /// Everyone who is in the room; none where that is too much for a frame, or for the rules.
    fn roster(&self, house: &House, room: u32) -> Option<Bytes> {
        let mut roster = EntryBuffer::new(house.frame_max.min(LONGEST));
        let fits = !self.is_large(house)
            && self.log.sessions().all(|session| {
                let name = house.guests.name(session);
                roster.push(&entry(PresenceEvent::Joined, session, name.as_deref())).is_ok()
            });
        fits.then(|| self.presence(room, PresenceKind::Roster, roster.entries()))
    }

    /// How many are in the room.
    fn number_only(&self, room: u32) -> Bytes {
        self.presence(room, PresenceKind::CountOnly, Entries::default())
    }

    fn presence(&self, room: u32, kind: PresenceKind, entries: Entries<'_>) -> Bytes {
        encode(room, self.log.newest(), self.log.members(), kind, entries)
    }

    fn is_large(&self, house: &House) -> bool {
        self.log.members() as u64 > house.settings.presence_members
    }
}

fn entry(event: PresenceEvent, session: SessionId, name: Option<&str>) -> Entry<'_> {
    let name = SessionName::new(name.unwrap_or_default().as_bytes()).unwrap_or_default();
    Entry { event: Listed::Known(event), session, name }
}

fn encode(room: u32, position: u64, members: usize, kind: PresenceKind, entries: Entries<'_>) -> Bytes {
    let presence = Presence {
        room: RoomNumber(room),
        position: Position(position),
        members: u32::try_from(members).unwrap_or(u32::MAX),
        kind: Listed::Known(kind),
        entries,
    };
    let mut frame = Vec::new();
    let encoded = ServerFrame::Presence(presence).encode(Form::Stream, &mut frame);
    debug_assert!(encoded.is_ok(), "the entries were bounded when they were gathered");
    frame.into()
}

impl House {
    /// Sees to it that this room's next notice is made, after `relay.presence_interval`.
    pub(super) fn ask_for_notice(&self, room: &Arc<Room>) {
        self.unnoticed().push(room.clone());
        self.news.notify_one();
    }

    /// Makes the notices that were asked for, and wakes those who want them. Others get a turn after some rooms, and after a large one.
    pub(super) async fn make_notices(&self, bell: &Arc<Bell>) {
        let rooms = std::mem::take(&mut *self.unnoticed());
        let mut done = 0;
        for room in rooms {
            let wakes = self.make_notice(&room);
            done += 1 + wakes.len();
            ring(Some(bell), wakes);
            if done >= SLICE {
                done = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    fn make_notice(&self, room: &Room) -> Vec<Wake> {
        let mut state = room.lock();
        let wakes = state.make_notice(self, room.number);
        state.settle_notices(&self.houses.queued);
        wakes
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;
    use crate::budget::Budget;
    use crate::handle::Handle;
    use crate::peer::Peer;
    use crate::relay::houses::Houses;
    use crate::relay::life::Life;
    use crate::room::{RoomLog, RoomRules};
    use crate::settings::{Address, ListenerSettings, RelaySettings, RoomSettings};
    use crate::tick::Tick;

    /// A house with so many rooms, in each of which somebody came and somebody wants to know it.
    fn house(rooms: u32, queued: &Arc<Budget>) -> (Arc<House>, Vec<Arc<Room>>) {
        let (relay, settings) = (RelaySettings::default(), RoomSettings::default());
        let houses = Arc::new(Houses::new(Life::of_number(1), queued.clone()));
        let address = Address::Tcp(([127, 0, 0, 1], 0).into());
        let listener = ListenerSettings::relay("rooms", address, relay.clone());
        let house = House::new(&listener, &relay, 1 << 16, &houses);
        let waker = || Handle::new(SessionId(1), Peer::Local, "rooms".into(), Arc::default()).wake_for(0);
        let rooms = (1..=rooms).map(|number| {
            let log = RoomLog::new(RoomRules::new(&settings), 1, Tick::ZERO);
            let room = Arc::new(Room::new(number, number.to_string().into(), &settings, log));
            house.rooms().insert(room.name.clone(), room.clone());
            let mut state = room.lock();
            state.want_notices(SessionId(1), Some(waker()), house.frame_max);
            assert!(state.note(PresenceEvent::Joined, SessionId(2), Some("ada")), "a notice is due");
            state.settle_notices(queued);
            drop(state);
            house.ask_for_notice(&room);
            room
        });
        let rooms = rooms.collect();
        (house, rooms)
    }

    fn told(room: &Room) -> bool {
        room.lock().notices.as_ref().is_some_and(|notices| notices.last == 1)
    }

    #[test]
    fn others_have_turns_while_many_rooms_are_told() {
        let (house, rooms) = house(1_000, &Arc::new(Budget::new(1 << 30)));
        let bell = Arc::default();
        let mut work = pin!(house.make_notices(&bell));
        let mut turns = 0;
        let mut before = 0;
        while work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            let now = rooms.iter().filter(|room| told(room)).count();
            assert!(now - before <= SLICE, "{} rooms in one turn", now - before);
            (before, turns) = (now, turns + 1);
        }
        assert!(turns > 1 && rooms.iter().all(|room| told(room)));
    }

    #[test]
    fn notices_are_charged_until_they_are_not_wanted_or_the_house_is_gone() {
        let queued = Arc::new(Budget::new(1 << 30));
        let (house, rooms) = house(2, &queued);
        let bell = Arc::default();
        let told = pin!(house.make_notices(&bell)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(told.is_ready());
        let each = queued.used() / 2;
        assert!(each > 0, "the notices are held, and charged");

        let mut state = rooms[0].lock();
        state.want_notices(SessionId(1), None, 0);
        state.settle_notices(&queued);
        drop(state);
        assert_eq!(queued.used(), each);
        drop(house);
        assert_eq!(queued.used(), 0);
    }

    #[test]
    fn long_notices_are_not_kept_for_long() {
        let mut notices = Notices::new(usize::MAX);
        for len in [LONGEST / 2, LONGEST / 2, 10, LONGEST, LONGEST] {
            notices.sent.push_back(vec![0; len].into());
            notices.last += 1;
            notices.keep_few();
            assert!(notices.sent_bytes() <= LONGEST);
        }
        assert!(notices.since(4).is_some_and(|frames| frames.count() == 1));
        assert!(notices.since(3).is_none(), "who missed more is told everyone who is there");
        for _ in 0..20 {
            notices.sent.push_back(Bytes::from_static(b"short"));
            notices.last += 1;
            notices.keep_few();
        }
        assert_eq!(notices.sent.len(), KEPT);
    }
}
