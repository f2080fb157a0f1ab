//! A run of whole frames, as a service sees it: borrowed from the read, not copied.
//!
//! ```text
//!   head                body
//!  ┌─────────────────┐ ┌──────┬──────────┬──────────┬─────┐
//!  │ begun in an     │ │ seam │ frame    │ frame    │  …  │
//!  │ earlier read    │ │      │          │          │     │
//!  └─────────────────┘ └──────┴──────────┴──────────┴─────┘
//!   ╰── first frame, if head is not empty ─╯
//! ```

use std::io::IoSlice;

use crate::codec::{Codec, Frame};

/// A run of whole frames.
#[derive(Debug)]
pub struct Batch<'a> {
    codec: &'a Codec,
    head: Vec<u8>,
    seam: usize,
    body: &'a [u8],
    count: u32,
}

impl<'a> Batch<'a> {
    /// A run whose first frame began with `head` and ends `seam` bytes into `body`. With an empty `head`, `seam` is 0.
    pub fn new(codec: &'a Codec, head: Vec<u8>, seam: usize, body: &'a [u8], count: u32) -> Self {
        Self { codec, head, seam, body, count }
    }

    /// Frames in it; at least 1.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of it, headers and line endings included.
    pub fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Whether it holds nothing. Never so for a batch that a service sees.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frames one by one. The first may be put together here, which copies its second half.
    pub fn frames(&mut self) -> impl Iterator<Item = Frame<'_>> {
        self.join();
        let Self { codec, head, body, .. } = self;
        codec.frames(head).chain(codec.frames(body))
    }

    /// The run as it stands, for one vectored write.
    pub(crate) fn slices(&self) -> [IoSlice<'_>; 2] {
        [IoSlice::new(&self.head), IoSlice::new(self.body)]
    }

    /// The run as one slice, when its first frame did not begin in an earlier read.
    pub(crate) fn whole(&self) -> Option<&'a [u8]> {
        self.head.is_empty().then_some(self.body)
    }

    fn join(&mut self) {
        let (seam, body) = self.body.split_at(self.seam);
        self.head.extend_from_slice(seam);
        (self.seam, self.body) = (0, body);
    }
}
