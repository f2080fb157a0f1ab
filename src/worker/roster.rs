//! The sessions of one worker and their deadlines: a slab of seats threaded through a timing wheel.
//!
//! ```text
//!   wheel   [ slot 0 ]─►seat─►seat     one slot a tick; a seat stands in the slot of its deadline,
//!           [ slot 1 ]                 or of the horizon when that is farther away, and is moved on from there
//!           [   …    ]─►seat
//! ```
//! A session that is busy does not touch the wheel: its seat comes up at a deadline that has moved on meanwhile, the session is
//! woken, finds nothing due and sits down at its new deadline. So an echo costs no timer operation, and an idle session has no timer
//! of its own. (Varghese and Lauck, 1987, scheme 6.)
//!
//! Not a clock, and wakes nobody itself: [`Roster::turn`] hands out whom to wake, which is done without the lock.

use std::sync::Arc;

use crate::handle::Handle;
use crate::pages::Pages;
use crate::tick::Tick;

/// Slots of the wheel: 51 seconds of ticks. A power of two.
const SLOTS: u32 = 1024;
/// No seat.
const NIL: u32 = u32::MAX;

/// The number of a seat. Used again after the session has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatKey(u32);

/// The sessions of one worker.
#[derive(Debug)]
pub(super) struct Roster {
    seats: Pages<Seat>,
    heads: Box<[u32]>,
    /// The tick up to which the wheel has turned.
    turned: Tick,
}

#[derive(Debug)]
struct Seat {
    handle: Arc<Handle>,
    /// `NEVER` while the seat is in no slot.
    deadline: Tick,
    slot: u32,
    previous: u32,
    next: u32,
}

impl Default for Roster {
    fn default() -> Self {
        Self { seats: Pages::default(), heads: vec![NIL; SLOTS as usize].into(), turned: Tick::ZERO }
    }
}

impl Roster {
    /// A session sits down. `None` when all of 2^32 − 1 seats are taken.
    pub(super) fn enter(&mut self, handle: Arc<Handle>) -> Option<SeatKey> {
        if self.seats.len() >= NIL as usize {
            return None;
        }
        let seat = Seat { handle, deadline: Tick::NEVER, slot: NIL, previous: NIL, next: NIL };
        u32::try_from(self.seats.insert(seat)).ok().map(SeatKey)
    }

    /// A session leaves.
    pub(super) fn leave(&mut self, key: SeatKey) {
        self.unlink(key.0);
        self.seats.remove(key.0 as usize);
    }

    /// Wakes the session at `deadline`, and forgets an earlier wish of it.
    pub(super) fn arm(&mut self, key: SeatKey, deadline: Tick) {
        self.unlink(key.0);
        let Some(seat) = self.seats.get_mut(key.0 as usize) else { return };
        seat.deadline = deadline;
        if deadline != Tick::NEVER {
            self.link(key.0);
        }
    }

    /// Turns the wheel to `now` and collects those whose deadline has come.
    pub(super) fn turn(&mut self, now: Tick, due: &mut Vec<Arc<Handle>>) {
        let steps = now.since(self.turned).min(SLOTS);
        let first = now.after(1).number() - steps;
        self.turned = now;
        for tick in first..first + steps {
            let mut key = std::mem::replace(&mut self.heads[(tick % SLOTS) as usize], NIL);
            while key != NIL {
                let Some(seat) = self.seats.get_mut(key as usize) else { break };
                let following = seat.next;
                (seat.slot, seat.previous, seat.next) = (NIL, NIL, NIL);
                if seat.deadline <= now {
                    seat.deadline = Tick::NEVER;
                    due.push(seat.handle.clone());
                } else {
                    self.link(key);
                }
                key = following;
            }
        }
    }

    /// Ticks until the wheel next comes to a slot that is not empty, up to `most`.
    pub(super) fn quiet_ticks(&self, most: u32) -> u32 {
        let slot = |ahead: u32| (self.turned.after(ahead).number() % SLOTS) as usize;
        (1..most).find(|ahead| self.heads[slot(*ahead)] != NIL).unwrap_or(most)
    }

    /// All that are seated.
    pub(super) fn everyone(&self) -> Vec<Arc<Handle>> {
        self.seats.iter().map(|(_, seat)| seat.handle.clone()).collect()
    }

    /// Adds those in the next `count` seats from `from` on to `found`. Says where to go on; `None` at the end.
    pub(super) fn some(&self, from: usize, count: usize, found: &mut Vec<Arc<Handle>>) -> Option<usize> {
        let end = self.seats.bound().min(from.saturating_add(count));
        found.extend((from..end).filter_map(|key| self.seats.get(key)).map(|seat| seat.handle.clone()));
        (end < self.seats.bound()).then_some(end)
    }

    fn link(&mut self, key: u32) {
        let soonest = self.turned.after(1);
        let horizon = self.turned.after(SLOTS - 1);
        let seat = &mut self.seats[key as usize];
        let slot = seat.deadline.clamp(soonest, horizon).number() % SLOTS;
        let head = std::mem::replace(&mut self.heads[slot as usize], key);
        (seat.slot, seat.previous, seat.next) = (slot, NIL, head);
        if head != NIL {
            self.seats[head as usize].previous = key;
        }
    }

    fn unlink(&mut self, key: u32) {
        let Some(seat) = self.seats.get_mut(key as usize) else { return };
        let (slot, previous, next) = (seat.slot, seat.previous, seat.next);
        if slot == NIL {
            return;
        }
        (seat.slot, seat.previous, seat.next) = (NIL, NIL, NIL);
        match previous {
            NIL => self.heads[slot as usize] = next,
            previous => self.seats[previous as usize].next = next,
        }
        if next != NIL {
            self.seats[next as usize].previous = previous;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::{Peer, SessionId};

    fn someone() -> Arc<Handle> {
        Handle::new(SessionId(1), Peer::Local, "test".into(), Arc::default())
    }

    fn due(roster: &mut Roster, now: u32) -> usize {
        let mut due = Vec::new();
        roster.turn(Tick::new(now), &mut due);
        due.len()
    }

    #[test]
    fn a_seat_is_woken_at_its_deadline_and_not_before_however_far_it_is() {
        for deadline in [1, 2, 1023, 1024, 1025, 12_000] {
            let mut roster = Roster::default();
            let key = roster.enter(someone()).unwrap_or_else(|| unreachable!("seats are free"));
            roster.arm(key, Tick::new(deadline));
            for now in 1..deadline {
                assert_eq!(due(&mut roster, now), 0, "deadline {deadline}, now {now}");
            }
            assert_eq!(due(&mut roster, deadline), 1, "deadline {deadline}");
            assert_eq!(due(&mut roster, deadline + 5000), 0);
        }
    }

    #[test]
    fn slices_show_everyone_once_and_no_empty_seat() {
        let mut roster = Roster::default();
        let keys: Vec<_> = (0..100).filter_map(|_| roster.enter(someone())).collect();
        for key in keys.iter().step_by(3) {
            roster.leave(*key);
        }
        for count in [1, 7, 100, 1_000] {
            let (mut found, mut from) = (Vec::new(), Some(0));
            while let Some(seat) = from {
                from = roster.some(seat, count, &mut found);
            }
            let shown: std::collections::HashSet<_> = found.iter().map(Arc::as_ptr).collect();
            assert_eq!((found.len(), shown.len()), (66, 66), "{count} at a time");
        }
        assert_eq!(Roster::default().some(0, 10, &mut Vec::new()), None);
    }

    #[test]
    fn a_jump_over_many_turns_wakes_everyone_once() {
        let mut roster = Roster::default();
        for deadline in 1..5000 {
            let key = roster.enter(someone()).unwrap_or_else(|| unreachable!("seats are free"));
            roster.arm(key, Tick::new(deadline));
        }
        assert_eq!(due(&mut roster, 100_000), 4999);
    }

    #[test]
    fn leaving_and_arming_again_keep_the_slots_whole() {
        let mut roster = Roster::default();
        let keys: Vec<_> = (0..9).filter_map(|_| roster.enter(someone())).collect();
        for key in &keys {
            roster.arm(*key, Tick::new(10));
        }
        roster.leave(keys[8]);
        roster.leave(keys[0]);
        roster.leave(keys[4]);
        roster.arm(keys[3], Tick::new(20));
        assert_eq!(due(&mut roster, 10), 5);
        assert_eq!(due(&mut roster, 20), 1);
        assert_eq!(roster.seats.len(), 6);
    }

    /// A naive roster: the deadline of each seat.
    #[derive(Default)]
    struct Model(std::collections::BTreeMap<u32, Tick>);

    proptest::proptest! {
        #[test]
        fn any_sequence_of_calls_wakes_whom_a_list_of_deadlines_would(
            calls in proptest::collection::vec((0..5_u8, 0..20_usize, 0..3000_u32), 1..200)
        ) {
            let mut roster = Roster::default();
            let mut model = Model::default();
            let mut now = Tick::ZERO;
            for (call, which, ticks) in calls {
                let seated: Vec<_> = model.0.keys().copied().collect();
                let key = seated.get(which % seated.len().max(1)).copied();
                match (call, key) {
                    (0, _) | (_, None) => {
                        let key = roster.enter(someone()).unwrap_or_else(|| unreachable!("seats are free"));
                        model.0.insert(key.0, Tick::NEVER);
                    }
                    (1, Some(key)) => {
                        roster.leave(SeatKey(key));
                        model.0.remove(&key);
                    }
                    (2 | 3, Some(key)) => {
                        // Now and then in the past, which is as soon as can be, or never.
                        let deadline = match ticks {
                            0..100 => Tick::NEVER,
                            100..200 => now,
                            _ => now.after(ticks - 200),
                        };
                        roster.arm(SeatKey(key), deadline);
                        model.0.insert(key, deadline);
                    }
                    (_, Some(_)) => {
                        let quiet = roster.quiet_ticks(20);
                        // As far as nothing is due, or however long the process was held up.
                        let sleep = if ticks % 2 == 0 { quiet } else { ticks };
                        now = now.after(sleep);
                        let mut expected = 0;
                        for deadline in model.0.values_mut().filter(|deadline| **deadline <= now) {
                            *deadline = Tick::NEVER;
                            expected += 1;
                        }
                        proptest::prop_assert_eq!(due(&mut roster, now.number()), expected);
                    }
                }
                proptest::prop_assert_eq!(roster.seats.len(), model.0.len());
                let next = model.0.values().min().copied().unwrap_or(Tick::NEVER).max(now.after(1));
                proptest::prop_assert!(now.after(roster.quiet_ticks(20)) <= next, "it would oversleep");
            }
        }
    }
}
