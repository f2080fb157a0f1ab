//! Publishing: a run of messages goes into a room's log in one append, and whoever waited for it is woken, in one round.

use super::conversation::Conversation;
use super::relief::Occasion;
use super::room::Room;
use crate::handle::Wake;
use crate::peer::SessionId;
use crate::reason::CloseReason;
use crate::room::{Append, Run};
use crate::service::Turn;
use crate::tick::Tick;

/// What became of a run.
#[derive(Debug)]
pub(super) enum Published {
    /// So many of its messages are in the log, from this position on. Where that is not all of them, readers have to have a turn first.
    Taken {
        first: u64,
        messages: usize,
        /// Members, the publisher included.
        members: usize,
    },
    /// There is no room. The publisher is woken when there may be, and has to come back at this moment anyway.
    Full { until: Tick },
}

impl Conversation {
    /// Appends the run that `write` makes for the position at which it will stand, which is known only now.
    pub(super) fn publish<'r>(
        &mut self,
        turn: &Turn<'_>,
        place: u32,
        write: impl FnOnce(u64) -> Run<'r>,
    ) -> Option<Published> {
        let membership = self.rooms.get(place)?;
        let room = membership.room.clone();
        let mut state = room.lock();
        let run = write(state.log.newest() + 1);
        let mut wakes = Vec::new();
        // Who has waited long enough does not wait again for each segment that has to make room.
        let mut waited = false;
        let mut appended = 0;
        let (published, laggards) = loop {
            match state.log.append(turn.now, &membership.member, run, || turn.handle.wake_for(place)) {
                Append::Taken { first, messages, wake, laggards } => {
                    state.appended(turn.stats);
                    turn.stats.relay.published.add(messages as u64);
                    appended = messages.checked_sub(1).map_or(0, |last| run.ends[last]);
                    extend(&mut wakes, wake);
                    break (Published::Taken { first, messages, members: state.log.members() }, laggards);
                }
                Append::Full { until, wake } if !waited => {
                    extend(&mut wakes, wake);
                    break (Published::Full { until }, Vec::new());
                }
                Append::Full { wake, .. } | Append::Overdue { wake, .. } => {
                    waited = true;
                    extend(&mut wakes, wake);
                    let freed = state.log.skip(turn.now);
                    extend(&mut wakes, freed);
                }
            }
        };
        state.settle(&self.house.houses.queued, turn.stats);
        drop(state);
        turn.worker.bell().appended(appended);
        turn.ring(wakes);
        self.end_laggards(turn, &room, laggards);
        if self.house.houses.queued.is_spent() {
            self.house.houses.relieve(Occasion { now: turn.now, bell: turn.worker.bell() });
        }
        Some(published)
    }

    /// Ends those who fell behind where that is the room's rule, but for the publisher itself: it is reading nothing at this moment.
    fn end_laggards(&self, turn: &Turn<'_>, room: &Room, laggards: Vec<SessionId>) {
        for laggard in laggards {
            if let Some(handle) = self.house.guests.get(laggard).filter(|_| laggard != turn.handle.session())
            {
                tracing::debug!(room = &*room.name, session = laggard.0, "a member fell behind and is ended");
                handle.order(CloseReason::FellBehind);
                turn.ring(vec![handle.wake_for(0)]);
            }
        }
    }
}

/// Appends without a copy where nothing was there.
fn extend(wakes: &mut Vec<Wake>, more: Vec<Wake>) {
    if wakes.is_empty() {
        *wakes = more;
    } else {
        wakes.extend(more);
    }
}
