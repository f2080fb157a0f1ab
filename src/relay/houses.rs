//! The houses of a process and what they share: its budget, its life, the numbers of rooms, and who decides who may do what.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::authority::Authority;
use super::epochs::Epochs;
use super::house::House;
use super::life::Life;
use crate::budget::Budget;

/// The houses of a process.
pub struct Houses {
    all: Mutex<Vec<Weak<House>>>,
    /// What all logs and outboxes of the process may hold together.
    pub(super) queued: Arc<Budget>,
    pub(super) life: Life,
    pub(super) epochs: Epochs,
    /// Decides for all of them; none: each has the rules of its settings.
    pub(super) authority: Option<Arc<dyn Authority>>,
    /// The number of the last room that was opened.
    numbers: AtomicU32,
    /// Held by whoever relieves the process of what its logs hold: one at a time.
    pub(super) at_work: Mutex<()>,
    /// The tick before which that is in vain: what is held is not in rooms.
    pub(super) in_vain: AtomicU32,
}

impl Houses {
    /// None yet, in this life of the daemon, within this budget.
    pub fn new(life: Life, queued: Arc<Budget>) -> Self {
        Self {
            all: Mutex::default(),
            queued,
            epochs: Epochs::of(&life),
            life,
            authority: None,
            numbers: AtomicU32::new(0),
            at_work: Mutex::default(),
            in_vain: AtomicU32::new(0),
        }
    }

    /// The same with somebody else to decide who may do what.
    #[must_use]
    pub fn under(self, authority: Arc<dyn Authority>) -> Self {
        Self { authority: Some(authority), ..self }
    }

    pub(super) fn add(&self, house: &Arc<House>) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(house));
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<House>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
    }

    /// The number of a room that is opened; none when there are no more.
    pub(super) fn next_number(&self) -> Option<u32> {
        let last = self.numbers.fetch_update(Relaxed, Relaxed, |last| last.checked_add(1));
        last.ok().map(|last| last + 1)
    }

    /// Whether a room of this number was ever opened.
    pub(super) fn knew(&self, number: u32) -> bool {
        (1..=self.numbers.load(Relaxed)).contains(&number)
    }
}
