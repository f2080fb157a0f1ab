//! Who is here: the sessions of all workers and the rooms of all relays, for the admin address. No lock is held for longer than it takes to
//! copy one worker's list of sessions, or what is told of one room.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use crate::admin::directory::{Directory, Lag, RoomRow, SessionRow};
use crate::handle::Handle;
use crate::peer::SessionId;
use crate::reason::CloseReason;
use crate::relay::{House, Houses, MemberView, RoomView};
use crate::settings::{ListenerSettings, RelayProtocol, ServiceKind};
use crate::tick::Tick;
use crate::worker::Worker;

/// Rooms that a relay has at most; `None` for other services.
pub(super) fn rooms_limit(settings: &ListenerSettings) -> Option<u64> {
    let ServiceKind::Relay(relay) = &settings.service else { return None };
    Some(match relay.protocol {
        RelayProtocol::Oread => relay.rooms_max,
        RelayProtocol::Plain { .. } => 1,
    })
}

/// Where sessions and rooms are found.
pub(super) struct Present {
    /// The names of the listeners, in order.
    pub(super) listeners: Vec<Arc<str>>,
    pub(super) workers: Vec<Arc<Worker>>,
    pub(super) houses: Arc<Houses>,
}

/// In how many rooms a session listens, and its lag in the worst of them.
type Standing = (u64, Lag);

impl Directory for Present {
    fn listeners(&self) -> Vec<Arc<str>> {
        self.listeners.clone()
    }

    fn sessions(&self, of: Option<&str>, see: &mut dyn FnMut(SessionRow)) {
        let now = Instant::now();
        let mut standings: HashMap<SessionId, Standing> = HashMap::new();
        for member in self.houses(of).iter().flat_map(|house| house.view_members(self.now())) {
            let (rooms, worst) = standings.entry(member.session).or_default();
            *rooms += 1;
            *worst = lag(&member).max(*worst);
        }
        for session in self.everyone() {
            let Some(listener) = self.listeners.iter().find(|name| &***name == session.listener()) else {
                continue;
            };
            if of.is_some_and(|of| of != &**listener) {
                continue;
            }
            let standing = standings.get(&session.session()).copied().unwrap_or_default();
            see(session_row(&session, listener, now, standing));
        }
    }

    fn rooms(&self, of: Option<&str>, see: &mut dyn FnMut(RoomRow)) {
        for house in self.houses(of) {
            let mut worst: HashMap<Arc<str>, Lag> = HashMap::new();
            for member in house.view_members(self.now()) {
                let worst = worst.entry(member.room.clone()).or_default();
                *worst = lag(&member).max(*worst);
            }
            for room in house.view_rooms(self.now()) {
                let lag = worst.get(&room.name).copied().unwrap_or_default();
                see(room_row(&house, room, lag));
            }
        }
    }

    fn kick(&self, session: u64) -> bool {
        let session = SessionId(session);
        // One that was replaced has its number until it is gone.
        let found: Vec<_> = self.everyone().filter(|handle| handle.session() == session).collect();
        if found.is_empty() {
            return false;
        }
        // Before it ends, or its ticket could be quicker.
        let heirs = self.houses(None).into_iter().filter_map(|house| house.bar(session));
        for handle in heirs.chain(found) {
            handle.end(CloseReason::Kicked);
        }
        true
    }
}

impl Present {
    fn everyone(&self) -> impl Iterator<Item = Arc<Handle>> {
        self.workers.iter().flat_map(|worker| worker.sessions())
    }

    fn houses(&self, of: Option<&str>) -> Vec<Arc<House>> {
        let mut houses = self.houses.all();
        houses.retain(|house| of.is_none_or(|of| of == &*house.listener));
        houses
    }

    /// Rooms go by the clocks of all workers.
    fn now(&self) -> Tick {
        self.workers.iter().map(|worker| worker.now()).max().unwrap_or_default()
    }
}

fn session_row(session: &Handle, listener: &Arc<str>, now: Instant, (rooms, lag): Standing) -> SessionRow {
    SessionRow {
        session: session.session().0,
        listener: listener.clone(),
        peer: session.peer(),
        age: now.saturating_duration_since(session.born()),
        owed_bytes: session.owed().into(),
        rooms,
        lag,
    }
}

fn room_row(house: &House, room: RoomView, lag: Lag) -> RoomRow {
    RoomRow {
        listener: house.listener.clone(),
        name: room.name,
        number: room.number.into(),
        epoch: room.epoch,
        members: room.members as u64,
        oldest: room.oldest,
        newest: room.newest,
        messages: room.messages,
        log_bytes: room.log_bytes as u64,
        lag,
        when_behind: room.when_behind.name(),
    }
}

fn lag(member: &MemberView) -> Lag {
    Lag { age: member.lag, messages: member.lag_messages, bytes: member.lag_bytes }
}
