//! What a client tells its program, in the order in which it happened. Owned values: they outlive the frames that they came in.

use std::sync::Arc;
use std::time::Duration;

use super::{Error, Lost};
use crate::peer::SessionId;
use crate::protocol::{
    self, Epoch, GapReason, Listed, Missed, Payload, Position, PresenceEvent, PresenceKind,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A new session stands. Behind a [`Disconnected`](Self::Disconnected): the old session could not be resumed, others know this one by another number.
    Connected(Welcome),
    /// The session stands again, under its old number.
    Resumed(Welcome),
    /// The connection is lost.
    Disconnected {
        /// Why.
        why: Lost,
        /// When the client tries again; none: it does not, and this was the last event.
        back_in: Option<Duration>,
    },
    /// The client is in a room: for the first time, or again after it came back.
    Joined(Membership),
    /// The client is in a room no longer.
    Left {
        /// The room.
        room: Arc<str>,
        /// Why, unless the program asked for it; a rejoin that was refused is one reason.
        why: Option<Error>,
    },
    /// Something was said in a room.
    Message(Message),
    /// Something was said to this session alone.
    Direct {
        /// Who said it.
        from: SessionId,
        /// What was said.
        content: Content,
    },
    /// Messages of a room are missing at this place.
    Gap {
        /// The room.
        room: Arc<str>,
        /// Which; none: they cannot be counted, the room's history began anew.
        missed: Option<Missed>,
        /// Why.
        reason: Listed<GapReason>,
    },
    /// Who is in a room, or came and went.
    Presence(Presence),
    /// A message that asked for no receipt was refused.
    Error(Error),
    /// The node is stopping. The client waits for its time and comes back by itself.
    GoingAway {
        /// From now until it comes back.
        come_back_after: Duration,
        /// For how long it then tries.
        keep_trying_for: Duration,
    },
}

/// What a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The session's number, by which others know it.
    pub session: SessionId,
    /// The node, for people.
    pub node: String,
    /// The longest payload of a message, in bytes.
    pub max_payload: usize,
}

/// A membership as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The room.
    pub room: Arc<str>,
    /// The life of the room's history.
    pub epoch: Epoch,
    /// Its newest message; 0: none yet.
    pub position: Position,
    /// How many are in the room, this session included.
    pub members: u32,
}

/// A message of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The room.
    pub room: Arc<str>,
    /// Which message of the room's epoch it is.
    pub position: Position,
    /// Who said it.
    pub from: SessionId,
    /// What was said.
    pub content: Content,
}

/// Who is in a room, or came and went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The room.
    pub room: Arc<str>,
    /// It is true between this message and the next.
    pub position: Position,
    /// How many are in the room.
    pub members: u32,
    /// What the entries are.
    pub kind: Listed<PresenceKind>,
    /// One for each session concerned.
    pub entries: Vec<PresenceEntry>,
}

/// What became of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceEntry {
    /// What became of it.
    pub event: Listed<PresenceEvent>,
    /// Which session.
    pub session: SessionId,
    /// What it calls itself.
    pub name: String,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its position in the room; 0 for a direct message.
    pub position: Position,
    /// How many members the room had for it, the sender not counted; 1 for a direct message.
    pub members: u32,
}

/// What is said: text or bytes, as the sender marked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text(String),
    /// Any bytes.
    Bytes(Vec<u8>),
}

impl Content {
    /// Its bytes, whichever it is.
    pub fn bytes(&self) -> &[u8] {
        self.payload().bytes()
    }

    /// It, when it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(_) => None,
        }
    }

    pub(super) fn payload(&self) -> Payload<'_> {
        match self {
            Self::Text(text) => Payload::Text(text),
            Self::Bytes(bytes) => Payload::Bytes(bytes),
        }
    }
}

impl From<Payload<'_>> for Content {
    fn from(payload: Payload<'_>) -> Self {
        match payload {
            Payload::Text(text) => Self::Text(text.to_owned()),
            Payload::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Content {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_owned())
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl Presence {
    pub(super) fn new(room: Arc<str>, frame: &protocol::Presence<'_>) -> Self {
        let entry = |entry: protocol::Entry<'_>| PresenceEntry {
            event: entry.event,
            session: entry.session,
            name: entry.name.as_str().to_owned(),
        };
        Self {
            room,
            position: frame.position,
            members: frame.members,
            kind: frame.kind,
            entries: frame.entries.iter().map(entry).collect(),
        }
    }
}

impl Event {
    /// Bytes that it keeps beside its own size, by which the queue of events is bounded.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Message(message) => message.content.bytes().len(),
            Self::Direct { content, .. } => content.bytes().len(),
            Self::Presence(presence) => {
                presence.entries.iter().map(|entry| size_of::<PresenceEntry>() + entry.name.len()).sum()
            }
            _ => 0,
        }
    }
}
