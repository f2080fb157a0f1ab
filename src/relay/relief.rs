//! Relief: when all outboxes and logs of the process together reach their budget, the room with the longest lag gives up its oldest messages,
//! and so on until there is air again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, TryLockError};

use super::house::House;
use super::houses::Houses;
use super::room::Room;
use crate::handle::{Bell, ring};
use crate::stats::ListenerStats;
use crate::tick::Tick;

/// The part of the budget that is freed in one go, so that it is not done for each message.
const AIR: u64 = 16;

/// When, where and for whose account it is done.
#[derive(Clone, Copy)]
pub(super) struct Occasion<'a> {
    pub(super) now: Tick,
    pub(super) bell: &'a Arc<Bell>,
    pub(super) stats: &'a ListenerStats,
}

/// How much a room's log asks to be given up: those without members first, then the longest lag, then the largest.
type Burden = (bool, u32, usize);

impl Houses {
    /// Frees a part of the budget, if rooms hold any of it. Each room is looked at once, and again after it gave something up.
    #[cold]
    pub(super) fn relieve(&self, occasion: Occasion<'_>) {
        let _at_work = match self.at_work.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let rooms: Vec<_> = self.all().into_iter().flat_map(|house| every_room(&house)).collect();
        let mut by_burden: BinaryHeap<(Burden, Reverse<usize>)> = (0..)
            .zip(&rooms)
            .filter_map(|(number, (_, room))| Some((burden(room, occasion.now)?, Reverse(number))))
            .collect();
        let enough = self.queued.limit() - self.queued.limit() / AIR;
        while self.queued.used() > enough {
            let Some((_, Reverse(number))) = by_burden.pop() else { return };
            let (house, room) = &rooms[number];
            if let Some(left) = shed(house, room, occasion) {
                by_burden.push((left, Reverse(number)));
            }
        }
    }
}

fn every_room(house: &Arc<House>) -> Vec<(Arc<House>, Arc<Room>)> {
    house.rooms().values().map(|room| (house.clone(), room.clone())).collect()
}

/// None for a room that holds nothing.
fn burden(room: &Room, now: Tick) -> Option<Burden> {
    let state = room.lock();
    let bytes = state.log.bytes();
    (bytes > 0).then(|| (state.log.members() == 0, state.log.longest_lag(now), bytes))
}

/// Gives up the oldest segment. Says what is left.
fn shed(house: &House, room: &Room, occasion: Occasion<'_>) -> Option<Burden> {
    let mut state = room.lock();
    let wakes = state.log.shed(occasion.now);
    state.settle(&house.houses.queued, occasion.stats);
    drop(state);
    occasion.stats.relay.shed.add(1);
    ring(Some(occasion.bell), wakes);
    burden(room, occasion.now)
}
