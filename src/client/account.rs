//! What a member has had of a room, position by position: the check of order and conservation, and the place to come back to. Pure.

use crate::protocol::{Epoch, Joined, Missed, Position, Since};

/// The account of one room since the client joined it, over all its connections.
///
/// *received + missing + skipped* = positions passed, within each epoch. A client that joined with `own` has `skipped` 0; another one
/// skips its own messages, at most `published` of them. [`unexplained`](Self::unexplained) is 0 unless a server breaks its promises.
///
/// It is as of what has arrived; events of it may still wait to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomState {
    /// The life of the room's history.
    pub epoch: Epoch,
    /// The last position passed: received, announced as missing, or where the client joined.
    pub position: Position,
    /// Messages received.
    pub received: u64,
    /// Messages announced as missing.
    pub missing: u64,
    /// Positions passed without a word: own messages that were not asked for.
    pub skipped: u64,
    /// Gaps of which nobody knows the length: the room's history began anew while the client was away.
    pub uncounted: u64,
    /// Messages and gaps dropped since their positions were passed already. Always 0 with a server that keeps its promises.
    pub duplicates: u64,
    /// Messages sent to the room by this client. Those refused are among them.
    pub published: u64,
    /// Members, as JOINED or PRESENCE last said.
    pub members: u32,
    pub(super) own: bool,
    /// Joined for everything that is held: the first message says where that begins.
    from_anywhere: bool,
}

impl RoomState {
    /// Positions passed that neither a message, nor a gap, nor the client's own messages explain. More than 0 is a broken promise of the server.
    pub fn unexplained(&self) -> u64 {
        if self.own { self.skipped } else { self.skipped.saturating_sub(self.published) }
    }

    /// From where to join again, so that nothing comes twice and nothing is missing unannounced.
    pub(super) fn since(&self) -> Since {
        Since { epoch: self.epoch, after: self.position }
    }

    /// JOINED on a new connection, to a JOIN with this `since`.
    pub(super) fn joined(&mut self, joined: &Joined, since: Option<Since>) {
        self.epoch = joined.epoch;
        self.members = joined.members;
        self.from_anywhere = since == Some(Since { epoch: Epoch(0), after: Position(0) });
        self.position = match since {
            Some(since) if since.epoch == joined.epoch && since.after <= joined.position => since.after,
            Some(_) if self.from_anywhere => Position(0),
            // Live: what was before is not owed, or GAP says that it cannot be counted.
            _ => joined.position,
        };
    }

    /// A message: whether it is new.
    pub(super) fn message(&mut self, position: Position) -> bool {
        if position <= self.position {
            self.duplicates += 1;
            return false;
        }
        self.skip_to(position);
        self.received += 1;
        self.position = position;
        true
    }

    /// A gap: what of it is new; `Err` when nothing is.
    pub(super) fn gap(&mut self, missed: Option<Missed>) -> Result<Option<Missed>, Passed> {
        let Some(missed) = missed else {
            self.uncounted += 1;
            return Ok(None);
        };
        let first = missed.first().max(Position(self.position.0 + 1));
        let Some(new) = Missed::new(first, missed.last()) else {
            self.duplicates += 1;
            return Err(Passed);
        };
        self.skip_to(first);
        self.missing += new.messages();
        self.position = new.last();
        Ok(Some(new))
    }

    fn skip_to(&mut self, next: Position) {
        if !std::mem::take(&mut self.from_anywhere) {
            self.skipped += next.0 - self.position.0 - 1;
        }
    }
}

/// Its positions were passed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passed;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Request, RoomNumber};

    fn joined(epoch: u64, position: u64) -> Joined {
        let (epoch, position) = (Epoch(epoch), Position(position));
        Joined { request: Request(1), room: RoomNumber(1), epoch, position, members: 2 }
    }

    fn missed(first: u64, last: u64) -> Option<Missed> {
        Missed::new(Position(first), Position(last))
    }

    #[test]
    fn every_position_is_received_missing_or_skipped_and_none_twice() {
        let mut room = RoomState { own: true, ..RoomState::default() };
        room.joined(&joined(9, 10), None);
        assert!(room.message(Position(11)));
        assert!(!room.message(Position(11)));
        assert_eq!(room.gap(missed(12, 14)), Ok(missed(12, 14)));
        assert_eq!(room.gap(missed(13, 14)), Err(Passed));
        assert_eq!(room.gap(missed(14, 16)), Ok(missed(15, 16)));
        assert!(room.message(Position(19)));
        assert_eq!((room.received, room.missing, room.skipped, room.duplicates), (2, 5, 2, 2));
        assert_eq!(room.received + room.missing + room.skipped, 19 - 10);
        assert_eq!(room.unexplained(), 2);
    }

    #[test]
    fn coming_back_goes_on_in_the_same_epoch_and_begins_anew_in_another() {
        let mut room = RoomState::default();
        room.joined(&joined(9, 10), None);
        room.message(Position(11));
        room.joined(&joined(9, 20), Some(room.since()));
        assert_eq!(room.position, Position(11));
        room.joined(&joined(10, 3), Some(room.since()));
        assert_eq!((room.epoch, room.position), (Epoch(10), Position(3)));
        assert_eq!(room.gap(None), Ok(None));
        assert!(room.message(Position(4)));
        assert_eq!((room.uncounted, room.skipped), (1, 0));
    }

    #[test]
    fn everything_that_is_held_begins_where_the_first_message_stands() {
        let mut room = RoomState::default();
        room.joined(&joined(9, 50), Some(Since { epoch: Epoch(0), after: Position(0) }));
        assert!(room.message(Position(41)));
        assert!(room.message(Position(43)));
        assert_eq!((room.received, room.skipped), (2, 1));
    }
}
