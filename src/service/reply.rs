//! What a service wants written in answer to a batch.

use crate::codec::{Codec, FrameFault};

/// The answer to one batch: the batch itself, frames of the service's own, or nothing; and control frames, which go ahead of both.
#[derive(Debug)]
pub struct Reply<'a> {
    codec: &'a Codec,
    echo: bool,
    own: Vec<u8>,
    frames: u32,
    controls: Controls,
}

/// Short frames that go ahead of all data.
#[derive(Debug, Default)]
pub struct Controls {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Reply<'a> {
    /// Nothing, so far.
    pub(crate) fn new(codec: &'a Codec) -> Self {
        Self { codec, echo: false, own: Vec::new(), frames: 0, controls: Controls::default() }
    }

    /// Sends the whole batch back, as it came, ahead of frames of the service's own.
    pub fn echo(&mut self) {
        self.echo = true;
    }

    /// Sends a frame with this payload, encoded as the listener's codec has it.
    ///
    /// # Errors
    /// When the codec cannot carry the payload: longer than its maximum, or with a line feed in a line. Nothing is sent of it.
    pub fn send(&mut self, payload: &[u8]) -> Result<(), FrameFault> {
        self.codec.encode(payload, &mut self.own)?;
        self.frames += 1;
        Ok(())
    }

    /// Sends a frame that the caller appends, encoded whole: for services that know the wire of their listener. What they append nothing to
    /// is none.
    pub fn encode(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        let before = self.own.len();
        append(&mut self.own);
        self.frames += u32::from(self.own.len() > before);
    }

    /// Frames that go ahead of all others.
    pub fn controls(&mut self) -> &mut Controls {
        &mut self.controls
    }

    pub(crate) fn wants_echo(&self) -> bool {
        self.echo
    }

    /// Control frames; and frames of the service's own, their bytes and their number.
    pub(crate) fn into_own(self) -> (Controls, Vec<u8>, u32) {
        (self.controls, self.own, self.frames)
    }
}

impl Controls {
    /// Adds a frame that the caller appends, encoded whole.
    pub fn encode(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        let before = self.bytes.len();
        append(&mut self.bytes);
        if self.bytes.len() > before {
            self.ends.push(self.bytes.len());
        }
    }

    /// Bytes of all of them.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The frames.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}
