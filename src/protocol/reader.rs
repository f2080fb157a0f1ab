//! A place in a frame that is being decoded. It knows which frame and which request that is, so that a fault can say so.

use super::fault::{Flaw, Malformed};
use super::{INTEGER_MAX, Request};

/// Reads the fields of one frame, front to back.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    kind: u8,
    length: usize,
    rest: &'a [u8],
    request: Request,
}

impl<'a> Reader<'a> {
    /// Stands behind the type of `frame`.
    pub(super) fn new(frame: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Self::part(frame);
        reader.kind = reader.u8("type")?;
        Ok(reader)
    }

    /// Stands at the beginning of fields that some frame held.
    pub(super) fn part(fields: &'a [u8]) -> Self {
        Self { kind: 0, length: fields.len(), rest: fields, request: Request::NONE }
    }

    /// The frame's type.
    pub(super) fn kind(&self) -> u8 {
        self.kind
    }

    /// Bytes of the frame, type included.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Bytes read.
    pub(super) fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    /// From now on faults belong to this request.
    pub(super) fn answers(&mut self, request: Request) {
        self.request = request;
    }

    pub(super) fn malformed(&self, field: &'static str, offset: usize, flaw: Flaw) -> Malformed {
        Malformed { frame: self.kind, field, offset, flaw, request: self.request }
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        self.array(field).map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, Malformed> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, Malformed> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// A u64 that JavaScript can read.
    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, Malformed> {
        let offset = self.offset();
        let number = u64::from_be_bytes(self.array(field)?);
        if number > INTEGER_MAX {
            return Err(self.malformed(field, offset, Flaw::IntegerTooLarge(number)));
        }
        Ok(number)
    }

    /// `u8 length` and that many bytes.
    pub(super) fn bytes8(&mut self, field: &'static str) -> Result<&'a [u8], Malformed> {
        let offset = self.offset();
        let length = self.u8(field)?;
        self.counted(field, offset, usize::from(length))
    }

    /// `u16 length` and that many bytes.
    pub(super) fn bytes16(&mut self, field: &'static str) -> Result<&'a [u8], Malformed> {
        let offset = self.offset();
        let length = self.u16(field)?;
        self.counted(field, offset, usize::from(length))
    }

    pub(super) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            return Err(self.short(field, self.offset(), N));
        };
        self.rest = rest;
        Ok(*taken)
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Everything that is left, without taking it.
    pub(super) fn peek(&self) -> &'a [u8] {
        self.rest
    }

    fn counted(&mut self, field: &'static str, offset: usize, length: usize) -> Result<&'a [u8], Malformed> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.short(field, offset, length));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn short(&self, field: &'static str, offset: usize, needed: usize) -> Malformed {
        self.malformed(field, offset, Flaw::Short { needed, left: self.rest.len() })
    }
}
