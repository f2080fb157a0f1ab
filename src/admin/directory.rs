//! Who is here, as types: a row of `/sessions`, a row of `/rooms`, and who can tell. Field names are relied on by tools.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::listing::{Row, Sort};
use crate::peer::Peer;

/// Who can tell which sessions and rooms there are, and can end a session. Asked on the control thread: it may take locks for a moment, and
/// must not wait for anybody.
pub trait Directory: Send + Sync {
    /// The names of the listeners, in order.
    fn listeners(&self) -> Vec<Arc<str>>;
    /// Shows every session, or those of one listener, in any order.
    fn sessions(&self, of: Option<&str>, see: &mut dyn FnMut(SessionRow));
    /// Shows every room, or those of one listener, in any order.
    fn rooms(&self, of: Option<&str>, see: &mut dyn FnMut(RoomRow));
    /// Tells the session of this number to end. Says whether there is one.
    fn kick(&self, session: u64) -> bool;
}

/// One session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionRow {
    /// Its number.
    pub session: u64,
    /// The listener over which it came.
    #[serde(serialize_with = "text")]
    pub listener: Arc<str>,
    /// The other end.
    #[serde(serialize_with = "shown")]
    pub peer: Peer,
    /// Since it was accepted.
    #[serde(rename = "age_seconds", serialize_with = "seconds")]
    pub age: Duration,
    /// What waits for it in its outbox.
    pub owed_bytes: u64,
    /// Rooms that it listens to.
    pub rooms: u64,
    /// How far it is behind in the room in which it is farthest behind.
    #[serde(flatten)]
    pub lag: Lag,
}

/// How far somebody is behind. In this order: the age counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Lag {
    /// How long the oldest unread message has waited.
    #[serde(rename = "lag_seconds", serialize_with = "seconds")]
    pub age: Duration,
    /// Unread messages.
    #[serde(rename = "lag_messages")]
    pub messages: u64,
    /// Bytes of those that are still held.
    #[serde(rename = "lag_bytes")]
    pub bytes: u64,
}

/// One room.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoomRow {
    /// The listener to which it belongs.
    #[serde(serialize_with = "text")]
    pub listener: Arc<str>,
    /// Its name.
    #[serde(rename = "name", serialize_with = "text")]
    pub name: Arc<str>,
    /// Its number on the wire.
    #[serde(rename = "room")]
    pub number: u64,
    /// The life of its history.
    pub epoch: u64,
    /// Members.
    pub members: u64,
    /// The oldest position that is held.
    pub oldest: u64,
    /// The newest position.
    pub newest: u64,
    /// Messages held.
    pub messages: u64,
    /// Bytes that its log holds.
    pub log_bytes: u64,
    /// How far the member is behind that is farthest behind.
    #[serde(flatten)]
    pub lag: Lag,
    /// What happens to those who fall behind.
    pub when_behind: &'static str,
}

impl Row for SessionRow {
    const SORTS: &'static [Sort<Self>] = &[
        Sort { word: "number", order: |a, b| a.session.cmp(&b.session) },
        Sort { word: "age", order: |a, b| b.age.cmp(&a.age) },
        Sort { word: "owed", order: |a, b| b.owed_bytes.cmp(&a.owed_bytes) },
        Sort { word: "rooms", order: |a, b| b.rooms.cmp(&a.rooms) },
        Sort { word: "lag", order: |a, b| b.lag.cmp(&a.lag) },
    ];

    const NUMBERED_BY_LISTENER: bool = false;

    fn key(&self) -> (u64, &str) {
        (self.session, &self.listener)
    }
}

impl Row for RoomRow {
    const SORTS: &'static [Sort<Self>] = &[
        Sort { word: "number", order: |a, b| a.number.cmp(&b.number) },
        Sort { word: "name", order: |a, b| (&a.listener, &a.name).cmp(&(&b.listener, &b.name)) },
        Sort { word: "members", order: |a, b| b.members.cmp(&a.members) },
        Sort { word: "messages", order: |a, b| b.messages.cmp(&a.messages) },
        Sort { word: "bytes", order: |a, b| b.log_bytes.cmp(&a.log_bytes) },
        Sort { word: "lag", order: |a, b| b.lag.cmp(&a.lag) },
    ];

    const NUMBERED_BY_LISTENER: bool = true;

    fn key(&self) -> (u64, &str) {
        (self.number, &self.listener)
    }
}

fn text<S: Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

fn shown<S: Serializer>(value: &impl std::fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}
