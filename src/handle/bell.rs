//! A worker's bell: wake-ups for its sessions from other workers, and those of its own that are too many for one go, gathered into one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Wake;

/// Sessions woken in one go before others get a turn.
const SLICE: usize = 256;

/// Wake-ups on their way to one worker.
#[derive(Debug, Default)]
pub struct Bell {
    wakes: Mutex<Vec<Wake>>,
    rung: Notify,
}

impl Bell {
    /// Leaves wake-ups here. Rings if none were here before.
    pub fn leave(&self, wakes: impl IntoIterator<Item = Wake>) {
        let mut all = self.wakes();
        let rings = all.is_empty();
        all.extend(wakes);
        drop(all);
        if rings {
            self.rung.notify_one();
        }
    }

    /// Wakes whoever is to be woken, for ever, a slice at a time. To be spawned on the worker.
    pub async fn answer(&self) {
        loop {
            self.rung.notified().await;
            let wakes = std::mem::take(&mut *self.wakes());
            for (count, wake) in wakes.into_iter().enumerate() {
                if count % SLICE == SLICE - 1 {
                    tokio::task::yield_now().await;
                }
                wake.now();
            }
        }
    }

    fn wakes(&self) -> MutexGuard<'_, Vec<Wake>> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes all of them: those of the worker of `here` now, unless they are many, the others through the bell of their worker.
pub fn ring(here: Option<&Arc<Bell>>, wakes: Vec<Wake>) {
    let mut others: Vec<Wake> = Vec::new();
    let mut woken = 0;
    for wake in wakes {
        if woken < SLICE && here.is_some_and(|bell| wake.is_at(bell)) {
            woken += 1;
            wake.now();
        } else {
            others.push(wake);
        }
    }
    while let Some(last) = others.last() {
        let bell = last.bell().clone();
        bell.leave(others.extract_if(.., |wake| wake.is_at(&bell)));
    }
}
