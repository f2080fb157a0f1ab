//! Frames that wait with the session until its service can take them.

use bytes::{Buf, Bytes};

use crate::codec::{Codec, FrameFault};
use crate::service::Batch;

/// Frames that the service could not take yet, as they came. What it takes of them goes from their front, at a cost of what it takes.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    /// Bytes of the allocation: at most twice those that are left.
    pub(super) owned: usize,
    pub(super) frames: u32,
    /// Why the stream ends behind them.
    pub(super) fault: Option<FrameFault>,
}

impl Held {
    /// What is left of a batch that was just read, behind so many frames.
    pub(super) fn rest_of(batch: &mut Batch<'_>, taken: u32) -> Self {
        let mut bytes = Vec::new();
        for frame in batch.frames().skip(taken as usize) {
            bytes.extend_from_slice(frame.wire);
        }
        Self { owned: bytes.capacity(), bytes: bytes.into(), frames: batch.count() - taken, fault: None }
    }

    /// So many frames were taken.
    pub(super) fn take(&mut self, codec: &Codec, taken: u32) {
        let frames = codec.frames(&self.bytes).take(taken as usize);
        let done = frames.map(|frame| frame.wire.len()).sum();
        self.bytes.advance(done);
        self.frames -= taken;
        if self.bytes.len() <= self.owned / 2 {
            self.bytes = Bytes::copy_from_slice(&self.bytes);
            self.owned = self.bytes.len();
        }
    }
}
