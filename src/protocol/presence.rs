//! PRESENCE, which says who is in a room: many changes in one frame.
//!
//! Entries are checked once, when the frame is decoded, and read from its bytes as often as wanted. Who sends them collects
//! them in wire form in an [`EntryBuffer`], so that one batch is encoded once, whoever gets it.

use super::body::Body;
use super::fault::{Malformed, Misfit};
use super::field::{self, Field};
use super::kind::{FrameType, Sender};
use super::list::{Listed, PresenceEvent, PresenceKind};
use super::reader::Reader;
use super::writer::Writer;
use super::{Position, RoomNumber, SessionName};
use crate::peer::SessionId;

/// Who is in a room, or came and went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence<'a> {
    /// The room.
    pub room: RoomNumber,
    /// The position up to which it holds: it is true between this message and the next.
    pub position: Position,
    /// How many are in the room.
    pub members: u32,
    /// What the entries are.
    pub kind: Listed<PresenceKind>,
    /// One for each session concerned; none of a kind that is not known.
    pub entries: Entries<'a>,
}

/// What a PRESENCE says of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What became of it.
    pub event: Listed<PresenceEvent>,
    /// Which session.
    pub session: SessionId,
    /// What it calls itself.
    pub name: SessionName<'a>,
}

/// The entries of a PRESENCE, in wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entries<'a> {
    /// `count` whole and checked entries, and nothing else.
    bytes: &'a [u8],
    count: u16,
}

/// Entries that wait to be sent. Bounded by the longest frame that is to hold them.
#[derive(Debug, Clone)]
pub struct EntryBuffer {
    bytes: Vec<u8>,
    count: u16,
    max: usize,
}

/// Bytes of a PRESENCE before its entries, type included.
const OVERHEAD: usize = 1 + 4 + 8 + 4 + 1 + 2;

impl Presence<'_> {
    /// This type of frame.
    pub const TYPE: FrameType = FrameType {
        number: 0x87,
        name: "PRESENCE",
        sender: Sender::Server,
        layout: &[
            ("u32", "room"),
            ("u64", "position"),
            ("u32", "members"),
            ("u8", "kind"),
            ("u16", "count"),
            ("count × (u8", "event"),
            ("u64", "session"),
            ("str8", "name)"),
        ],
    };
    pub(super) const KIND: u8 = Self::TYPE.number;
}

impl<'a> Body<'a> for Presence<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let room = Field::read(reader, "room")?;
        let position = Field::read(reader, "position")?;
        let members = Field::read(reader, "members")?;
        let kind: Listed<PresenceKind> = field::read_listed(reader, "kind")?;
        let count = reader.u16("count")?;
        // What the entries of a later kind look like is that version's to say.
        let entries = if kind.known().is_some() { Entries::read(reader, count)? } else { Entries::default() };
        Ok(Self { room, position, members, kind, entries })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit> {
        self.room.write(writer, "room")?;
        self.position.write(writer, "position")?;
        self.members.write(writer, "members")?;
        field::write_listed(self.kind, writer, "kind")?;
        self.entries.count.write(writer, "count")?;
        writer.bytes(self.entries.bytes);
        Ok(())
    }
}

impl<'a> Entries<'a> {
    /// How many there are.
    pub fn count(self) -> u16 {
        self.count
    }

    /// Reads them one after another.
    pub fn iter(self) -> impl Iterator<Item = Entry<'a>> {
        let mut reader = Reader::part(self.bytes);
        (0..self.count).map_while(move |_| Entry::read(&mut reader).ok())
    }

    /// Walks all entries, so that reading them later cannot fail.
    fn read(reader: &mut Reader<'a>, count: u16) -> Result<Self, Malformed> {
        let (start, all) = (reader.offset(), reader.peek());
        for _ in 0..count {
            Entry::read(reader)?;
        }
        let length = reader.offset() - start;
        Ok(Self { bytes: &all[..length], count })
    }
}

impl<'a> Body<'a> for Entry<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            event: field::read_listed(reader, "event")?,
            session: Field::read(reader, "session")?,
            name: Field::read(reader, "name")?,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), Misfit> {
        field::write_listed(self.event, writer, "event")?;
        self.session.write(writer, "session")?;
        self.name.write(writer, "name")
    }
}

impl EntryBuffer {
    /// An empty one, for frames of at most `frame_max` bytes, type included.
    pub fn new(frame_max: usize) -> Self {
        Self { bytes: Vec::new(), count: 0, max: frame_max.saturating_sub(OVERHEAD) }
    }

    /// Adds an entry. One that does not fit any more changes nothing: send what is there and begin anew.
    pub fn push(&mut self, entry: &Entry<'_>) -> Result<(), Misfit> {
        let count = self.count.checked_add(1).ok_or(Misfit {
            field: "count",
            has: u64::from(u16::MAX) + 1,
            max: u16::MAX.into(),
        })?;
        let before = self.bytes.len();
        let written = entry.write(&mut Writer::part(&mut self.bytes)).and_then(|()| self.within());
        if written.is_err() {
            self.bytes.truncate(before);
        } else {
            self.count = count;
        }
        written
    }

    /// What was added, for [`Presence::entries`].
    pub fn entries(&self) -> Entries<'_> {
        Entries { bytes: &self.bytes, count: self.count }
    }

    /// Bytes of memory that it takes.
    pub fn allocated(&self) -> usize {
        self.bytes.capacity()
    }

    /// Forgets what was added and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    fn within(&self) -> Result<(), Misfit> {
        if self.bytes.len() > self.max {
            return Err(Misfit { field: "entries", has: self.bytes.len() as u64, max: self.max as u64 });
        }
        Ok(())
    }
}
