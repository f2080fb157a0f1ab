//! Walks the frames of a run that a codec has cut. For services that look at frames one by one; echo does not.

use memchr::memchr;

use super::{Codec, length_delimited, lines};
use crate::settings::FrameSettings;

/// One whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The frame as it came: header or line ending included.
    pub wire: &'a [u8],
    /// What it carries.
    pub payload: &'a [u8],
}

/// Iterator over the frames of a run. It ends early, rather than panic, on bytes that no codec cut.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    codec: &'a Codec,
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub(super) fn new(codec: &'a Codec, run: &'a [u8]) -> Self {
        Self { codec, rest: run }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let length = match self.codec {
            Codec::LengthDelimited(rules) => frame_len(rules, self.rest)?,
            Codec::Lines(_) => memchr(b'\n', self.rest)? + 1,
            Codec::Bytes => self.rest.len(),
        };
        let (wire, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let payload = match self.codec {
            Codec::LengthDelimited(rules) => &wire[rules.header_len()..],
            Codec::Lines(_) => lines::payload(wire),
            Codec::Bytes => wire,
        };
        Some(Frame { wire, payload })
    }
}

/// Bytes of the frame at the start of `run`, header included.
fn frame_len(rules: &FrameSettings, run: &[u8]) -> Option<usize> {
    let header = rules.header_len();
    let field = run.get(usize::from(rules.length_offset)..header)?;
    let announced = length_delimited::length_of(rules.big_endian, field);
    let payload = usize::try_from(length_delimited::payload_len(rules, announced).ok()?).ok()?;
    header.checked_add(payload)
}
