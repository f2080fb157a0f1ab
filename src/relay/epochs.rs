//! The epochs of rooms: numbers for lives of their history, none of which was ever that of another life.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Numbers below 2^53, so that every client reads them.
const MASK: u64 = (1 << 53) - 1;

/// Where a house takes its epochs from.
#[derive(Debug)]
pub(super) struct Epochs {
    next: AtomicU64,
}

impl Epochs {
    /// Begins at a moment of the host, so that no other life of this daemon used the same numbers.
    pub(super) fn from_host() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since.map_or(1, |since| since.as_micros());
        Self { next: AtomicU64::new(u64::try_from(micros).unwrap_or(1)) }
    }

    /// The epoch of a room that is opened: never 0, never one that was.
    pub(super) fn next(&self) -> u64 {
        (self.next.fetch_add(1, Relaxed) & MASK).max(1)
    }
}
