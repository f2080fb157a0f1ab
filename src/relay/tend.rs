//! What only time brings about in rooms: what is too old goes, quiet rooms give memory back, and those without members end after their
//! `linger`. One task a house, which sleeps while there are no rooms.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::house::House;
use super::relief::Occasion;
use super::room::Room;
use crate::handle::ring;
use crate::stats::ListenerStats;
use crate::tick::{TICK, Tick};
use crate::worker::Worker;

/// Rooms tended in one go before others get a turn.
const SLICE: usize = 256;
/// How often rooms are tended.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn start(house: &Arc<House>, worker: &Arc<Worker>, stats: &Arc<ListenerStats>) {
    // Set once: a house is served once.
    let _ = house.stats.set(stats.clone());
    start_notices(house, worker);
    let opened = house.opened.clone();
    let (house, here, stats) = (Arc::downgrade(house), worker.clone(), stats.clone());
    worker.spawn_vital(async move {
        while let Some(any) = tend_all(&house, &here, &stats).await {
            if any {
                tokio::time::sleep(INTERVAL).await;
            } else {
                // No house is held meanwhile: one that is dropped says so here.
                opened.notified().await;
            }
        }
    });
}

/// Tells of comings and goings, a while after the first of them: what happens meanwhile goes into the same notice.
fn start_notices(house: &Arc<House>, worker: &Arc<Worker>) {
    let (news, interval) = (house.news.clone(), house.settings.presence_interval);
    let (house, here) = (Arc::downgrade(house), worker.clone());
    worker.spawn_vital(async move {
        while house.strong_count() > 0 {
            news.notified().await;
            tokio::time::sleep(interval).await;
            if let Some(house) = house.upgrade() {
                house.make_notices(here.bell()).await;
            }
        }
    });
}

/// Says whether there are rooms; nothing when the house is gone.
async fn tend_all(house: &Weak<House>, worker: &Worker, stats: &ListenerStats) -> Option<bool> {
    let house = house.upgrade()?;
    let rooms: Vec<_> = house.rooms().values().cloned().collect();
    if rooms.is_empty() {
        stats.relay.longest_lag_ms.set(0);
        return Some(false);
    }
    let now = worker.now();
    let mut longest = 0;
    for (count, room) in rooms.iter().enumerate() {
        if count % SLICE == SLICE - 1 {
            tokio::task::yield_now().await;
        }
        longest = longest.max(tend(&house, room, now, worker, stats));
    }
    let longest = TICK.as_millis() * u128::from(longest);
    stats.relay.longest_lag_ms.set(i64::try_from(longest).unwrap_or(i64::MAX));
    house.forget_closed();
    if house.houses.queued.is_spent() {
        // Publishers see to it too, but there may be none at the moment.
        house.houses.relieve(Occasion { now, bell: worker.bell() });
    }
    Some(true)
}

/// Says how long the oldest unread message has waited.
fn tend(house: &House, room: &Arc<Room>, now: Tick, worker: &Worker, stats: &ListenerStats) -> u32 {
    let mut held = room.lock();
    let wakes = held.log.tend(now);
    held.settle(&house.houses.queued, stats);
    let (lag, over) = (held.log.longest_lag(now), held.log.is_over(now));
    drop(held);
    ring(Some(worker.bell()), wakes);
    if over {
        close(house, room, now, stats);
    }
    lag
}

/// Closes a room that is over, unless somebody came meanwhile.
fn close(house: &House, room: &Arc<Room>, now: Tick, stats: &ListenerStats) {
    let mut rooms = house.rooms();
    let mut held = room.lock();
    if held.log.is_over(now) && rooms.get(&room.name).is_some_and(|known| Arc::ptr_eq(known, room)) {
        rooms.remove(&room.name);
        held.close(&house.houses.queued, stats);
        stats.relay.rooms.add(-1);
    }
}
