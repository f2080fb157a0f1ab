//! One room of the load, as its publishers and members share it on their thread: how much is published, how far the slowest member is,
//! who has heard, who is done.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::plan::{Loop, Plan};
use super::slowest::Slowest;

/// See the module.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) number: u32,
    pub(super) name: String,
    /// Its publishers, by number over all rooms.
    pub(super) publishers: Range<u32>,
    /// Messages of all publishers that may be in flight, and that one may be ahead of another; none in an open loop.
    window: Option<(u64, u64)>,
    batch: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Messages of each publisher, and of all.
    sent: Box<[u64]>,
    published: u64,
    slowest: Option<Slowest>,
    hearing: u32,
    /// Publishers that may still publish, and members that still wait for something.
    publishing: u32,
    waiting: u32,
}

impl Room {
    pub(super) fn new(plan: &Plan, number: u32) -> Self {
        let publishers = number * plan.publishers..(number + 1) * plan.publishers;
        let window = match plan.cycle {
            Loop::Open { .. } => None,
            Loop::Closed { depth } => Some((u64::from(depth) * u64::from(plan.publishers), u64::from(depth))),
        };
        let state = State {
            sent: vec![0; publishers.len()].into_boxed_slice(),
            published: 0,
            slowest: window.map(|(all, _)| Slowest::new(plan.members, all)),
            hearing: 0,
            publishing: plan.publishers,
            waiting: plan.audience(),
        };
        Self {
            number,
            name: plan.room_name(number),
            publishers,
            window,
            batch: u64::from(plan.batch),
            state: Mutex::new(state),
        }
    }

    /// Whether a publisher may publish a batch: in a closed loop the slowest member has to be near enough, and the other publishers too.
    pub(super) fn lets(&self, publisher: u32) -> bool {
        let state = self.state();
        let (Some((all, one)), Some(slowest)) = (self.window, &state.slowest) else { return true };
        let sent = state.sent[self.index(publisher)];
        let least = state.sent.iter().copied().min().unwrap_or(sent);
        state.published - slowest.at() + self.batch <= all && sent - least + self.batch <= one
    }

    /// A publisher publishes a batch. Returns the sequence of its first message.
    pub(super) fn publish(&self, publisher: u32) -> u64 {
        let mut state = self.state();
        state.published += self.batch;
        let sent = &mut state.sent[self.index(publisher)];
        *sent += self.batch;
        *sent - self.batch
    }

    /// A member that sets the pace, which stood at `standing`, has accounted for so many messages. Returns whether publishers may go on.
    pub(super) fn advance(&self, standing: &mut u64, accounted: u64) -> bool {
        let mut state = self.state();
        let published = state.published;
        let (Some(slowest), Some((all, _))) = (&mut state.slowest, self.window) else { return false };
        // What others said, announced missing, may bring a member beyond what is published.
        let to = accounted.min(published);
        if to <= *standing {
            return false;
        }
        let from = std::mem::replace(standing, to);
        slowest.advance(from, to, published) && published - slowest.at() + self.batch <= all
    }

    /// A member heard something for the first time.
    pub(super) fn hear(&self) {
        self.state().hearing += 1;
    }

    /// How many members have.
    pub(super) fn hearing(&self) -> u32 {
        self.state().hearing
    }

    /// A publisher will publish no more. Returns whether it was the last.
    pub(super) fn publisher_is_done(&self) -> bool {
        let mut state = self.state();
        state.publishing -= 1;
        state.publishing == 0
    }

    /// A member has got all. Returns whether it was the last.
    pub(super) fn member_is_done(&self) -> bool {
        let mut state = self.state();
        state.waiting -= 1;
        state.waiting == 0
    }

    /// What was published in all, once nothing more will be.
    pub(super) fn published_in_all(&self) -> Option<u64> {
        let state = self.state();
        (state.publishing == 0).then_some(state.published)
    }

    /// What was published so far.
    pub(super) fn published(&self) -> u64 {
        self.state().published
    }

    /// Whether every member has got all.
    pub(super) fn is_done(&self) -> bool {
        self.state().waiting == 0
    }

    fn index(&self, publisher: u32) -> usize {
        (publisher - self.publishers.start) as usize
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
