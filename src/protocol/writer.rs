//! A frame that is being encoded at the end of a buffer, with or without the length that a stream needs.

use super::fault::Misfit;
use super::{INTEGER_MAX, LENGTH_BYTES};

/// How frames stand on their transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// On a stream (TCP, TLS, Unix socket): each with its length before it.
    Stream,
    /// On a transport that keeps borders (WebSocket): one message each, without a length.
    Message,
}

/// Appends one frame; all of it or nothing.
pub(super) fn frame(
    out: &mut Vec<u8>,
    form: Form,
    kind: u8,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), Misfit>,
) -> Result<(), Misfit> {
    let start = out.len();
    if form == Form::Stream {
        out.extend_from_slice(&[0; LENGTH_BYTES]);
    }
    out.push(kind);
    let written = body(&mut Writer { out }).and_then(|()| match form {
        Form::Stream => set_length(out, start),
        Form::Message => Ok(()),
    });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn set_length(out: &mut [u8], start: usize) -> Result<(), Misfit> {
    let Some((place, frame)) = out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut) else {
        return Ok(());
    };
    *place = length(frame.len())?.to_be_bytes();
    Ok(())
}

/// The length field of a frame of so many bytes, type included.
pub(super) fn length(bytes: usize) -> Result<u32, Misfit> {
    u32::try_from(bytes).map_err(|_| Misfit { field: "length", has: bytes as u64, max: u32::MAX.into() })
}

/// `number`, when JavaScript can read it.
pub(super) fn integer(field: &'static str, number: u64) -> Result<u64, Misfit> {
    if number > INTEGER_MAX {
        return Err(Misfit { field, has: number, max: INTEGER_MAX });
    }
    Ok(number)
}

/// Appends the fields of one frame, front to back.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Appends fields that a frame will hold.
    pub(super) fn part(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, number: u8) {
        self.out.push(number);
    }

    pub(super) fn u64(&mut self, field: &'static str, number: u64) -> Result<(), Misfit> {
        self.bytes(&integer(field, number)?.to_be_bytes());
        Ok(())
    }

    /// `u8 length` and the bytes.
    pub(super) fn bytes8(&mut self, field: &'static str, bytes: &[u8]) -> Result<(), Misfit> {
        let length = u8::try_from(bytes.len()).map_err(|_| too_long(field, bytes, u8::MAX.into()))?;
        self.u8(length);
        self.bytes(bytes);
        Ok(())
    }

    /// `u16 length` and the bytes.
    pub(super) fn bytes16(&mut self, field: &'static str, bytes: &[u8]) -> Result<(), Misfit> {
        let length = u16::try_from(bytes.len()).map_err(|_| too_long(field, bytes, u16::MAX.into()))?;
        self.bytes(&length.to_be_bytes());
        self.bytes(bytes);
        Ok(())
    }
}

fn too_long(field: &'static str, bytes: &[u8], max: u64) -> Misfit {
    Misfit { field, has: bytes.len() as u64, max }
}
