//! When frames are due. Closed loop: when there is room. Open loop: at fixed instants, one connection after the other, whatever the
//! server does; what finds no room is sent later and still counts from when it was due.
//!
//! Tokio's timers tick in milliseconds, which would drown what is measured here: within two milliseconds of the next frame the
//! pacer of an open loop polls the clock instead of sleeping. It so keeps its core busy; the server has another.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::stage::{Phase, Stage};

/// Below this the clock is polled.
const FINE: u64 = 2_000_000;
/// No sleep is longer, in nanoseconds, so that the end of the load is noticed.
const LONGEST: u64 = 100_000_000;

/// A connection that sends frames.
pub(super) trait Outlet {
    /// Whether another frame may be in flight.
    fn has_room(&mut self) -> bool;

    /// Makes the next frame, which was due at `due`, ready to be sent.
    fn queue(&mut self, due: u64);

    /// The run's clock.
    fn now(&self) -> u64;
}

/// An open loop on one thread: something is due every `gap` nanoseconds, on each of its `seats` in turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    gap: f64,
    seats: u32,
}

impl Rhythm {
    /// `rate` a second over `all` connections, of which the thread has `seats`.
    pub(super) fn new(rate: f64, all: u32, seats: u32) -> Self {
        Self { gap: 1e9 / rate * f64::from(all) / f64::from(seats), seats }
    }
}

/// Brings a connection its frames.
#[derive(Debug)]
pub(super) enum Supply {
    /// As many as have room.
    Closed,
    /// One each `period` nanoseconds, the next at `next`.
    Open { next: f64, period: f64 },
}

impl Supply {
    /// The supply of the connection in `seat`; frames begin at `start`. Without a rhythm it is a closed loop.
    pub(super) fn new(rhythm: Option<Rhythm>, seat: u32, start: u64) -> Self {
        match rhythm {
            None => Self::Closed,
            Some(Rhythm { gap, seats }) => {
                Self::Open { next: nanos(start) + gap * f64::from(seat), period: gap * f64::from(seats) }
            }
        }
    }

    /// Queues what is due.
    pub(super) fn fill(&mut self, outlet: &mut impl Outlet) {
        if !outlet.has_room() {
            return;
        }
        let now = outlet.now();
        while outlet.has_room() {
            match self {
                Self::Closed => outlet.queue(now),
                Self::Open { next, period } if *next <= nanos(now) => {
                    outlet.queue(instant(*next));
                    *next += *period;
                }
                Self::Open { .. } => break,
            }
        }
    }

    /// The load ends: queues what is due a last time, then nothing more. Returns the frames that were due and found no room.
    pub(super) fn close(&mut self, outlet: &mut impl Outlet) -> u64 {
        let Self::Open { next, period } = self else { return 0 };
        let (now, period) = (nanos(outlet.now()), *period);
        while *next <= now && outlet.has_room() {
            outlet.queue(instant(*next));
            *next += period;
        }
        let unsent = if *next <= now { instant((now - *next) / period) + 1 } else { 0 };
        *next = f64::INFINITY;
        unsent
    }
}

/// Wakes each connection when a frame of it is due, from `start` until the load ends. Returns at once in a closed loop.
pub(super) async fn pace(stage: Stage, wakers: Arc<Wakers>, rhythm: Option<Rhythm>, start: u64) {
    let Some(Rhythm { gap, .. }) = rhythm else { return };
    let mut due = nanos(start);
    let mut seat = 0_usize;
    while stage.phase() < Phase::Stopping {
        let now = nanos(stage.now());
        let count = if due <= now { instant((now - due) / gap) + 1 } else { 0 };
        seat = wakers.wake(seat, count);
        due += nanos(count) * gap;
        match instant(due - now) {
            left @ FINE.. => tokio::time::sleep(Duration::from_nanos((left - FINE).min(LONGEST))).await,
            _ => tokio::task::yield_now().await,
        }
    }
}

/// Wakes everyone when nothing more is to be sent, and when patience is over.
pub(super) async fn wake_at_the_end(stage: Stage, wakers: Arc<Wakers>) {
    for phase in [Phase::Stopping, Phase::Over] {
        stage.reached(phase).await;
        wakers.wake_all();
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a run: exact for 104 days")]
fn nanos(instant: u64) -> f64 {
    instant as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "instants and counts are neither negative nor large"
)]
fn instant(nanos: f64) -> u64 {
    nanos as u64
}

/// How to wake each connection of a thread, by its seat.
#[derive(Debug)]
pub(super) struct Wakers(Mutex<Vec<Option<Waker>>>);

impl Wakers {
    pub(super) fn new(seats: u32) -> Self {
        Self(Mutex::new(vec![None; seats as usize]))
    }

    /// Remembers how to wake the connection in `seat`.
    pub(super) fn seat(&self, seat: usize, waker: &Waker) {
        let mut wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match wakers.get_mut(seat) {
            Some(Some(known)) if known.will_wake(waker) => {}
            Some(place) => *place = Some(waker.clone()),
            None => {}
        }
    }

    /// Wakes `count` connections from `seat` on, each at most once. Returns the seat after the last that was due.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is less than the number of seats, a usize"
    )]
    fn wake(&self, seat: usize, count: u64) -> usize {
        let wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = wakers
            .iter()
            .cycle()
            .skip(seat)
            .take(wakers.len().min(usize::try_from(count).unwrap_or(usize::MAX)));
        due.flatten().for_each(Waker::wake_by_ref);
        ((seat as u64).wrapping_add(count) % wakers.len() as u64) as usize
    }

    /// Wakes the connections in `seats`.
    pub(super) fn wake_range(&self, seats: std::ops::Range<usize>) {
        let wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.iter().take(seats.end).skip(seats.start).flatten().for_each(Waker::wake_by_ref);
    }

    pub(super) fn wake_all(&self) {
        let wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.iter().flatten().for_each(Waker::wake_by_ref);
    }
}
