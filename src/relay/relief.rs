//! Relief: when all outboxes and logs of the process together reach their budget, the room with the longest lag gives up its oldest messages,
//! and so on until there is air again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, TryLockError};

use super::house::House;
use super::houses::Houses;
use super::room::Room;
use crate::handle::{Bell, ring};
use crate::tick::Tick;

/// The part of the budget that is freed in one go, so that it is not done for each message.
const AIR: u64 = 16;
/// Ticks after which rooms that could not free enough are looked at again: it is outboxes that are full then, and looking costs a lock a room.
const IN_VAIN: u32 = 4;

/// When and where it is done.
#[derive(Clone, Copy)]
pub(super) struct Occasion<'a> {
    pub(super) now: Tick,
    pub(super) bell: &'a Arc<Bell>,
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
        // What another worker's clock said when it runs ahead is not waited for.
        if (1..=IN_VAIN).contains(&self.in_vain.load(Relaxed).saturating_sub(occasion.now.number())) {
            return;
        }
        let rooms: Vec<_> = self.all().into_iter().flat_map(|house| every_room(&house)).collect();
        let mut by_burden: BinaryHeap<(Burden, Reverse<usize>)> = (0..)
            .zip(&rooms)
            .filter_map(|(number, (_, room))| Some((burden(room, occasion.now)?, Reverse(number))))
            .collect();
        let enough = self.queued.limit() - self.queued.limit() / AIR;
        while self.queued.used() > enough {
            let Some((_, Reverse(number))) = by_burden.pop() else {
                return self.in_vain.store(occasion.now.after(IN_VAIN).number(), Relaxed);
            };
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
    // Counted where the room is, whoever's publishing was the occasion.
    if let Some(stats) = house.stats.get() {
        state.settle(&house.houses.queued, stats);
        stats.relay.shed.add(1);
    }
    drop(state);
    ring(Some(occasion.bell), wakes);
    burden(room, occasion.now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::handle::Handle;
    use crate::peer::{Peer, SessionId};
    use crate::relay::life::Life;
    use crate::room::{Append, Hearing, RoomLog, RoomRules, Run, Start};
    use crate::settings::{Address, ListenerSettings, RelaySettings, RoomSettings};
    use crate::stats::ListenerStats;

    const LIMIT: u64 = 1 << 20;

    /// A house that serves, and what it counts.
    fn house(houses: &Arc<Houses>, name: &str) -> (Arc<House>, Arc<ListenerStats>) {
        let relay = RelaySettings::default();
        let listener = ListenerSettings::relay(name, Address::Tcp(([127, 0, 0, 1], 0).into()), relay.clone());
        let (house, stats) =
            (House::new(&listener, &relay, 1 << 16, houses), Arc::<ListenerStats>::default());
        assert!(house.stats.set(stats.clone()).is_ok());
        (house, stats)
    }

    /// A room of this house in which something was said, charged to it.
    fn room_of(house: &Arc<House>, stats: &ListenerStats, now: Tick) -> Arc<Room> {
        let settings = RoomSettings::default();
        let mut log = RoomLog::new(RoomRules::new(&settings), 1, now);
        let waker = || Handle::new(SessionId(1), Peer::Local, "rooms".into(), Arc::default()).wake_for(0);
        let Ok(member) = log.join(now, SessionId(1), Hearing::Nothing, Start::Newest) else {
            unreachable!("there are seats")
        };
        let appended = log.append(now, &member, Run { bytes: b"said", ends: &[4] }, waker);
        assert!(matches!(appended, Append::Taken { messages: 1, .. }));
        let room = Arc::new(Room::new(1, "a".into(), &settings, log));
        house.rooms().insert("a".into(), room.clone());
        room.lock().settle(&house.houses.queued, stats);
        room
    }

    #[test]
    fn relief_is_counted_where_the_room_is_and_not_tried_in_vain_at_each_occasion() {
        let queued = Arc::new(Budget::new(LIMIT));
        let houses = Arc::new(Houses::new(Life::of_number(1), queued.clone()));
        let (bell, now) = (Arc::<Bell>::default(), Tick::new(100));
        let relieve = |now| houses.relieve(Occasion { now, bell: &bell });
        let ((loud, loud_stats), (_quiet, quiet_stats)) = (house(&houses, "loud"), house(&houses, "quiet"));

        // Outboxes hold everything.
        let _ = queued.settle(0, usize::try_from(LIMIT).unwrap_or(0));
        room_of(&loud, &loud_stats, now);
        relieve(now);
        assert_eq!(queued.used(), LIMIT, "the room gave up what it had");
        assert_eq!((loud_stats.relay.log_bytes.now(), loud_stats.relay.shed.now()), (0, 1));
        assert_eq!((quiet_stats.relay.log_bytes.now(), quiet_stats.relay.shed.now()), (0, 0));

        room_of(&loud, &loud_stats, now);
        relieve(now.after(IN_VAIN - 1));
        assert_eq!(loud_stats.relay.shed.now(), 1, "it was in vain a moment ago");
        relieve(now.after(IN_VAIN));
        assert_eq!((loud_stats.relay.shed.now(), queued.used()), (2, LIMIT));
    }

    #[test]
    fn a_house_that_is_dropped_gives_back_what_its_rooms_held() {
        let queued = Arc::new(Budget::new(LIMIT));
        let houses = Arc::new(Houses::new(Life::of_number(1), queued.clone()));
        let (house, stats) = house(&houses, "gone");
        let room = room_of(&house, &stats, Tick::new(100));
        assert!(queued.used() > 0 && stats.relay.log_bytes.now() > 0);

        drop(house);
        assert_eq!((queued.used(), stats.relay.log_bytes.now()), (0, 0));
        let mut held = room.lock();
        held.settle(&queued, &stats);
        assert_eq!(queued.used(), 0, "whoever still looks at it does not charge it again");
    }
}
