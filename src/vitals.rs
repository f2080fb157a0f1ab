//! What the daemon cannot do without, and whether it is there: the pulse of each worker, and the tasks whose panic ends the daemon.
//!
//! ```text
//!   worker   beats whenever its loop comes round to its housekeeping: twenty times a second when busy, once when idle
//!   look     once in a while, by the control thread: no beat since the last look is a miss, LOOKS of them in a row are "stuck"
//! ```
//! Counted in looks, not in time: a process that was stopped and continued missed its looks too, and so finds nobody stuck. No worker is
//! woken for it. Pure, but for the waiting in [`Vitals::broken`].

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Looks in a row without a beat that make a worker stuck.
pub const LOOKS: u32 = 4;

/// The vital parts of one daemon.
#[derive(Debug, Default)]
pub struct Vitals {
    patients: Mutex<Vec<Patient>>,
    broken: CancellationToken,
}

/// What a worker beats.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: AtomicU32,
    stuck: AtomicBool,
}

/// A worker, as whoever looks at it knows it.
#[derive(Debug)]
struct Patient {
    name: String,
    pulse: Arc<Pulse>,
    seen: u32,
    missed: u32,
}

/// What a look found changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The worker of this name has not beaten for [`LOOKS`] looks.
    Stuck(String),
    /// The worker of this name was stuck, and beats again.
    Recovered(String),
}

impl Pulse {
    /// The worker's loop came round.
    pub fn beat(&self) {
        self.beats.fetch_add(1, Relaxed);
    }

    /// Whether the last look found it stuck.
    pub fn is_stuck(&self) -> bool {
        self.stuck.load(Relaxed)
    }
}

impl Vitals {
    /// A pulse to be watched from now on.
    pub fn pulse(&self, name: String) -> Arc<Pulse> {
        let pulse = Arc::<Pulse>::default();
        self.patients().push(Patient { name, pulse: pulse.clone(), seen: 0, missed: 0 });
        pulse
    }

    /// Looks at every pulse, and says whose state changed.
    pub fn look(&self) -> Vec<Change> {
        self.patients().iter_mut().filter_map(Patient::look).collect()
    }

    /// The names of the workers that are stuck.
    pub fn stuck(&self) -> Vec<String> {
        self.patients()
            .iter()
            .filter(|patient| patient.pulse.is_stuck())
            .map(|patient| patient.name.clone())
            .collect()
    }

    /// `task` as one that the daemon cannot do without: a panic in it breaks the daemon.
    pub fn guard<F: Future>(self: &Arc<Self>, task: F) -> impl Future<Output = F::Output> + use<F> {
        let alarm = Alarm(self.clone());
        async move {
            let _until_its_end = alarm;
            task.await
        }
    }

    /// Waits until a guarded task has panicked.
    pub async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Whether a guarded task has panicked.
    pub fn is_broken(&self) -> bool {
        self.broken.is_cancelled()
    }

    fn patients(&self) -> MutexGuard<'_, Vec<Patient>> {
        self.patients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Patient {
    fn look(&mut self) -> Option<Change> {
        let beats = self.pulse.beats.load(Relaxed);
        self.missed = if beats == self.seen { self.missed.saturating_add(1) } else { 0 };
        self.seen = beats;
        let stuck = self.missed >= LOOKS;
        let was = self.pulse.stuck.swap(stuck, Relaxed);
        match (was, stuck) {
            (false, true) => Some(Change::Stuck(self.name.clone())),
            (true, false) => Some(Change::Recovered(self.name.clone())),
            _ => None,
        }
    }
}

/// Rings when it is dropped by a panic.
struct Alarm(Arc<Vitals>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(vitals: &Vitals, count: u32) -> Vec<Change> {
        (0..count).flat_map(|_| vitals.look()).collect()
    }

    #[test]
    fn who_beats_once_between_two_looks_is_well_however_long_it_lasts() {
        let vitals = Vitals::default();
        let pulse = vitals.pulse("worker-0".into());
        for _ in 0..100 {
            pulse.beat();
            assert_eq!(looks(&vitals, LOOKS), []);
        }
    }

    #[test]
    fn stuck_and_recovered_are_said_once_each_and_of_the_right_one() {
        let vitals = Vitals::default();
        let (well, ill) = (vitals.pulse("worker-0".into()), vitals.pulse("worker-1".into()));
        ill.beat();
        vitals.look();
        let mut said = Vec::new();
        for _ in 0..3 * LOOKS {
            well.beat();
            said.extend(vitals.look());
        }
        assert_eq!(said, [Change::Stuck("worker-1".into())]);
        assert_eq!((vitals.stuck(), well.is_stuck()), (vec!["worker-1".to_owned()], false));
        ill.beat();
        assert_eq!(looks(&vitals, 2), [Change::Recovered("worker-1".into())]);
        assert!(vitals.stuck().is_empty());
    }

    #[tokio::test]
    async fn a_panic_of_a_guarded_task_breaks_the_daemon_and_no_other_end_does() {
        let vitals = Arc::<Vitals>::default();
        tokio::spawn(vitals.guard(async {})).await.unwrap_or_default();
        let aborted = tokio::spawn(vitals.guard(std::future::pending::<()>()));
        aborted.abort();
        assert!(aborted.await.is_err_and(|end| end.is_cancelled()));
        assert!(!vitals.is_broken());
        let panicked = tokio::spawn(vitals.guard(async { panic!("as it should") }));
        assert!(panicked.await.is_err_and(|end| end.is_panic()));
        vitals.broken().await;
        assert!(vitals.is_broken());
    }
}
