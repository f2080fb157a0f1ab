//! The epochs of rooms: numbers for lives of their history, none of which was ever that of another life.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::life::Life;

/// Numbers below 2^53, so that every client reads them.
const MASK: u64 = (1 << 53) - 1;

/// Where the houses of a process take its epochs from.
#[derive(Debug)]
pub(super) struct Epochs {
    next: AtomicU64,
}

impl Epochs {
    /// Those of this life of the daemon.
    pub(super) fn of(life: &Life) -> Self {
        Self { next: AtomicU64::new(life.first_epoch) }
    }

    /// The epoch of a room that is opened: never 0, never one that was.
    pub(super) fn next(&self) -> u64 {
        (self.next.fetch_add(1, Relaxed) & MASK).max(1)
    }
}
