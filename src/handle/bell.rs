//! A worker's bell: wake-ups for its sessions, gathered, so that many from another worker cost one system call, and so that what reaches a
//! room within a few looks at the sockets goes out in one write a member.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Wake;
use super::patience::Patience;

/// Sessions woken in one go before others get a turn.
const SLICE: usize = 256;
/// So few sessions are woken at once, by whoever has news for them.
const FEW: usize = 16;

/// Wake-ups on their way to one worker.
#[derive(Debug, Default)]
pub struct Bell {
    wakes: Mutex<Vec<Wake>>,
    rung: Notify,
    /// Bytes that the worker's own sessions appended to rooms, counted round and round.
    appended: AtomicU32,
}

impl Bell {
    /// Leaves wake-ups here. Rings if none were here before.
    pub fn leave(&self, mut wakes: Vec<Wake>) {
        let mut all = self.wakes();
        let rings = all.is_empty();
        if rings {
            // A room's whole list moves, without a copy.
            *all = wakes;
        } else {
            all.append(&mut wakes);
        }
        drop(all);
        if rings {
            self.rung.notify_one();
        }
    }

    /// A session of this worker appended so many bytes to a room. Who waits there may have been left here before.
    #[inline]
    pub fn appended(&self, bytes: u32) {
        // One thread writes it: a lost count is none.
        self.appended.store(self.appended.load(Relaxed).wrapping_add(bytes), Relaxed);
    }

    /// Wakes whoever is to be woken, for ever, a slice at a time. To be spawned on the worker.
    pub async fn answer(&self) {
        let mut patience = Patience::default();
        loop {
            self.rung.notified().await;
            self.gather(&mut patience).await;
            let wakes = std::mem::take(&mut *self.wakes());
            for (count, wake) in wakes.into_iter().enumerate() {
                if count % SLICE == SLICE - 1 {
                    tokio::task::yield_now().await;
                }
                wake.now();
            }
        }
    }

    /// Lets the runtime look at its sockets, again and again while that brings something: what arrives together goes out together.
    async fn gather(&self, patience: &mut Patience) {
        let mut round = patience.round(self.wakes().len());
        let mut before = self.appended.load(Relaxed);
        loop {
            tokio::task::yield_now().await;
            let after = self.appended.load(Relaxed);
            if !round.goes_on(after.wrapping_sub(before)) {
                return patience.learn(&round);
            }
            before = after;
        }
    }

    fn wakes(&self) -> MutexGuard<'_, Vec<Wake>> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all of them: a few of the worker of `here` now, the others through the bell of their worker.
pub fn ring(here: Option<&Arc<Bell>>, mut wakes: Vec<Wake>) {
    if let Some(here) = here.filter(|_| wakes.len() <= FEW) {
        for wake in wakes.extract_if(.., |wake| wake.is_at(here)) {
            wake.now();
        }
    }
    while let Some(last) = wakes.last() {
        let bell = last.bell().clone();
        if wakes.iter().all(|wake| wake.is_at(&bell)) {
            return bell.leave(wakes);
        }
        bell.leave(wakes.extract_if(.., |wake| wake.is_at(&bell)).collect());
    }
}
