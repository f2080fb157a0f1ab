//! What a service wants written in answer to a batch.

use crate::codec::{Codec, FrameFault};

/// The answer to one batch: the batch itself, frames of the service's own, or nothing.
#[derive(Debug)]
pub struct Reply<'a> {
    codec: &'a Codec,
    echo: bool,
    own: Vec<u8>,
    frames: u32,
}

impl<'a> Reply<'a> {
    /// Nothing, so far.
    pub(crate) fn new(codec: &'a Codec) -> Self {
        Self { codec, echo: false, own: Vec::new(), frames: 0 }
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

    pub(crate) fn wants_echo(&self) -> bool {
        self.echo
    }

    /// Frames of the service's own: their bytes and their number.
    pub(crate) fn into_own(self) -> (Vec<u8>, u32) {
        (self.own, self.frames)
    }
}
