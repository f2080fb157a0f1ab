//! The way to a peer, lent to a service that has something to deliver: nothing waits ahead of it.

use std::io::IoSlice;

use bytes::Bytes;

/// The way to a peer.
pub trait Out {
    /// Writes as much of this as the socket takes, and says how much that was: less than all says that it takes no more at present.
    fn write(&mut self, slices: &[IoSlice<'_>]) -> usize;

    /// What is left of a frame whose beginning the socket took: it will be sent before anything else.
    fn keep(&mut self, rest: Bytes);

    /// A whole frame that goes before whatever is delivered next. The caller returns afterwards, and is asked again when it was sent.
    fn queue(&mut self, frame: &[u8]);

    /// So many frames were written to their ends.
    fn sent(&mut self, frames: u32);
}
