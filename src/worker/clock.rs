//! A worker's clock: coarse, so that asking costs two loads and a store, and lazy, so that a worker on which nothing happens sleeps.
//!
//! ```text
//!   awake   housekeeping moves the tick on every 50 ms
//!   asleep  nobody asked for a while: housekeeping sleeps to the next deadline; who asks meanwhile sets the tick itself and rouses it
//! ```
//! Counts running time: of a gap a second longer than was meant to be slept, only that second counts, since the process was stopped, not
//! its peers.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::tick::{TICK, Tick};

/// How late a sleep may end, in ticks; one that ends later was no sleep.
const SLACK: u32 = 20;

/// The clock of one worker.
#[derive(Debug)]
pub(super) struct Clock {
    now: AtomicU32,
    asleep: AtomicBool,
    asked: AtomicBool,
    set: Mutex<Setting>,
    rouse: Notify,
}

/// When the clock was last set.
#[derive(Debug)]
struct Setting {
    at: Instant,
    /// Ticks that housekeeping means to sleep from then on.
    sleep: u32,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            now: AtomicU32::new(1),
            asleep: AtomicBool::new(false),
            asked: AtomicBool::new(true),
            set: Mutex::new(Setting { at: Instant::now(), sleep: 1 }),
            rouse: Notify::new(),
        }
    }

    /// The tick now.
    #[inline]
    pub(super) fn now(&self) -> Tick {
        self.asked.store(true, Relaxed);
        if self.asleep.load(Relaxed) {
            self.wake_up();
        }
        self.now_unasked()
    }

    /// The tick now, without keeping housekeeping awake for it.
    pub(super) fn now_unasked(&self) -> Tick {
        Tick::new(self.now.load(Relaxed))
    }

    /// Whether anybody asked since the last time that this was called.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.swap(false, Relaxed)
    }

    /// Sleeps for so many ticks, or until somebody asks for the time in a sleep of several, and moves the clock on.
    pub(super) async fn sleep(&self, ticks: u32) {
        self.setting().sleep = ticks;
        if ticks > 1 {
            self.asleep.store(true, Relaxed);
        }
        // An error is a sleep that nobody cut short.
        drop(tokio::time::timeout(TICK * ticks, self.rouse.notified()).await);
        self.asleep.store(false, Relaxed);
        self.advance();
    }

    #[cold]
    fn wake_up(&self) {
        self.asleep.store(false, Relaxed);
        self.advance();
        self.rouse.notify_one();
    }

    /// Counts whole ticks since the clock was set; their rest counts next time.
    fn advance(&self) {
        let mut setting = self.setting();
        let ticks = u32::try_from(setting.at.elapsed().as_nanos() / TICK.as_nanos()).unwrap_or(u32::MAX);
        let counted = if ticks <= setting.sleep.saturating_add(SLACK) { ticks } else { SLACK };
        setting.at = if counted == ticks { setting.at + TICK * ticks } else { Instant::now() };
        self.now.store(self.now_unasked().after(counted).number(), Relaxed);
    }

    fn setting(&self) -> MutexGuard<'_, Setting> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    /// A worker's housekeeping, as far as the clock sees it: awake while asked, else in sleeps of `longest` ticks.
    fn keep(clock: &Arc<Clock>, longest: u32) {
        let clock = clock.clone();
        tokio::spawn(async move {
            loop {
                let ticks = if clock.was_asked() { 1 } else { longest };
                clock.sleep(ticks).await;
            }
        });
    }

    fn counted(clock: &Clock, since: Tick) -> Duration {
        clock.now().duration_since(since)
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_with_the_time_awake_and_asleep() {
        let clock = Arc::new(Clock::new());
        keep(&clock, 20);
        let start = clock.now();
        let began = Instant::now();
        for millis in [50, 10, 990, 3_000, 1, 60_000, 7, 500] {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            let (counted, real) = (counted(&clock, start), began.elapsed());
            assert!(counted <= real && real < counted + 2 * TICK, "{counted:?} of {real:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_who_asks_sees_it_go_back() {
        let clock = Arc::new(Clock::new());
        keep(&clock, 20);
        let mut last = clock.now();
        for step in 0..500 {
            tokio::time::sleep(Duration::from_millis(step % 97)).await;
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_stop_of_the_process_only_a_second_counts() {
        let clock = Arc::new(Clock::new());
        keep(&clock, 20);
        let start = clock.now();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let before = counted(&clock, start);
        // Time jumps without anybody having had a turn: the process was stopped.
        tokio::time::advance(Duration::from_mins(5)).await;
        tokio::task::yield_now().await;
        let jump = counted(&clock, start).saturating_sub(before);
        assert!(jump <= TICK * (SLACK + 1), "{jump:?} of five minutes");
        tokio::time::sleep(Duration::from_secs(10)).await;
        let later = counted(&clock, start).saturating_sub(before + jump);
        assert!((Duration::from_secs(9)..=Duration::from_secs(10)).contains(&later), "it goes on: {later:?}");
    }
}
