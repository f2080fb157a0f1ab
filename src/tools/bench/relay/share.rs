//! What one thread of the load has: its rooms, and what their sessions share.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use tokio::sync::{Notify, mpsc};

use super::super::conductor::{News, Share};
use super::super::pacer::{Rhythm, Wakers};
use super::super::stage::{Phase, Stage};
use super::crowd;
use super::plan::{Loop, Plan};
use super::room::Room;
use super::tally::Tally;

/// See the module.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) plan: Plan,
    pub(super) stage: Stage,
    pub(super) rooms: Vec<Arc<Room>>,
    pub(super) publishers: Arc<Wakers>,
    pub(super) members: Arc<Wakers>,
    /// Rung when a member has heard something for the first time, and when a session failed.
    pub(super) changed: Notify,
    /// Number of the first room.
    first: u32,
    broken: AtomicBool,
    tally: Mutex<Tally>,
}

impl Shared {
    pub(super) fn new(plan: &Plan, thread: u32, stage: Stage) -> Self {
        let rooms = plan.course.share(thread, plan.rooms);
        let count = rooms.end - rooms.start;
        Self {
            plan: plan.clone(),
            stage,
            publishers: Arc::new(Wakers::new(count * plan.publishers)),
            members: Arc::new(Wakers::new(count * plan.audience())),
            first: rooms.start,
            rooms: rooms.map(|room| Arc::new(Room::new(plan, room))).collect(),
            changed: Notify::new(),
            broken: AtomicBool::new(false),
            tally: Mutex::new(Tally::new()),
        }
    }

    /// When batches are due, in an open loop.
    pub(super) fn rhythm(&self) -> Option<Rhythm> {
        let Loop::Open { rate, .. } = self.plan.cycle else { return None };
        let (all, here) = (self.plan.publishers * self.plan.rooms, self.plan.publishers * self.room_count());
        Some(Rhythm::new(rate / f64::from(self.plan.batch), all, here))
    }

    /// The seat of a publisher, by its number over all rooms.
    pub(super) fn publisher_seat(&self, publisher: u32) -> usize {
        (publisher - self.first * self.plan.publishers) as usize
    }

    /// The seat of a member, by its number in its room.
    pub(super) fn member_seat(&self, room: &Room, member: u32) -> usize {
        ((room.number - self.first) * self.plan.audience() + member) as usize
    }

    /// Wakes who publishes to a room.
    pub(super) fn wake_publishers(&self, room: &Room) {
        let first = self.publisher_seat(room.publishers.start);
        self.publishers.wake_range(first..first + room.publishers.len());
    }

    /// Wakes everyone in a room.
    pub(super) fn wake_room(&self, room: &Room) {
        self.wake_publishers(room);
        let first = self.member_seat(room, 0);
        self.members.wake_range(first..first + self.plan.audience() as usize);
    }

    /// A session cannot go on: neither can the thread.
    pub(super) fn fail(&self, told: String) {
        let mut tally = self.tally();
        tally.sessions += 1;
        tally.fail(|| told);
        drop(tally);
        self.broken.store(true, Relaxed);
        self.changed.notify_one();
        self.publishers.wake_all();
        self.members.wake_all();
    }

    /// Whether a session could not go on.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Relaxed)
    }

    /// Whether nothing more is waited for.
    pub(super) fn is_over(&self) -> bool {
        self.is_broken() || self.stage.phase() == Phase::Over
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room_count(&self) -> u32 {
        u32::try_from(self.rooms.len()).unwrap_or(u32::MAX)
    }
}

impl Share for Shared {
    fn drive(self: Arc<Self>, news: mpsc::Sender<News>) -> impl Future<Output = Result<(), String>> {
        crowd::drive(self, news)
    }

    fn messages(&self) -> u64 {
        self.tally().deliveries
    }

    fn show(&self, latency: &mut Histogram<u64>) -> u64 {
        let tally = self.tally();
        // Histograms of equal bounds: adding cannot fail.
        let _ = latency.add(&tally.latency);
        tally.failures
    }
}
