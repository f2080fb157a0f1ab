//! The frame types as data: number, name, sender and layout of each, for documents, metrics and messages.

use super::{
    Direct, ErrorFrame, Gap, GoingAway, Hello, Join, Joined, Leave, Left, Message, Ping, Pong, Presence,
    Publish, Receipt, SendTo, Welcome,
};

/// Requests that later clients may make. Their body begins with `u32 request`, so that a server that does not know one can say so.
pub(super) const REQUESTS_TO_COME: std::ops::RangeInclusive<u8> = 0x20..=0x3F;

/// One type of frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameType {
    /// The first byte of the frame.
    pub number: u8,
    /// Its name in the specification.
    pub name: &'static str,
    /// Who sends it.
    pub sender: Sender,
    /// The fields behind the type, in the order of the wire: type and name of each. `[` and `]` stand around those that a flag
    /// announces, `count × (` and `)` around those that are repeated.
    pub layout: &'static [(&'static str, &'static str)],
}

/// Who sends a type of frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Either.
    Either,
}

impl Sender {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Either => "either",
        }
    }
}

/// Every frame type of protocol 1, by number.
pub const FRAME_TYPES: &[FrameType] = &[
    Hello::TYPE,
    Join::TYPE,
    Leave::TYPE,
    Publish::TYPE,
    SendTo::TYPE,
    Ping::TYPE,
    Pong::TYPE,
    Welcome::TYPE,
    Joined::TYPE,
    Left::TYPE,
    Message::TYPE,
    Direct::TYPE,
    Receipt::TYPE,
    Presence::TYPE,
    Gap::TYPE,
    ErrorFrame::TYPE,
    GoingAway::TYPE,
];

/// The name of a type, when it is one of protocol 1.
pub(super) fn name(number: u8) -> Option<&'static str> {
    FRAME_TYPES.iter().find(|kind| kind.number == number).map(|kind| kind.name)
}
