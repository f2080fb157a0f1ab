//! Rooms as operators see them. Each is looked at for a moment under its own lock.

use std::sync::Arc;
use std::time::Duration;

use super::house::House;
use super::room::Room;
use crate::peer::SessionId;
use crate::settings::WhenBehind;
use crate::tick::{TICK, Tick};

/// A room.
#[derive(Debug, Clone)]
pub struct RoomView {
    /// Its name.
    pub name: Arc<str>,
    /// Its number on the wire.
    pub number: u32,
    /// The life of its history.
    pub epoch: u64,
    /// Members.
    pub members: usize,
    /// The oldest position held.
    pub oldest: u64,
    /// The newest position.
    pub newest: u64,
    /// Messages held.
    pub messages: u64,
    /// Bytes that the log is charged for.
    pub log_bytes: usize,
    /// How long the oldest unread message has waited.
    pub longest_lag: Duration,
    /// What happens to laggards.
    pub when_behind: WhenBehind,
}

/// How a member stands in a room.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The member's session.
    pub session: SessionId,
    /// The room.
    pub room: Arc<str>,
    /// Messages that it has not read.
    pub lag_messages: u64,
    /// Bytes of those that are held.
    pub lag_bytes: u64,
    /// The age of the oldest of them.
    pub lag: Duration,
}

impl House {
    /// Every room, as of the moment `now`.
    pub fn view_rooms(&self, now: Tick) -> Vec<RoomView> {
        self.every_room().iter().map(|room| view(room, now)).collect()
    }

    /// Every member of every room that hears.
    pub fn view_members(&self, now: Tick) -> Vec<MemberView> {
        self.every_room().iter().flat_map(|room| members(room, now)).collect()
    }

    fn every_room(&self) -> Vec<Arc<Room>> {
        self.rooms().values().cloned().collect()
    }
}

fn view(room: &Room, now: Tick) -> RoomView {
    let state = room.lock();
    let log = &state.log;
    RoomView {
        name: room.name.clone(),
        number: room.number,
        epoch: log.epoch(),
        members: log.members(),
        oldest: log.oldest(),
        newest: log.newest(),
        messages: log.messages(),
        log_bytes: log.bytes(),
        longest_lag: TICK * log.longest_lag(now),
        when_behind: room.when_behind,
    }
}

fn members(room: &Room, now: Tick) -> Vec<MemberView> {
    let state = room.lock();
    let lags = state.log.lags(now);
    lags.map(|lag| MemberView {
        session: lag.session,
        room: room.name.clone(),
        lag_messages: lag.messages,
        lag_bytes: lag.bytes,
        lag: lag.age,
    })
    .collect()
}
