//! A limit in bytes that many share: each says how its own use changes, and learns whether all of it together is within.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A limit that many share.
#[derive(Debug)]
pub struct Budget {
    used: AtomicU64,
    limit: u64,
}

impl Budget {
    /// So many bytes at the most.
    pub fn new(limit: u64) -> Self {
        Self { used: AtomicU64::new(0), limit }
    }

    /// Moves the use from `before` to `after` bytes of one user. Says whether all is within the limit.
    pub fn settle(&self, before: usize, after: usize) -> bool {
        let change = (after as u64).wrapping_sub(before as u64);
        self.used.fetch_add(change, Relaxed).wrapping_add(change) <= self.limit
    }

    /// Whether the limit has been reached.
    pub fn is_spent(&self) -> bool {
        self.used.load(Relaxed) >= self.limit
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// The limit in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}
