//! The read buffer that a worker lends to whichever of its sessions is reading. An idle session owns none.

use std::cell::RefCell;

/// Bytes of the lent buffer: larger reads save system calls for streams of large frames, and it fits a core's second-level cache.
pub(super) const LENT_BYTES: usize = 256 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; LENT_BYTES].into_boxed_slice());
}

/// Lends this thread's buffer for the length of `reading`. A reader inside a reader, which no code of ours is, gets a buffer of its own.
pub(super) fn with<R>(reading: impl FnOnce(&mut [u8]) -> R) -> R {
    BUFFER.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => reading(&mut buffer),
        Err(_) => reading(&mut vec![0; LENT_BYTES]),
    })
}
