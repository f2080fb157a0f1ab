//! Relief: when all outboxes and logs of the process together reach their budget, the room with the longest lag gives up its oldest messages,
//! and so on until there is air again.

use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};

use super::house::House;
use super::room::Room;
use crate::service::Turn;

/// The part of the budget that is freed in one go, so that it is not done for each message.
const AIR: u64 = 16;

/// The houses of a process, which share its budget.
#[derive(Default)]
pub struct Houses {
    all: Mutex<Vec<Weak<House>>>,
    /// Held by whoever relieves: one at a time.
    at_work: Mutex<()>,
}

impl Houses {
    pub(super) fn add(&self, house: &Arc<House>) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(house));
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<House>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
    }

    /// Frees a part of the budget, if rooms hold any of it.
    #[cold]
    pub(super) fn relieve(&self, turn: &Turn<'_>) {
        let _at_work = match self.at_work.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let houses = self.all();
        let rooms: Vec<_> = houses
            .iter()
            .flat_map(|house| {
                house.rooms().values().map(|room| (house.clone(), room.clone())).collect::<Vec<_>>()
            })
            .collect();
        let Some((house, _)) = rooms.first() else { return };
        let queued = house.queued.clone();
        let enough = queued.limit() - queued.limit() / AIR;
        while queued.used() > enough {
            let worst = rooms
                .iter()
                .max_by_key(|(_, room)| burden(room, turn))
                .filter(|(_, room)| room.lock().log.bytes() > 0);
            let Some((house, room)) = worst else { return };
            shed(house, room, turn);
        }
    }
}

/// How much a room's log asks to be given up: those without members first, then the longest lag, then the largest.
fn burden(room: &Room, turn: &Turn<'_>) -> (bool, u32, usize) {
    let state = room.lock();
    let bytes = state.log.bytes();
    (state.log.members() == 0 && bytes > 0, state.log.longest_lag(turn.now), bytes)
}

fn shed(house: &House, room: &Room, turn: &Turn<'_>) {
    let mut state = room.lock();
    let wakes = state.log.shed(turn.now);
    state.settle(&house.queued, turn.stats);
    drop(state);
    turn.stats.relay.shed.add(1);
    turn.ring(wakes);
}
