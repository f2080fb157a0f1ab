//! Promise: what a session is told by other threads is never lost, in whatever order their steps come: news of a room, an order to end. The
//! lock-free file of the daemon itself runs here, in every interleaving (loom).

#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

use loom::sync::atomic::AtomicBool;
use loom::sync::{Arc, Mutex, Notify};
use loom::thread;
use news::News;

#[path = "../src/handle/news.rs"]
mod news;

mod atomics {
    pub use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
}

use atomics::{Ordering, fence};

/// A room with one member, as far as waking it goes.
#[derive(Default)]
struct Room {
    published: u32,
    read: u32,
    waits: bool,
}

/// What the threads share.
struct World {
    news: News,
    room: Mutex<Room>,
    /// The session's task: woken means notified.
    task: Notify,
}

impl World {
    fn publish(&self) {
        let woken = {
            let mut room = self.room.lock().unwrap();
            room.published += 1;
            std::mem::take(&mut room.waits)
        };
        if woken {
            self.news.note(3);
            self.task.notify();
        }
    }

    /// A turn of the session: only with news it looks, and where it finds nothing it registers.
    fn turn(&self, looks: bool) {
        if looks || self.news.take() != 0 {
            let mut room = self.room.lock().unwrap();
            room.read = room.published;
            room.waits = true;
        }
    }
}

#[test]
fn a_member_hears_of_every_message() {
    loom::model(|| {
        let world =
            Arc::new(World { news: News::new(), room: Mutex::new(Room::default()), task: Notify::new() });
        let other = world.clone();
        let publisher = thread::spawn(move || {
            other.publish();
            other.publish();
        });
        world.turn(true);
        while world.room.lock().unwrap().read < 2 {
            // A session that is not woken any more hangs here, which loom reports.
            world.task.wait();
            world.turn(false);
        }
        publisher.join().unwrap();
    });
}

#[test]
fn an_order_reaches_a_session_that_only_begins() {
    loom::model(|| {
        let shared = Arc::new((News::new(), AtomicBool::new(false), Notify::new()));
        let other = shared.clone();
        let operator = thread::spawn(move || {
            let (news, known, task) = &*other;
            news.order(5);
            if known.load(Ordering::Relaxed) {
                task.notify();
            }
        });
        let (news, known, task) = &*shared;
        // The first turn: the waker is set, then orders are looked at.
        known.store(true, Ordering::Relaxed);
        News::registered();
        while news.ordered().is_none() {
            task.wait();
        }
        assert_eq!(news.ordered(), Some(5));
        operator.join().unwrap();
    });
}

/// Loom explores what it is said to: without the fences the order is lost in some interleaving.
#[test]
#[should_panic(expected = "deadlock")]
fn the_model_would_notice() {
    loom::model(|| {
        let shared = Arc::new((AtomicBool::new(false), AtomicBool::new(false), Notify::new()));
        let other = shared.clone();
        let operator = thread::spawn(move || {
            let (order, known, task) = &*other;
            order.store(true, Ordering::Release);
            if known.load(Ordering::Relaxed) {
                task.notify();
            }
        });
        let (order, known, task) = &*shared;
        known.store(true, Ordering::Relaxed);
        fence(Ordering::Acquire);
        while !order.load(Ordering::Acquire) {
            task.wait();
        }
        operator.join().unwrap();
    });
}
