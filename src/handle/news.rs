//! What a session is told without a lock: a bit for each place with news, and an order to end. Whoever tells it wakes it afterwards; what it
//! was told before its waker was known, its first turn sees. `tests/no_news_is_lost.rs` runs this file in every interleaving.

use super::atomics::{AtomicU8, AtomicU64, Ordering, fence};

/// Bits and an order.
#[derive(Debug)]
pub(super) struct News {
    bits: AtomicU64,
    /// The number of the order and one more; 0: none.
    order: AtomicU8,
}

impl News {
    pub(super) fn new() -> Self {
        Self { bits: AtomicU64::new(0), order: AtomicU8::new(0) }
    }

    /// There is news in a place; 64 counts as 0 again.
    #[inline]
    pub(super) fn note(&self, place: u32) {
        self.bits.fetch_or(1 << (place % u64::BITS), Ordering::Release);
    }

    /// The bits since the last time.
    #[inline]
    pub(super) fn take(&self) -> u64 {
        if self.bits.load(Ordering::Relaxed) == 0 { 0 } else { self.bits.swap(0, Ordering::AcqRel) }
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.bits.load(Ordering::Acquire) != 0
    }

    /// Gives an order, unless one was given before. The session is to be woken afterwards, if its waker is known.
    pub(super) fn order(&self, number: u8) {
        // Lost only to an earlier order, which stands.
        let _ = self.order.compare_exchange(0, number + 1, Ordering::AcqRel, Ordering::Relaxed);
        // Pairs with the one in `registered`: whoever gives an order finds the waker, or that turn finds the order.
        fence(Ordering::SeqCst);
    }

    /// The waker is known from here on.
    pub(super) fn registered() {
        fence(Ordering::SeqCst);
    }

    /// The order that was given.
    #[inline]
    pub(super) fn ordered(&self) -> Option<u8> {
        self.order.load(Ordering::Acquire).checked_sub(1)
    }
}
