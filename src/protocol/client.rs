//! What a client says: [`ClientFrame`], and the bodies of its frames.

use super::body::{Body, frames};
use super::fault::{Flaw, Malformed, Misfit};
use super::field::Field;
use super::kind::{FrameType, REQUESTS_TO_COME, Sender};
use super::reader::Reader;
use super::writer::{self, Form, Writer};
use super::{HELLO_MAX, Join, Ping, Pong, Request, RoomNumber, SessionName};
use crate::peer::SessionId;

/// A frame from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFrame<'a> {
    /// The first frame: who it is and which versions it speaks.
    Hello(Hello<'a>),
    /// Asks to be in a room.
    Join(Join<'a>),
    /// Asks to be in it no longer.
    Leave(Leave),
    /// Says something to a room.
    Publish(Publish<'a>),
    /// Says something to one session.
    Send(SendTo<'a>),
    /// Asks for a PONG.
    Ping(Ping),
    /// Answers a PING.
    Pong(Pong),
    /// A request of a later client, type 0x20 to 0x3F: to be answered with ERROR `unsupported`.
    Unsupported {
        /// Its type.
        kind: u8,
        /// What the answer carries.
        request: Request,
    },
    /// Any other type: to be counted and ignored.
    Unknown {
        /// Its type.
        kind: u8,
    },
}

frames! {
    /// The first frame of a connection, at most [`HELLO_MAX`] bytes.
    0x01 "HELLO" Client Hello<'a> {
        /// The lowest version that the client speaks.
        lowest: u16,
        /// The highest.
        highest: u16,
        /// None are defined; 0.
        flags: u32,
        /// Who the client is, as the node's operator gave it out; empty: nobody in particular.
        token: &'a [u8],
        /// The ticket of an earlier WELCOME, to be that session again; empty: a new one.
        ticket: &'a [u8],
        /// What presence calls the session.
        name: SessionName<'a>,
    }

    /// Asks to be in a room no longer. Answered with LEFT.
    0x03 "LEAVE" Client Leave {
        /// Comes back in LEFT.
        request: Request,
        /// The room.
        room: RoomNumber,
    }

    /// Says something to everyone in a room.
    0x04 "PUBLISH" Client Publish<'a> {
        /// A room that the session is in.
        room: RoomNumber,
        /// Comes back in RECEIPT; 0: no receipt is wanted.
        request: Request,
        + payload
    }

    /// Says something to one session.
    0x05 "SEND" Client SendTo<'a> {
        /// Who is to get it.
        session: SessionId,
        /// Comes back in RECEIPT; 0: no receipt is wanted.
        request: Request,
        + payload
    }
}

impl<'a> ClientFrame<'a> {
    /// Decodes one whole frame: type and body, without length.
    pub fn decode(frame: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(frame)?;
        let reader = &mut reader;
        Ok(match reader.kind() {
            Hello::KIND => Self::Hello(hello(reader)?),
            Join::KIND => Self::Join(Join::read(reader)?),
            Leave::KIND => Self::Leave(Leave::read(reader)?),
            Publish::KIND => Self::Publish(Publish::read(reader)?),
            SendTo::KIND => Self::Send(SendTo::read(reader)?),
            Ping::KIND => Self::Ping(Ping::read(reader)?),
            Pong::KIND => Self::Pong(Pong::read(reader)?),
            kind if REQUESTS_TO_COME.contains(&kind) => {
                Self::Unsupported { kind, request: Field::read(reader, "request")? }
            }
            kind => Self::Unknown { kind },
        })
    }

    /// Appends the frame to `out`.
    pub fn encode(&self, form: Form, out: &mut Vec<u8>) -> Result<(), Misfit> {
        writer::frame(out, form, self.kind(), |writer| match self {
            Self::Hello(body) => body.write(writer),
            Self::Join(body) => body.write(writer),
            Self::Leave(body) => body.write(writer),
            Self::Publish(body) => body.write(writer),
            Self::Send(body) => body.write(writer),
            Self::Ping(body) => body.write(writer),
            Self::Pong(body) => body.write(writer),
            Self::Unsupported { request, .. } => request.write(writer, "request"),
            Self::Unknown { .. } => Ok(()),
        })
    }

    /// The first byte of the frame.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => Hello::KIND,
            Self::Join(_) => Join::KIND,
            Self::Leave(_) => Leave::KIND,
            Self::Publish(_) => Publish::KIND,
            Self::Send(_) => SendTo::KIND,
            Self::Ping(_) => Ping::KIND,
            Self::Pong(_) => Pong::KIND,
            Self::Unsupported { kind, .. } | Self::Unknown { kind } => *kind,
        }
    }
}

fn hello<'a>(reader: &mut Reader<'a>) -> Result<Hello<'a>, Malformed> {
    if reader.length() > HELLO_MAX {
        return Err(reader.malformed("length", 0, Flaw::TooLong { max: HELLO_MAX }));
    }
    Hello::read(reader)
}
