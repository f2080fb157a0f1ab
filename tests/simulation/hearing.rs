//! What a raw client makes of each frame that the server says.

use std::time::Duration;

use oread::protocol::{
    ClientFrame, ErrorCode, ErrorFrame, Gap, GapReason, Joined, Left, Listed, Message, Missed, Pong, Receipt,
    ServerFrame, Welcome,
};
use tokio::time::Instant;

use super::plan::Shape;
use super::said::Said;
use super::talker::{After, Talker};
use super::world::Place;

impl Talker {
    /// A frame came.
    pub(super) fn hear(&mut self, frame: &[u8]) -> After {
        let frame = match ServerFrame::decode(frame) {
            Ok(frame) => frame,
            Err(malformed) => {
                self.breaks(&format!("cannot read {frame:?}: {malformed}"));
                return After::Gone;
            }
        };
        match frame {
            ServerFrame::Welcome(welcome) => self.welcomed(&welcome),
            ServerFrame::Joined(joined) => self.joined(joined),
            ServerFrame::Left(left) => self.left(left),
            ServerFrame::Message(message) => self.message(message),
            ServerFrame::Gap(gap) => self.gap(gap),
            ServerFrame::Receipt(receipt) => self.receipt(receipt),
            ServerFrame::Error(error) => return self.error(&error),
            ServerFrame::Ping(ping) => self.wire.say(&ClientFrame::Pong(Pong { opaque: ping.opaque })),
            ServerFrame::GoingAway(away) => {
                let wait = Duration::from_millis(away.come_back_after_ms.into());
                self.away_until = Some(Instant::now() + wait);
                self.world.ledger().counts.sent_away += 1;
            }
            ServerFrame::Presence(_) => self.world.ledger().counts.presences += 1,
            ServerFrame::Direct(_) => self.world.ledger().counts.directs += 1,
            ServerFrame::Pong(_) => {}
            ServerFrame::Unknown { kind } => self.breaks(&format!("was told of type 0x{kind:02X}")),
        }
        After::On
    }

    fn breaks(&self, what: &str) {
        self.world.ledger().break_promise(format!("client-{} {what}", self.which));
    }

    fn welcomed(&mut self, welcome: &Welcome<'_>) {
        let mut memory = self.world.memory(self.which);
        memory.ticket = welcome.ticket.to_vec();
        memory.welcomed(&mut self.world.ledger(), welcome.session.0);
        drop(memory);
        self.note(&format!("is session {}", welcome.session));
        self.join_missing();
    }

    fn joined(&mut self, joined: Joined) {
        let Some(asked) = self.joins.remove(&joined.request.0) else {
            return self.breaks(&format!("never asked for {joined:?}"));
        };
        let plan = self.world.plan.clients[self.which].room(asked.room).unwrap().clone();
        let mut memory = self.world.memory(self.which);
        let place = memory.place(&plan);
        if asked.again {
            return;
        }
        place.number = Some(joined.room.0);
        let (epoch, newest) = (joined.epoch.0, joined.position.0);
        place.account.joined(&mut self.world.ledger(), epoch, newest, asked.since);
        drop(memory);
        self.note(&format!("joins {:?} since {:?}: {joined:?}", asked.room, asked.since));
    }

    fn left(&mut self, left: Left) {
        let mut memory = self.world.memory(self.which);
        let before = memory.places.len();
        memory.places.retain(|_, place| place.number != Some(left.room.0) || !place.leaving);
        let gone = memory.places.len() < before;
        drop(memory);
        if !gone {
            self.breaks(&format!("did not ask to leave: {left:?}"));
        }
    }

    /// The room that has this number on this connection.
    fn in_room(&self, number: u32, tell: impl FnOnce(&mut Place)) -> bool {
        let mut memory = self.world.memory(self.which);
        let place = memory.places.values_mut().find(|place| place.number == Some(number));
        place.map(tell).is_some()
    }

    fn message(&mut self, message: Message<'_>) {
        self.heard_of = Some(message.from);
        let payload = message.payload.bytes();
        let known = self.in_room(message.room.0, |place| {
            place.account.message(&mut self.world.ledger(), message.position.0, message.from.0, payload);
        });
        if !known {
            self.breaks(&format!("is in no room {}, and hears of it", message.room));
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.note(&format!("hears {gap:?}"));
        let plan = &self.world.plan;
        let listens = plan.clients[self.which].burst == 0;
        if plan.shape == Shape::Blocked && listens && gap.reason == Listed::Known(GapReason::Behind) {
            // One that says something itself is skipped rather than kept waiting for itself.
            self.breaks(&format!("only listens, in rooms that wait for it, and misses {gap:?}"));
        }
        let missed = gap.missed.map(|missed: Missed| (missed.first().0, missed.last().0));
        let known = self.in_room(gap.room.0, |place| place.account.gap(&mut self.world.ledger(), missed));
        if !known {
            self.breaks(&format!("is in no room {}, and misses something of it", gap.room));
        }
    }

    fn receipt(&mut self, receipt: Receipt) {
        let request = receipt.request.0;
        if let Some(which) = self.directs.iter().position(|direct| *direct == request) {
            self.directs.remove(which);
            return;
        }
        let mut memory = self.world.memory(self.which);
        let (answered, session) = (memory.unanswered.remove(&request), memory.session.unwrap_or_default());
        let name = memory.name.clone();
        drop(memory);
        match answered {
            Some((epoch, said)) => self.stands(&name, (epoch, receipt.position.0), session, said),
            None => self.breaks(&format!("said nothing that {receipt:?} answers")),
        }
    }

    fn stands(&self, name: &str, place: (u64, u64), session: u64, said: Said) {
        self.world.ledger().stands(name, place, session, said);
    }

    fn error(&mut self, error: &ErrorFrame<'_>) -> After {
        self.note(&format!("hears {error:?}"));
        let request = error.request.0;
        if let Some(which) = self.directs.iter().position(|direct| *direct == request) {
            self.directs.remove(which);
            return After::On;
        }
        let mut ledger = self.world.ledger();
        match error.code {
            Listed::Known(ErrorCode::FellBehind) => ledger.counts.fell_behind += 1,
            Listed::Known(ErrorCode::Keepalive) => ledger.counts.keepalives += 1,
            Listed::Known(ErrorCode::Replaced) => {}
            _ => {
                drop(ledger);
                self.breaks(&format!("was refused: {error:?}"));
            }
        }
        After::On
    }
}
