//! What a server says: [`ServerFrame`], and the bodies of its frames.

use super::body::{Body, frames};
use super::fault::{Malformed, Misfit};
use super::field::Field;
use super::kind::{FrameType, Sender};
use super::reader::Reader;
use super::writer::{self, Form, Writer};
use super::{Epoch, ErrorFrame, Gap, Position, Presence, Request, RoomNumber};
use crate::peer::SessionId;

/// A frame from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerFrame<'a> {
    /// Answers HELLO.
    Welcome(Welcome<'a>),
    /// Answers JOIN.
    Joined(Joined),
    /// Answers LEAVE, or says that the server ended a membership.
    Left(Left),
    /// Something said in a room.
    Message(Message<'a>),
    /// Something said to this session alone.
    Direct(Direct<'a>),
    /// Answers PUBLISH or SEND.
    Receipt(Receipt),
    /// Who is in a room.
    Presence(Presence<'a>),
    /// What of a room will not come.
    Gap(Gap),
    /// What went wrong.
    Error(ErrorFrame<'a>),
    /// The node is stopping.
    GoingAway(GoingAway),
    /// Asks for a PONG.
    Ping(Ping),
    /// Answers a PING.
    Pong(Pong),
    /// Any other type: to be counted and ignored.
    Unknown {
        /// Its type.
        kind: u8,
    },
}

frames! {
    /// Asks for a PONG, to learn whether the other side lives and how long a round trip takes.
    0x06 "PING" Either Ping {
        /// Anything; it comes back in PONG.
        opaque: [u8; 8],
    }

    /// Answers the newest PING.
    0x07 "PONG" Either Pong {
        /// What PING had.
        opaque: [u8; 8],
    }

    /// Answers HELLO: the session stands, and these are its limits.
    0x81 "WELCOME" Server Welcome<'a> {
        /// The version that both speak from here on.
        version: u16,
        /// None are defined; 0.
        flags: u32,
        /// The session's number, by which others know it.
        session: SessionId,
        /// The longest payload of a PUBLISH or SEND, in bytes.
        max_payload: u32,
        /// After so many milliseconds of silence the server pings; 0: never.
        keepalive_ms: u32,
        /// What makes another connection this session again; empty: nothing does.
        ticket: &'a [u8],
        /// The node, for people.
        node: &'a str,
    }

    /// Answers JOIN.
    0x82 "JOINED" Server Joined {
        /// That of JOIN.
        request: Request,
        /// The number by which the room goes from here on.
        room: RoomNumber,
        /// The life of the room's history.
        epoch: Epoch,
        /// The newest message; 0: none yet.
        position: Position,
        /// How many are in the room, this session included.
        members: u32,
    }

    /// Answers LEAVE, or says that the server ended a membership.
    0x83 "LEFT" Server Left {
        /// That of LEAVE; 0: the server's doing.
        request: Request,
        /// The room.
        room: RoomNumber,
    }

    /// Something said in a room. The same bytes for every member.
    0x84 "MESSAGE" Server Message<'a> {
        /// The room.
        room: RoomNumber,
        /// Which message of the room's epoch it is.
        position: Position,
        /// Who said it.
        from: SessionId,
        + payload
    }

    /// Something said to this session alone.
    0x85 "DIRECT" Server Direct<'a> {
        /// Who said it.
        from: SessionId,
        + payload
    }

    /// Answers a PUBLISH or SEND that asked for it.
    0x86 "RECEIPT" Server Receipt {
        /// That of PUBLISH or SEND.
        request: Request,
        /// Where the room's log has it; 0 for SEND.
        position: Position,
        /// How many members the room had for it, the sender not counted; 1 for SEND.
        members: u32,
    }

    /// The node is stopping, and this is the session's own time to come back.
    0x8A "GOING_AWAY" Server GoingAway {
        /// Milliseconds to wait before connecting again.
        come_back_after_ms: u32,
        /// Milliseconds for which trying again is worthwhile.
        keep_trying_for_ms: u32,
    }
}

impl<'a> ServerFrame<'a> {
    /// Decodes one whole frame: type and body, without length.
    pub fn decode(frame: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(frame)?;
        let reader = &mut reader;
        Ok(match reader.kind() {
            Welcome::KIND => Self::Welcome(Welcome::read(reader)?),
            Joined::KIND => Self::Joined(Joined::read(reader)?),
            Left::KIND => Self::Left(Left::read(reader)?),
            Message::KIND => Self::Message(Message::read(reader)?),
            Direct::KIND => Self::Direct(Direct::read(reader)?),
            Receipt::KIND => Self::Receipt(Receipt::read(reader)?),
            Presence::KIND => Self::Presence(Presence::read(reader)?),
            Gap::KIND => Self::Gap(Gap::read(reader)?),
            ErrorFrame::KIND => Self::Error(ErrorFrame::read(reader)?),
            GoingAway::KIND => Self::GoingAway(GoingAway::read(reader)?),
            Ping::KIND => Self::Ping(Ping::read(reader)?),
            Pong::KIND => Self::Pong(Pong::read(reader)?),
            kind => Self::Unknown { kind },
        })
    }

    /// Appends the frame to `out`. For many messages of one publisher [`MessageRun`](super::MessageRun) is the shorter way.
    pub fn encode(&self, form: Form, out: &mut Vec<u8>) -> Result<(), Misfit> {
        writer::frame(out, form, self.kind(), |writer| match self {
            Self::Welcome(body) => body.write(writer),
            Self::Joined(body) => body.write(writer),
            Self::Left(body) => body.write(writer),
            Self::Message(body) => body.write(writer),
            Self::Direct(body) => body.write(writer),
            Self::Receipt(body) => body.write(writer),
            Self::Presence(body) => body.write(writer),
            Self::Gap(body) => body.write(writer),
            Self::Error(body) => body.write(writer),
            Self::GoingAway(body) => body.write(writer),
            Self::Ping(body) => body.write(writer),
            Self::Pong(body) => body.write(writer),
            Self::Unknown { .. } => Ok(()),
        })
    }

    /// The first byte of the frame.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Welcome(_) => Welcome::KIND,
            Self::Joined(_) => Joined::KIND,
            Self::Left(_) => Left::KIND,
            Self::Message(_) => Message::KIND,
            Self::Direct(_) => Direct::KIND,
            Self::Receipt(_) => Receipt::KIND,
            Self::Presence(_) => Presence::KIND,
            Self::Gap(_) => Gap::KIND,
            Self::Error(_) => ErrorFrame::KIND,
            Self::GoingAway(_) => GoingAway::KIND,
            Self::Ping(_) => Ping::KIND,
            Self::Pong(_) => Pong::KIND,
            Self::Unknown { kind } => *kind,
        }
    }
}
