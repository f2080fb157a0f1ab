//! MESSAGE frames of one publisher in one buffer: the hot path, encoded once for every member of a room.

use super::fault::Misfit;
use super::writer::{self, Form};
use super::{LENGTH_BYTES, MESSAGE_OVERHEAD, Message, Payload, Position, RoomNumber};
use crate::peer::SessionId;

/// Encodes messages of one publisher in one room, at positions that follow each other.
#[derive(Debug, Clone)]
pub struct MessageRun {
    next: u64,
    /// Length, type, flags, room, position and sender of the next message; what differs between messages is filled in.
    head: [u8; LENGTH_BYTES + MESSAGE_OVERHEAD],
    form: Form,
}

const FLAGS: usize = LENGTH_BYTES + 1;
const ROOM: usize = FLAGS + 1;
const POSITION: usize = ROOM + 4;
const FROM: usize = POSITION + 8;

impl MessageRun {
    /// A run whose first message stands at `first`.
    pub fn new(form: Form, room: RoomNumber, first: Position, from: SessionId) -> Result<Self, Misfit> {
        let mut head = [0; LENGTH_BYTES + MESSAGE_OVERHEAD];
        head[LENGTH_BYTES] = Message::KIND;
        head[ROOM..POSITION].copy_from_slice(&room.0.to_be_bytes());
        head[FROM..].copy_from_slice(&writer::integer("from", from.0)?.to_be_bytes());
        Ok(Self { next: first.0, head, form })
    }

    /// The position of the message that is next.
    pub fn next_position(&self) -> Position {
        Position(self.next)
    }

    /// Appends one message to `out`; where it ends there is a border. One that does not fit changes nothing.
    #[inline]
    pub fn push(&mut self, payload: Payload<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let bytes = payload.bytes();
        let length = writer::length(MESSAGE_OVERHEAD + bytes.len())?;
        let position = writer::integer("position", self.next)?;
        self.head[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        self.head[FLAGS] = payload.flags();
        self.head[POSITION..FROM].copy_from_slice(&position.to_be_bytes());
        out.extend_from_slice(match self.form {
            Form::Stream => &self.head,
            Form::Message => &self.head[LENGTH_BYTES..],
        });
        out.extend_from_slice(bytes);
        self.next = position + 1;
        Ok(())
    }

    /// Gives the messages in `out`, which this run appended and which end at `ends`, other positions: they follow each other from `first` on.
    pub fn place(&self, out: &mut [u8], ends: &[u32], first: Position) {
        let offset = match self.form {
            Form::Stream => POSITION,
            Form::Message => POSITION - LENGTH_BYTES,
        };
        let starts = std::iter::once(0).chain(ends.iter().copied());
        for (position, start) in (first.0..).zip(starts.take(ends.len())) {
            let at = start as usize + offset;
            if let Some(place) = out.get_mut(at..at + size_of::<u64>()) {
                place.copy_from_slice(&position.to_be_bytes());
            }
        }
    }

    /// Appends a message for each payload to `out`, and to `borders` where in `out` each ends. Stops at one that does not fit;
    /// those before it stand.
    pub fn extend<'p>(
        &mut self,
        payloads: impl IntoIterator<Item = Payload<'p>>,
        out: &mut Vec<u8>,
        borders: &mut Vec<usize>,
    ) -> Result<(), Misfit> {
        for payload in payloads {
            self.push(payload, out)?;
            borders.push(out.len());
        }
        Ok(())
    }
}
