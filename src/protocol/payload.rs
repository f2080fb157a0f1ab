//! The payload of PUBLISH, SEND, MESSAGE and DIRECT: all bytes to the end of the frame, with the flags that begin those frames.

use super::fault::{Flaw, Malformed};
use super::flags;
use super::reader::Reader;

/// What one session says to others. Whether it is text or bytes goes with it, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload<'a> {
    /// Any bytes.
    Bytes(&'a [u8]),
    /// Text: UTF-8, checked.
    Text(&'a str),
}

impl<'a> Payload<'a> {
    /// Its bytes, whichever it is.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// The flags of a frame that carries it.
    pub(super) fn flags(self) -> u8 {
        flags::when(matches!(self, Self::Text(_)), flags::TEXT)
    }

    /// Reads what is left of a frame with these flags. An extension is for the two ends of one connection: it ends here.
    pub(super) fn read(reader: &mut Reader<'a>, flags: u8) -> Result<Self, Malformed> {
        if flags & flags::EXTENSION != 0 {
            reader.bytes16("extension")?;
        }
        let offset = reader.offset();
        let bytes = reader.rest();
        if flags & flags::TEXT == 0 {
            return Ok(Self::Bytes(bytes));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::Text(text)),
            Err(_) => Err(reader.malformed("payload", offset, Flaw::PayloadNotUtf8)),
        }
    }
}
