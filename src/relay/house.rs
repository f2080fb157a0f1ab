//! A house: the rooms and the sessions of one listener's relay, and what they have in common.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::Notify;

use super::authority::{Authority, StaticRules};
use super::guests::Guests;
use super::houses::Houses;
use super::room::{Room, RoomState};
use super::tickets::TicketOffice;
use crate::handle::{Handle, MailRules};
use crate::pace::Rate;
use crate::peer::SessionId;
use crate::room::{Hearing, Member, NotSeated, RoomLog, RoomRules, Start};
use crate::service::Turn;
use crate::settings::{ListenerSettings, RelayProtocol, RelaySettings};
use crate::stats::ListenerStats;

/// Parts of a message in units of which its rate is kept.
pub(super) const MESSAGE: usize = 1000;

/// The rooms and sessions of one listener.
pub struct House {
    /// The listener's name.
    pub listener: Arc<str>,
    pub(super) settings: RelaySettings,
    pub(super) authority: Arc<dyn Authority>,
    /// How much mail a session may be owed.
    pub(super) mail: MailRules,
    pub(super) rate: Rate,
    /// The longest frame, its length not counted.
    pub(super) frame_max: usize,
    pub(super) houses: Arc<Houses>,
    /// Where it is counted what others do with its rooms; none before it serves.
    pub(super) stats: OnceLock<Arc<ListenerStats>>,
    pub(super) guests: Guests,
    /// None where sessions do not come back.
    pub(super) tickets: Option<TicketOffice>,
    /// What WELCOME calls this node, for people.
    pub(super) node: String,
    rooms: Mutex<Rooms>,
    /// Rooms that were left by their last member, the one that was left first in front; each stands here once at the most.
    left: Mutex<VecDeque<Weak<Room>>>,
    /// Sessions that were told to come back later.
    pub(super) sent_away: AtomicU64,
    /// Told when a room is opened.
    pub(super) opened: Arc<Notify>,
    /// Rooms in which somebody came or went of whom others were not told yet.
    unnoticed: Mutex<Vec<Arc<Room>>>,
    /// Told when there is one.
    pub(super) news: Arc<Notify>,
}

/// Rooms by name. In order, so that whoever visits all of them does so in the same order each time.
pub(super) type Rooms = BTreeMap<Arc<str>, Arc<Room>>;

/// Why a session did not get into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There are as many rooms as there may be.
    NoMoreRooms,
    /// This one has as many members as it may.
    RoomFull,
}

impl House {
    /// An empty house among these. `frame_max` is the longest frame of its codec, without a length before it.
    pub fn new(
        listener: &ListenerSettings,
        relay: &RelaySettings,
        frame_max: u64,
        houses: &Arc<Houses>,
    ) -> Arc<Self> {
        let tickets = tickets(listener, relay, houses);
        let house = Arc::new(Self {
            listener: listener.name.as_str().into(),
            authority: houses.authority.clone().unwrap_or_else(|| Arc::new(StaticRules::new(relay))),
            mail: MailRules { frames: listener.outbox.frames, bytes: listener.outbox.bytes },
            rate: Rate::per_second(relay.publish_rate.saturating_mul(MESSAGE as u64)),
            frame_max: usize::try_from(frame_max).unwrap_or(usize::MAX),
            settings: relay.clone(),
            houses: houses.clone(),
            stats: OnceLock::new(),
            rooms: Mutex::default(),
            guests: Guests::new(tickets.is_some().then_some(relay.resume_for)),
            tickets,
            node: node(),
            left: Mutex::default(),
            sent_away: AtomicU64::new(0),
            opened: Arc::default(),
            unnoticed: Mutex::default(),
            news: Arc::default(),
        });
        houses.add(&house);
        house
    }

    /// An operator ends the session of this number: its ticket is worth nothing from here on. Says who has the number at this moment.
    pub fn bar(&self, session: SessionId) -> Option<Arc<Handle>> {
        self.guests.bar(session)
    }

    /// The name of the one room, in plain mode.
    pub(super) fn plain_room(&self) -> Option<&str> {
        match &self.settings.protocol {
            RelayProtocol::Plain { room } => Some(room),
            RelayProtocol::Oread => None,
        }
    }

    /// Seats a session in the room of this name, which is opened if need be. Says which message was the newest at that moment.
    pub(super) fn enter(
        &self,
        turn: &Turn<'_>,
        name: &str,
        hearing: Hearing,
        start: Start,
    ) -> Result<(Arc<Room>, Member, u64), Refusal> {
        let mut rooms = self.rooms();
        let room = match rooms.get(name) {
            Some(room) => room.clone(),
            None => self.open(turn, &mut rooms, name)?,
        };
        // Under the lock of all rooms, so that nobody sits down in one that is being closed.
        let mut state = room.lock();
        let (joined, newest) =
            (state.log.join(turn.now, turn.handle.session(), hearing, start), state.log.newest());
        drop(state);
        match joined {
            Ok(member) => {
                turn.stats.relay.members.add(1);
                Ok((room, member, newest))
            }
            // A session is in a room once: its predecessor of the same number has left before it began.
            Err(NotSeated::RoomFull | NotSeated::AlreadyIn) => Err(Refusal::RoomFull),
        }
    }

    fn open(&self, turn: &Turn<'_>, rooms: &mut Rooms, name: &str) -> Result<Arc<Room>, Refusal> {
        if rooms.len() as u64 >= self.settings.rooms_max && !self.close_an_empty_one(turn, rooms) {
            return Err(Refusal::NoMoreRooms);
        }
        let number = self.houses.next_number().ok_or(Refusal::NoMoreRooms)?;
        let name: Arc<str> = name.into();
        let settings = self.settings.room(&name);
        let log = RoomLog::new(RoomRules::new(settings), self.houses.epochs.next(), turn.now);
        let room = Arc::new(Room::new(number, name.clone(), settings, log));
        rooms.insert(name, room.clone());
        turn.stats.relay.rooms.add(1);
        self.opened.notify_one();
        Ok(room)
    }

    /// The room that has been without members longest goes before its time when another one is wanted.
    fn close_an_empty_one(&self, turn: &Turn<'_>, rooms: &mut Rooms) -> bool {
        loop {
            let Some(left) = self.left().pop_front() else { return false };
            let Some(room) = left.upgrade() else { continue };
            let mut state = room.lock();
            state.listed = false;
            let stands = rooms.get(&room.name).is_some_and(|known| Arc::ptr_eq(known, &room));
            if stands && state.log.members() == 0 {
                rooms.remove(&room.name);
                state.close(&self.houses.queued, turn.stats);
                turn.stats.relay.rooms.add(-1);
                return true;
            }
        }
    }

    /// The last member left: the room may go when another one is wanted. To be called under its lock.
    pub(super) fn was_left(&self, room: &Arc<Room>, state: &mut RoomState) {
        if !std::mem::replace(&mut state.listed, true) {
            self.left().push_back(Arc::downgrade(room));
        }
    }

    /// Forgets rooms that are closed.
    pub(super) fn forget_closed(&self) {
        self.left().retain(|room| room.strong_count() > 0);
    }

    fn left(&self) -> MutexGuard<'_, VecDeque<Weak<Room>>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rooms by name.
    pub(super) fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn unnoticed(&self) -> MutexGuard<'_, Vec<Arc<Room>>> {
        self.unnoticed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for House {
    /// What its rooms were charged for is given back, and who waits for news of it learns that there is none to come.
    fn drop(&mut self) {
        let uncounted = Arc::default();
        let stats = self.stats.get().unwrap_or(&uncounted);
        let rooms = std::mem::take(&mut *self.rooms());
        for room in rooms.values() {
            room.lock().close(&self.houses.queued, stats);
            stats.relay.rooms.add(-1);
        }
        self.opened.notify_one();
        self.news.notify_one();
    }
}

fn tickets(listener: &ListenerSettings, relay: &RelaySettings, houses: &Houses) -> Option<TicketOffice> {
    match relay.protocol {
        RelayProtocol::Oread => TicketOffice::open(&listener.name, relay.resume_for, &houses.life),
        RelayProtocol::Plain { .. } => None,
    }
}

/// The name of the host, as far as a frame has room for it.
fn node() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    name[..name.floor_char_boundary(u8::MAX.into())].to_owned()
}
