//! Frames into events and answers: what the server says, on its way in.

use super::{Awaited, Room, State};
use crate::client::event::{Event, Membership, Message, Presence, Receipt};
use crate::client::request::answer;
use crate::client::{Error, Refusal};
use crate::protocol::{self, ErrorCode, ErrorFrame, Joined, Listed, ServerFrame};

impl State {
    /// Takes a frame of the server; none of those that concern the whole connection.
    pub(in crate::client) fn frame(&mut self, frame: &ServerFrame<'_>) -> Option<Event> {
        match frame {
            ServerFrame::Joined(joined) => self.joined(joined),
            ServerFrame::Left(left) => self.left(*left),
            ServerFrame::Message(message) => {
                let (name, room) = self.room(message.room)?;
                room.account.message(message.position).then(|| {
                    let (position, from) = (message.position, message.from);
                    Event::Message(Message { room: name, position, from, content: message.payload.into() })
                })
            }
            ServerFrame::Direct(direct) => {
                Some(Event::Direct { from: direct.from, content: direct.payload.into() })
            }
            ServerFrame::Receipt(receipt) => {
                let value = Receipt { position: receipt.position, members: receipt.members };
                match self.awaited.remove(&receipt.request) {
                    Some(Awaited::Receipt { reply }) => answer(Some(reply), Ok(value)),
                    other => self.mismatch(receipt.request, other),
                }
                None
            }
            ServerFrame::Presence(presence) => {
                let (name, room) = self.room(presence.room)?;
                room.account.members = presence.members;
                Some(Event::Presence(Presence::new(name, presence)))
            }
            ServerFrame::Gap(gap) => {
                let (room, state) = self.room(gap.room)?;
                let missed = state.account.gap(gap.missed).ok()?;
                Some(Event::Gap { room, missed, reason: gap.reason })
            }
            ServerFrame::Error(error) => self.error(error),
            _ => {
                self.ignored += 1;
                None
            }
        }
    }

    fn joined(&mut self, joined: &Joined) -> Option<Event> {
        let (name, options, since, reply) = match self.awaited.remove(&joined.request) {
            Some(Awaited::Join { room, options, reply }) => (room, options, options.since, Some(reply)),
            Some(Awaited::Rejoin { room, since }) => {
                self.rejoins -= 1;
                let options = self.rooms.get(&room)?.options;
                (room, options, since, None)
            }
            other => {
                self.mismatch(joined.request, other);
                return None;
            }
        };
        let room = self.rooms.entry(name.clone()).or_insert_with(|| Room::new(options));
        // A second JOIN on the same connection changes what is sent from here on, and no place.
        if room.number.replace(joined.room) != Some(joined.room) {
            room.account.joined(joined, since);
        }
        room.options = options;
        room.account.own = options.own;
        self.numbers.insert(joined.room, name.clone());
        let membership = Membership {
            room: name,
            epoch: joined.epoch,
            position: joined.position,
            members: joined.members,
        };
        answer(reply, Ok(membership.clone()));
        Some(Event::Joined(membership))
    }

    fn left(&mut self, left: protocol::Left) -> Option<Event> {
        match self.awaited.remove(&left.request) {
            Some(Awaited::Leave { reply, .. }) => answer(Some(reply), Ok(())),
            other if left.request != protocol::Request::NONE => {
                self.mismatch(left.request, other);
                return None;
            }
            _ => {}
        }
        let (room, _) = self.room(left.room)?;
        self.numbers.remove(&left.room);
        self.rooms.remove(&room);
        Some(Event::Left { room, why: None })
    }

    fn error(&mut self, frame: &ErrorFrame<'_>) -> Option<Event> {
        let refused = Error::Refused(Refusal::new(frame));
        match self.awaited.remove(&frame.request) {
            Some(Awaited::Join { reply, .. }) => answer(Some(reply), Err(refused)),
            Some(Awaited::Receipt { reply }) => answer(Some(reply), Err(refused)),
            Some(Awaited::Rejoin { room, .. }) => {
                self.rejoins -= 1;
                self.rooms.remove(&room);
                return Some(Event::Left { room, why: Some(refused) });
            }
            Some(Awaited::Leave { room, reply }) => {
                let gone = [ErrorCode::UnknownRoom, ErrorCode::NotJoined].map(Listed::Known);
                let number = self.rooms.get_mut(&room).and_then(|entry| {
                    entry.leaving = false;
                    entry.number
                });
                answer(Some(reply), Err(refused));
                if gone.contains(&frame.code) {
                    number.map(|number| self.numbers.remove(&number));
                    return self.rooms.remove(&room).map(|_| Event::Left { room, why: None });
                }
            }
            None => return Some(Event::Error(refused)),
        }
        None
    }

    /// An answer of another kind than what was asked, or to nothing: passed over, and what was asked still waits.
    fn mismatch(&mut self, request: protocol::Request, awaited: Option<Awaited>) {
        self.ignored += 1;
        if let Some(awaited) = awaited {
            self.awaited.insert(request, awaited);
        }
    }
}
