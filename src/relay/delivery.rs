//! Delivery: a member is lent what lies past its cursor, writes it straight from the room's shared bytes without the lock, and settles
//! how far that came. Rooms with news are served in turns.

use std::cell::RefCell;
use std::io::IoSlice;
use std::sync::MutexGuard;

use super::conversation::Conversation;
use super::membership::Memberships;
use super::plain::PLACE;
use super::room::{Room, RoomState};
use crate::handle::Wake;
use crate::protocol::{self, Form, Listed, Position, RoomNumber, ServerFrame};
use crate::reason::{CloseReason, DropReason, GapReason};
use crate::room::{Gap, Member, Read, Reading};
use crate::service::{Out, Turn};
use crate::stats::ListenerStats;

/// Bytes that a member takes from one room before the next has its turn, and from its rooms before it reads again: as many as
/// a session's turn has.
const QUANTUM: usize = 128 << 10;
/// Slices for which there is room without an allocation: most readings have one.
const FEW: usize = 4;

thread_local! {
    /// The reading under way on this worker, used again.
    static READING: RefCell<Reading> = RefCell::new(Reading::new());
}

/// How far the delivery from one room came.
enum Came {
    /// Everything was delivered, so many bytes, and the member is registered for more.
    Through(usize),
    /// There is more, but others have their turn.
    Halfway(usize),
    /// The way is full, or something has to go first.
    Blocked,
}

impl Conversation {
    /// Serves the rooms that have news until none has, the way is full, or the turn is over.
    pub(super) fn deliver_news(&mut self, turn: &Turn<'_>, out: &mut dyn Out) {
        let mut moved = 0;
        while let Some(bit) = self.rooms.next() {
            for place in self.rooms.sharing(bit) {
                match deliver_room(self, turn, place, out) {
                    Came::Through(bytes) => moved += bytes,
                    Came::Halfway(bytes) => {
                        self.rooms.note(1 << bit);
                        moved += bytes;
                    }
                    Came::Blocked => return self.rooms.note(1 << bit),
                }
            }
            if moved >= QUANTUM {
                return;
            }
        }
    }
}

fn deliver_room(conversation: &mut Conversation, turn: &Turn<'_>, place: u32, out: &mut dyn Out) -> Came {
    let Conversation { rooms, house, speaker, .. } = conversation;
    let Some(membership) = Memberships::get(rooms, place) else { return Came::Through(0) };
    let room = membership.room.clone();
    let mut state = room.lock();
    if let Some(told) = membership.told
        && let Some((frames, last)) = state.notices_for(house, room.number, told)
    {
        drop(state);
        for frame in &frames {
            out.queue(frame);
        }
        membership.told = Some(last);
        return Came::Blocked;
    }
    let mut delivery = Delivery {
        turn,
        room: &room,
        member: &membership.member,
        speaks: speaker.is_some(),
        wakes: Vec::new(),
    };
    let (came, mut state) = READING
        .with_borrow_mut(|reading| delivery.pass_on(state, reading, out, || turn.handle.wake_for(place)));
    state.settle(&house.houses.queued, turn.stats);
    drop(state);
    turn.ring(delivery.wakes);
    came
}

/// One member's turn in one room.
struct Delivery<'a> {
    turn: &'a Turn<'a>,
    room: &'a Room,
    member: &'a Member,
    /// Whether the wire has words for what is missing.
    speaks: bool,
    /// Who is to be woken afterwards.
    wakes: Vec<Wake>,
}

impl<'a> Delivery<'a> {
    /// Passes on what there is, until there is nothing more, and then leaves a waker. The lock is held, but for the writing.
    fn pass_on(
        &mut self,
        mut state: MutexGuard<'a, RoomState>,
        reading: &mut Reading,
        out: &mut dyn Out,
        waker: impl Fn() -> Wake,
    ) -> (Came, MutexGuard<'a, RoomState>) {
        let now = self.turn.now;
        let mut moved = 0;
        loop {
            if let Read::Waiting { wake } = state.log.read(now, self.member, QUANTUM, reading, &waker) {
                self.wakes.extend(wake);
                return (Came::Through(moved), state);
            }
            let announced = reading.gap().is_some_and(|gap| self.missed(gap, out));
            if announced || moved >= QUANTUM {
                self.wakes.extend(state.log.advance(now, self.member, reading, 0).wake);
                return (if announced { Came::Blocked } else { Came::Halfway(moved) }, state);
            }
            drop(state);
            let written = write(out, reading);
            state = self.room.lock();
            moved += written;
            if !self.settle(&mut state, reading, written, out) {
                return (Came::Blocked, state);
            }
        }
    }

    /// Moves the cursor to where the write came. Says whether that was all of it.
    fn settle(
        &mut self,
        state: &mut RoomState,
        reading: &mut Reading,
        written: usize,
        out: &mut dyn Out,
    ) -> bool {
        let (bytes, positions) = (reading.bytes(), reading.positions());
        let advanced = state.log.advance(self.turn.now, self.member, reading, written);
        self.wakes.extend(advanced.wake);
        self.turn.stats.relay.delivered.add(advanced.messages);
        let finished = advanced.messages - u64::from(advanced.rest.is_some());
        out.sent(u32::try_from(finished).unwrap_or(u32::MAX));
        if let Some(rest) = advanced.rest {
            out.keep(rest);
        }
        let all = written == bytes;
        if all {
            state.written(&positions, self.turn.stats);
        }
        all
    }

    /// The member will not get these messages, which is counted and, where the wire can say so, announced at their place. Says whether nothing
    /// may follow for now.
    fn missed(&mut self, gap: Gap, out: &mut dyn Out) -> bool {
        count(self.turn.stats, gap);
        if self.speaks {
            announce(out, self.room.number, gap);
        }
        let torn = !self.turn.codec.has_borders();
        if torn {
            // What follows would join on to what came before the hole.
            self.turn.handle.order(CloseReason::FellBehind);
            self.wakes.push(self.turn.handle.wake_for(PLACE));
        }
        self.speaks || torn
    }
}

/// Writes a reading, and says how many of its bytes the socket took.
fn write(out: &mut dyn Out, reading: &Reading) -> usize {
    let pieces = reading.pieces();
    if pieces.is_empty() {
        return 0;
    }
    if pieces.len() > FEW {
        let slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        return out.write(&slices);
    }
    let mut slices = [IoSlice::new(&[]); FEW];
    for (slice, piece) in slices.iter_mut().zip(pieces) {
        *slice = IoSlice::new(piece);
    }
    out.write(&slices[..pieces.len()])
}

/// Puts a gap before whatever follows.
fn announce(out: &mut dyn Out, room: u32, gap: Gap) {
    let missed = protocol::Missed::new(Position(gap.first), Position(gap.last));
    let gap = protocol::Gap { room: RoomNumber(room), missed, reason: Listed::Known(gap.reason) };
    let mut frame = Vec::new();
    let encoded = ServerFrame::Gap(gap).encode(Form::Stream, &mut frame);
    debug_assert!(encoded.is_ok(), "a gap has no field that could be too long");
    out.queue(&frame);
}

fn count(stats: &ListenerStats, gap: Gap) {
    stats.relay.gaps[gap.reason as usize].add(1);
    stats.relay.missing[gap.reason as usize].add(gap.missing);
    let dropped = match gap.reason {
        GapReason::Behind => DropReason::Behind,
        GapReason::TooOld => DropReason::TooOld,
        // It was never owed these: it asked for what is no longer there.
        GapReason::NotKept | GapReason::AnotherEpoch => return,
    };
    stats.dropped[dropped as usize].add(gap.missing);
}
