//! Delivery: a member is lent what lies past its cursor, writes it straight from the room's shared bytes without the lock, and settles
//! how far that came. Rooms with news are served in turns.

use std::cell::RefCell;
use std::io::IoSlice;

use super::conversation::Conversation;
use super::membership::Memberships;
use crate::handle::Wake;
use crate::protocol::{self, Form, Listed, Position, RoomNumber, ServerFrame};
use crate::reason::{DropReason, GapReason};
use crate::room::{Gap, Read, Reading};
use crate::service::{Out, Turn};
use crate::stats::ListenerStats;

/// Bytes that a member takes from one room before the next has its turn.
const QUANTUM: usize = 256 << 10;
/// Bytes that a session takes from its rooms before it reads again.
const TURN: usize = 1 << 20;
/// Slices for which there is room without an allocation: most readings have one.
const FEW: usize = 4;

thread_local! {
    /// The reading under way on this worker, used again.
    static READING: RefCell<Reading> = RefCell::new(Reading::new());
}

/// How far the delivery from one room came.
enum Came {
    /// Everything was delivered, and the member is registered for more.
    Through,
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
                    Came::Through => {}
                    Came::Halfway(bytes) => {
                        self.rooms.note(1 << bit);
                        moved += bytes;
                    }
                    Came::Blocked => return self.rooms.note(1 << bit),
                }
            }
            if moved >= TURN {
                return;
            }
        }
    }
}

fn deliver_room(conversation: &mut Conversation, turn: &Turn<'_>, place: u32, out: &mut dyn Out) -> Came {
    let Conversation { rooms, house, speaker, .. } = conversation;
    let speaks = speaker.is_some();
    let Some(membership) = Memberships::get(rooms, place) else { return Came::Through };
    READING.with_borrow_mut(|reading| {
        let room = &membership.room;
        let mut wakes: Vec<Wake> = Vec::new();
        let mut moved = 0;
        let mut state = room.lock();
        if let Some(told) = membership.told
            && let Some((frames, last)) = state.notices_for(house, room.number, told)
        {
            drop(state);
            frames.iter().for_each(|frame| out.queue(frame));
            membership.told = Some(last);
            return Came::Blocked;
        }
        let came = loop {
            let waker = || turn.handle.wake_for(place);
            if let Read::Waiting { wake } =
                state.log.read(turn.now, &membership.member, QUANTUM, reading, waker)
            {
                wakes.extend(wake);
                break Came::Through;
            }
            if let Some(gap) = reading.gap() {
                missed(turn.stats, gap);
                if speaks {
                    announce(out, room.number, gap);
                    wakes.extend(state.log.advance(turn.now, &membership.member, reading, 0).wake);
                    break Came::Blocked;
                }
            }
            if moved >= QUANTUM {
                wakes.extend(state.log.advance(turn.now, &membership.member, reading, 0).wake);
                break Came::Halfway(moved);
            }
            drop(state);
            let written = write(out, reading);
            let (whole, all, positions) = (reading.bytes(), reading.messages(), reading.positions());
            state = room.lock();
            let advanced = state.log.advance(turn.now, &membership.member, reading, written);
            wakes.extend(advanced.wake);
            turn.stats.relay.delivered.add(advanced.messages);
            moved += written;
            if written == whole {
                state.written(&positions, turn.stats);
                out.sent(u32::try_from(all).unwrap_or(u32::MAX));
                continue;
            }
            out.sent(
                u32::try_from(advanced.messages).unwrap_or(u32::MAX) - u32::from(advanced.rest.is_some()),
            );
            if let Some(rest) = advanced.rest {
                out.keep(rest);
            }
            break Came::Blocked;
        };
        state.settle(&house.queued, turn.stats);
        drop(state);
        turn.ring(wakes);
        came
    })
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

/// A member is told, or would be if its wire had words for it, that it will not get these messages.
fn missed(stats: &ListenerStats, gap: Gap) {
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
