//! Bytes of a connection into whole frames. Pure. What it keeps is what came of one unfinished frame and one read; a length is
//! compared with the maximum before anything else, and never reserves memory.

use super::Lost;
use crate::protocol::LENGTH_BYTES;

/// Bytes of memory that are kept for what comes next.
const KEPT: usize = 64 << 10;

/// Bytes that came and were not yet looked at.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    /// Bytes of it that were taken.
    taken: usize,
}

impl Inbox {
    /// Appends what came.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        if self.bytes.is_empty() {
            // What one large frame took is not kept for the small ones behind it.
            self.bytes.shrink_to(KEPT);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, type and body.
    pub(super) fn next(&mut self, max: usize) -> Result<Option<&[u8]>, Lost> {
        let Some((length, rest)) = self.bytes[self.taken..].split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > max {
            return Err(Lost::FrameTooLarge { announced: length, max });
        }
        let Some(frame) = rest.get(..length) else { return Ok(None) };
        self.taken += LENGTH_BYTES + length;
        Ok(Some(frame))
    }

    /// Whether an unfinished frame is left.
    pub(super) fn in_frame(&self) -> bool {
        self.taken < self.bytes.len()
    }
}
