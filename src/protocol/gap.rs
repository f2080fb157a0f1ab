//! GAP, which stands where messages are missing and says which: the frame that keeps losses from being silent.

use super::body::Body;
use super::fault::{Flaw, Malformed, Misfit};
use super::field::{self, Field};
use super::kind::{FrameType, Sender};
use super::list::{GapReason, Listed};
use super::reader::Reader;
use super::writer::Writer;
use super::{Position, RoomNumber};

/// Messages of a room that this member will not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The room.
    pub room: RoomNumber,
    /// Which are missing; none when they cannot be counted, since the JOIN named another epoch.
    pub missed: Option<Missed>,
    /// Why.
    pub reason: Listed<GapReason>,
}

/// A range of positions: from 1 upwards, first before or at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    first: Position,
    last: Position,
}

impl Missed {
    /// The range of both and all between them; none when it would be empty or begin at 0.
    pub fn new(first: Position, last: Position) -> Option<Self> {
        (first.0 > 0 && first <= last).then_some(Self { first, last })
    }

    /// The first that is missing.
    pub fn first(self) -> Position {
        self.first
    }

    /// The last that is missing.
    pub fn last(self) -> Position {
        self.last
    }

    /// How many are missing; at least 1.
    pub fn messages(self) -> u64 {
        self.last.0 - self.first.0 + 1
    }
}

impl Gap {
    /// This type of frame.
    pub const TYPE: FrameType = FrameType {
        number: 0x88,
        name: "GAP",
        sender: Sender::Server,
        layout: &[("u32", "room"), ("u64", "first"), ("u64", "last"), ("u8", "reason")],
    };
    pub(super) const KIND: u8 = Self::TYPE.number;
}

impl<'a> Body<'a> for Gap {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let room = Field::read(reader, "room")?;
        let offset = reader.offset();
        let (first, last) = (Position::read(reader, "first")?, Position::read(reader, "last")?);
        let missed = Missed::new(first, last);
        if missed.is_none() && (first, last) != (Position(0), Position(0)) {
            return Err(reader.malformed("first", offset, Flaw::Backwards));
        }
        Ok(Self { room, missed, reason: field::read_listed(reader, "reason")? })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit> {
        self.room.write(writer, "room")?;
        self.missed.map_or(Position(0), Missed::first).write(writer, "first")?;
        self.missed.map_or(Position(0), Missed::last).write(writer, "last")?;
        field::write_listed(self.reason, writer, "reason")
    }
}
