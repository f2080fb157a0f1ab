//! The lane of those who move much: a session whose last turn was a large one waits here for the next, and the lane lets so many bytes' worth of
//! them go between two looks at the sockets. All others go ahead of them, so that who floods a worker takes what is left of it and no
//! more.
//!
//! ```text
//!   woken, moved little ─────────────────────► turn
//!   woken, moved much ──► lane ──► a look ──► turn, behind whom the look woke
//! ```

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::handle::Handle;

/// A turn that moved so many bytes was a large one: it took as long as some small ones, which cost little more for being a few bytes longer.
pub const LARGE: usize = 32 << 10;
/// Bytes that are let go between two looks, by what each moved last time. A look costs a microsecond, so many bytes some thirty.
const A_LOOK: usize = 128 << 10;

/// Sessions that wait for their turn.
#[derive(Debug, Default)]
pub struct Lane {
    queue: Mutex<Queue>,
    /// How many were let go, round and round.
    let_go: AtomicU32,
    rung: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(Arc<Handle>, usize)>,
    /// How many came, round and round.
    came: u32,
}

/// A place in the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u32);

impl Lane {
    /// A session that moved so many bytes in its last turn waits for the next. It is woken for it.
    pub fn enter(&self, session: &Arc<Handle>, moved: usize) -> Ticket {
        let mut queue = self.queue();
        let rings = queue.waiting.is_empty();
        queue.waiting.push_back((session.clone(), moved));
        queue.came = queue.came.wrapping_add(1);
        let ticket = Ticket(queue.came);
        drop(queue);
        if rings {
            self.rung.notify_one();
        }
        ticket
    }

    /// Whether the session of this ticket was let go.
    pub fn has_let_go(&self, ticket: Ticket) -> bool {
        self.let_go.load(Relaxed).wrapping_sub(ticket.0) < u32::MAX / 2
    }

    /// Lets sessions go, for ever. To be spawned on the worker.
    pub async fn serve(&self) {
        loop {
            self.rung.notified().await;
            let mut waits = true;
            while waits {
                // The runtime looks at its sockets, and whom that wakes is ahead of those who are let go now.
                tokio::task::yield_now().await;
                waits = self.let_some_go();
            }
        }
    }

    /// Says whether more are waiting.
    fn let_some_go(&self) -> bool {
        let mut queue = self.queue();
        let mut bytes = 0;
        while bytes < A_LOOK {
            let Some((session, moved)) = queue.waiting.pop_front() else { return false };
            self.let_go.fetch_add(1, Relaxed);
            session.wake();
            bytes += moved;
        }
        !queue.waiting.is_empty()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::{Peer, SessionId};

    fn session(number: u64) -> Arc<Handle> {
        Handle::new(SessionId(number), Peer::Local, "test".into(), Arc::default())
    }

    #[test]
    fn a_look_lets_go_as_many_as_move_its_bytes_in_order() {
        let lane = Lane::default();
        let tickets: Vec<Ticket> = (0..5).map(|number| lane.enter(&session(number), A_LOOK / 2)).collect();
        let gone = |lane: &Lane| tickets.iter().filter(|ticket| lane.has_let_go(**ticket)).count();
        assert_eq!(gone(&lane), 0);
        for (more, through) in [(true, 2), (true, 4), (false, 5)] {
            assert_eq!(lane.let_some_go(), more);
            assert_eq!(gone(&lane), through);
            assert!(tickets[..through].iter().all(|ticket| lane.has_let_go(*ticket)), "in order");
        }
    }

    #[test]
    fn tickets_go_round() {
        let lane = Lane::default();
        lane.queue().came = u32::MAX - 1;
        lane.let_go.store(u32::MAX - 1, Relaxed);
        for number in 0..4 {
            let ticket = lane.enter(&session(number), LARGE);
            assert!(!lane.has_let_go(ticket));
            assert!(!lane.let_some_go());
            assert!(lane.has_let_go(ticket));
        }
    }
}
