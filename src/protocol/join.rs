//! JOIN, whose flags say what the client wants of the room and whether the frame goes on behind the name.

use super::body::Body;
use super::fault::{Malformed, Misfit};
use super::field::Field;
use super::flags;
use super::kind::{FrameType, Sender};
use super::reader::Reader;
use super::writer::Writer;
use super::{Epoch, Position, Request, RoomName};

/// Asks to be in a room. Answered with JOINED.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join<'a> {
    /// Comes back in JOINED.
    pub request: Request,
    /// Tell me who is there, comes and goes.
    pub presence: bool,
    /// Send me my own messages too.
    pub own: bool,
    /// Send me no messages.
    pub publish_only: bool,
    /// The room.
    pub room: RoomName<'a>,
    /// First what came after this, as far as it is kept.
    pub since: Option<Since>,
}

/// The last message of a room that a client has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// The life of the room that it was in; 0, with `after` 0: everything that is still held.
    pub epoch: Epoch,
    /// Its position.
    pub after: Position,
}

impl Join<'_> {
    /// This type of frame.
    pub const TYPE: FrameType = FrameType {
        number: 0x02,
        name: "JOIN",
        sender: Sender::Client,
        layout: &[
            ("u32", "request"),
            ("u8", "flags"),
            ("str8", "room"),
            ("[u64", "epoch"),
            ("u64", "after]"),
        ],
    };
    pub(super) const KIND: u8 = Self::TYPE.number;

    fn flags(&self) -> u8 {
        flags::when(self.presence, flags::PRESENCE)
            | flags::when(self.own, flags::OWN)
            | flags::when(self.since.is_some(), flags::SINCE)
            | flags::when(self.publish_only, flags::PUBLISH_ONLY)
    }
}

impl<'a> Body<'a> for Join<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let request = Field::read(reader, "request")?;
        let flags = reader.u8("flags")?;
        let room = Field::read(reader, "room")?;
        let since = if flags & flags::SINCE == 0 {
            None
        } else {
            Some(Since { epoch: Field::read(reader, "epoch")?, after: Field::read(reader, "after")? })
        };
        Ok(Self {
            request,
            presence: flags & flags::PRESENCE != 0,
            own: flags & flags::OWN != 0,
            publish_only: flags & flags::PUBLISH_ONLY != 0,
            room,
            since,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit> {
        self.request.write(writer, "request")?;
        writer.u8(self.flags());
        self.room.write(writer, "room")?;
        if let Some(since) = self.since {
            since.epoch.write(writer, "epoch")?;
            since.after.write(writer, "after")?;
        }
        Ok(())
    }
}
