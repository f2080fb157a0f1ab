//! Workers: threads with a single-threaded Tokio runtime each. A session lives and dies on one worker, so that its bytes, its wake-ups and
//! its counts stay in one core's cache and no lock of the hot path is ever contended. `docs/decisions/workers.md` has the figures.
//!
//! The one place that spawns session tasks. Not a scheduler: Tokio is.

mod clock;
mod lane;
mod roster;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime;
use tokio::sync::oneshot;

use clock::Clock;
pub use lane::{LARGE, Lane, Ticket};
use roster::Roster;
pub use roster::SeatKey;

use crate::handle::{Bell, Handle};
use crate::tick::Tick;
use crate::vitals::{Pulse, Vitals};

/// Ticks that housekeeping sleeps at most: a second.
const LONGEST_SLEEP: u32 = 20;
/// How long a worker's last turn may take at the end of the daemon.
const LAST_TURN: Duration = Duration::from_secs(2);
/// Sessions woken in one go before others get a turn.
const WAKE_SLICE: usize = 256;
/// Seats that are looked at in one go for a list of sessions.
const SEAT_SLICE: usize = 4096;

/// What sessions and accept loops know of the worker on which they live.
#[derive(Debug)]
pub struct Worker {
    handle: runtime::Handle,
    clock: Clock,
    /// Rung by other workers' sessions.
    bell: Arc<Bell>,
    /// Where those who move much wait for their turn.
    lane: Arc<Lane>,
    roster: Mutex<Roster>,
    /// Sessions seated, and those on their way, so that a burst of accepts does not all go to the one that has not seated the first yet. Beside
    /// the roster, so that those who only compare workers do not take its lock.
    load: AtomicUsize,
    vitals: Arc<Vitals>,
    pulse: Arc<Pulse>,
}

/// A session on its way to a worker, until it is seated or lost.
#[derive(Debug)]
pub struct Coming(Arc<Worker>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.load.fetch_sub(1, Relaxed);
    }
}

impl Worker {
    /// A worker on the runtime of `handle`; its housekeeping is spawned there.
    fn on(handle: runtime::Handle, number: usize, vitals: &Arc<Vitals>) -> Arc<Self> {
        let worker = Arc::new(Self {
            handle,
            clock: Clock::new(),
            bell: Arc::default(),
            lane: Arc::default(),
            roster: Mutex::default(),
            load: AtomicUsize::new(0),
            vitals: vitals.clone(),
            pulse: vitals.pulse(format!("worker-{number}")),
        });
        worker.spawn_vital(housekeeping(worker.clone()));
        let bell = worker.bell.clone();
        worker.spawn_vital(async move { bell.answer().await });
        let lane = worker.lane.clone();
        worker.spawn_vital(async move { lane.serve().await });
        worker
    }

    /// Spawns here what the daemon cannot do without. Should it panic, the daemon drains and ends as one with a bug.
    pub fn spawn_vital(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(self.vitals.guard(task));
    }

    /// Whether its loop has not come round for `runtime.stuck_after`.
    pub fn is_stuck(&self) -> bool {
        self.pulse.is_stuck()
    }

    /// The runtime.
    pub fn handle(&self) -> &runtime::Handle {
        &self.handle
    }

    /// Where wake-ups for its sessions are left.
    pub fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Where sessions wait that moved much in their last turn.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// The moment now, to within a tick.
    #[inline]
    pub fn now(&self) -> Tick {
        self.clock.now()
    }

    /// Live sessions, those on their way included.
    pub fn load(&self) -> usize {
        self.load.load(Relaxed)
    }

    /// A session is on its way here from another worker.
    pub fn expect_session(self: &Arc<Self>) -> Coming {
        self.load.fetch_add(1, Relaxed);
        Coming(self.clone())
    }

    /// A session sits down. `None` at four billion of them.
    pub fn enter(&self, session: Arc<Handle>) -> Option<SeatKey> {
        let key = self.roster().enter(session)?;
        self.load.fetch_add(1, Relaxed);
        Some(key)
    }

    /// A session leaves.
    pub fn leave(&self, key: SeatKey) {
        self.roster().leave(key);
        self.load.fetch_sub(1, Relaxed);
    }

    /// Wakes the session at `deadline`. The caller has asked for the time before, so that housekeeping is awake to see it.
    pub fn arm(&self, key: SeatKey, deadline: Tick) {
        self.roster().arm(key, deadline);
    }

    /// All sessions that live here, and perhaps not those that come meanwhile: the lock is held for a slice at a time, since the
    /// worker needs it.
    pub fn sessions(&self) -> Vec<Arc<Handle>> {
        let (mut found, mut from) = (Vec::new(), Some(0));
        while let Some(seat) = from {
            from = self.roster().some(seat, SEAT_SLICE, &mut found);
        }
        found
    }

    /// Wakes every session, in slices: for news that concerns them all.
    pub async fn wake_all(&self) {
        let everyone = self.roster().everyone();
        wake_in_slices(everyone).await;
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the worker's clock and pulse and turns its wheel. Lies down while nobody asks for the time and nobody is due.
async fn housekeeping(worker: Arc<Worker>) {
    let mut due = Vec::new();
    loop {
        let sleep = if worker.clock.was_asked() { 1 } else { worker.roster().quiet_ticks(LONGEST_SLEEP) };
        worker.clock.sleep(sleep).await;
        worker.pulse.beat();
        let now = worker.clock.now_unasked();
        worker.roster().turn(now, &mut due);
        wake_in_slices(std::mem::take(&mut due)).await;
    }
}

async fn wake_in_slices(sessions: Vec<Arc<Handle>>) {
    for (count, session) in sessions.into_iter().enumerate() {
        if count % WAKE_SLICE == WAKE_SLICE - 1 {
            tokio::task::yield_now().await;
        }
        session.wake();
    }
}

/// The worker threads of a daemon. Dropping it stops them; sessions still alive end with their worker.
#[derive(Debug)]
pub struct Workers {
    each: Vec<Arc<Worker>>,
    stops: Vec<oneshot::Sender<()>>,
    /// Says nothing; closed when the last thread has ended.
    ended: Option<Mutex<Receiver<()>>>,
}

impl Workers {
    /// Starts `count` threads, watched through `vitals`.
    pub fn start(count: usize, vitals: &Arc<Vitals>) -> io::Result<Self> {
        let (alive, ended) = sync_channel::<()>(0);
        let mut all = Self { each: Vec::new(), stops: Vec::new(), ended: Some(Mutex::new(ended)) };
        for number in 0..count {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let worker = Worker::on(runtime.handle().clone(), number, vitals);
            let (stop, stopped) = oneshot::channel();
            let alive = alive.clone();
            std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
                drop(runtime.block_on(stopped));
                drop(runtime);
                drop(alive);
            })?;
            all.each.push(worker);
            all.stops.push(stop);
        }
        Ok(all)
    }

    /// One worker on the runtime of the caller: for embedding, simulation and tests with virtual time.
    pub fn here() -> Self {
        Self::here_watched(&Arc::default())
    }

    /// The same, watched through `vitals`.
    pub fn here_watched(vitals: &Arc<Vitals>) -> Self {
        let worker = Worker::on(runtime::Handle::current(), 0, vitals);
        Self { each: vec![worker], stops: Vec::new(), ended: None }
    }

    /// All of them, in order.
    pub fn all(&self) -> &[Arc<Worker>] {
        &self.each
    }

    /// Wakes every session.
    pub async fn wake_all(&self) {
        for worker in &self.each {
            worker.wake_all().await;
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stops.clear();
        let Some(ended) = &mut self.ended else { return };
        let ended = ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(LAST_TURN) == Err(RecvTimeoutError::Timeout) {
            tracing::error!("a worker is stuck and is left behind");
        }
    }
}
