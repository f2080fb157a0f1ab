//! What a client knows: its rooms, what it asked and was not answered yet, its session. Pure: frames and requests go in, frames and events come out.
//!
//! ```text
//!  room:     asked ──JOINED──► in ◄──JOINED── coming back      in ──LEFT──► gone
//!                               └────cut────────►┘└──ERROR──► gone
//!
//!  request:  sent ──answer──► answered          sent ──cut──► Disconnected, or UnknownOutcome where a receipt was awaited
//! ```
//! Invariants:
//! 1. Each request that was sent is answered once: by the server, or by the end of the connection.
//! 2. A number of a room is good for one connection; the name and the account are what stays.
//! 3. Nothing is encoded for a room that is not joined on this connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::RoomState;
use super::event::{Event, Membership, Message, Presence, Receipt, Welcome};
use super::request::{Reply, Request, answer};
use super::{Error, JoinOptions, Lost, Refusal};
use crate::protocol::{
    self, ClientFrame, ErrorCode, ErrorFrame, Form, Join, Joined, Leave, Listed, Misfit, Publish, RoomName,
    RoomNumber, SendTo, ServerFrame, Since,
};

/// What a client knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) welcome: Option<Welcome>,
    pub(super) ticket: Vec<u8>,
    pub(super) rooms: BTreeMap<Arc<str>, Room>,
    /// Frames that meant nothing here: unknown types, answers to nothing, rooms that were left.
    pub(super) ignored: u64,
    /// Why the client ended, once it has.
    pub(super) ended: Option<Lost>,
    numbers: BTreeMap<RoomNumber, Arc<str>>,
    awaited: BTreeMap<protocol::Request, Awaited>,
    last_request: u32,
    /// Rejoins that are awaited; new requests wait for them, since their rooms have no numbers yet.
    rejoins: usize,
}

/// A room that the client is in, or comes back to.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) account: RoomState,
    /// None while the connection is down.
    number: Option<RoomNumber>,
    options: JoinOptions,
    leaving: bool,
}

/// A request without its answer.
#[derive(Debug)]
enum Awaited {
    Join { room: Arc<str>, options: JoinOptions, reply: Reply<Membership> },
    Rejoin { room: Arc<str>, since: Option<Since> },
    Leave { room: Arc<str>, reply: Reply<()> },
    Receipt { reply: Reply<Receipt> },
}

impl State {
    /// Before the first connection, with the ticket of an earlier process.
    pub(super) fn new(ticket: Vec<u8>) -> Self {
        Self { ticket, ..Self::default() }
    }

    /// WELCOME: a session stands.
    pub(super) fn welcome(&mut self, frame: &protocol::Welcome<'_>) -> Event {
        let welcome = Welcome {
            session: frame.session,
            node: frame.node.to_owned(),
            max_payload: frame.max_payload as usize,
        };
        let resumed = self.welcome.as_ref().is_some_and(|before| before.session == welcome.session);
        frame.ticket.clone_into(&mut self.ticket);
        self.welcome = Some(welcome.clone());
        if resumed { Event::Resumed(welcome) } else { Event::Connected(welcome) }
    }

    /// The longest payload that the server takes.
    pub(super) fn max_payload(&self) -> usize {
        self.welcome.as_ref().map_or(0, |welcome| welcome.max_payload)
    }

    /// Whether requests may be sent: every room is back, and fewer than `outstanding` answers are awaited.
    pub(super) fn takes_requests(&self, outstanding: usize) -> bool {
        self.rejoins == 0 && self.awaited.len() < outstanding.max(1)
    }

    /// Whether every request was answered.
    pub(super) fn is_settled(&self) -> bool {
        self.awaited.is_empty()
    }

    /// Joins every room again, each from the last position that it had.
    pub(super) fn rejoin(&mut self, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let rooms: Vec<_> = self.rooms.iter().map(|(name, room)| (name.clone(), room.rejoin())).collect();
        for (room, options) in rooms {
            let request = self.next_request();
            join(request, &room, options, out)?;
            self.awaited.insert(request, Awaited::Rejoin { room, since: options.since });
            self.rejoins += 1;
        }
        Ok(())
    }

    /// Sends what a program asked for, or says at once why not.
    pub(super) fn request(&mut self, request: Request, out: &mut Vec<u8>) -> Option<Event> {
        match request {
            Request::Join { room, options, reply } => {
                let number = self.next_request();
                match join(number, &room, options, out) {
                    Ok(()) => drop(self.awaited.insert(number, Awaited::Join { room, options, reply })),
                    Err(misfit) => drop(reply.send(Err(unfit(misfit)))),
                }
                None
            }
            Request::Leave { room, reply } => {
                self.leave(room, reply, out);
                None
            }
            Request::Publish { room, content, reply } => {
                let Some(number) = self.number_of(&room) else {
                    return refuse(reply, Error::NotJoined(room));
                };
                let said = self.say(content.payload().bytes().len(), reply, out, |request| {
                    ClientFrame::Publish(Publish { room: number, request, payload: content.payload() })
                });
                if let Some(room) = self.rooms.get_mut(&room).filter(|_| said.is_ok()) {
                    room.account.published += 1;
                }
                said.err().flatten()
            }
            Request::Send { to, content, reply } => {
                let said = self.say(content.payload().bytes().len(), reply, out, |request| {
                    ClientFrame::Send(SendTo { session: to, request, payload: content.payload() })
                });
                said.err().flatten()
            }
        }
    }

    /// Takes a frame of the server; none of those that concern the whole connection.
    pub(super) fn frame(&mut self, frame: &ServerFrame<'_>) -> Option<Event> {
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

    /// The connection is lost: what was awaited ends, rooms wait to be joined again.
    pub(super) fn cut(&mut self, lost: &Lost) -> Vec<Event> {
        for (_, awaited) in std::mem::take(&mut self.awaited) {
            match awaited {
                Awaited::Join { reply, .. } => answer(Some(reply), Err(Error::Disconnected(lost.clone()))),
                Awaited::Receipt { reply } => answer(Some(reply), Err(Error::UnknownOutcome(lost.clone()))),
                // Out of the connection is out of the room.
                Awaited::Leave { reply, .. } => answer(Some(reply), Ok(())),
                Awaited::Rejoin { .. } => {}
            }
        }
        self.numbers.clear();
        self.rejoins = 0;
        self.rooms.values_mut().for_each(|room| room.number = None);
        let left = self.rooms.extract_if(.., |_, room| room.leaving);
        left.map(|(room, _)| Event::Left { room, why: None }).collect()
    }

    fn number_of(&self, room: &str) -> Option<RoomNumber> {
        self.rooms.get(room).and_then(|room| room.number)
    }

    fn room(&mut self, number: RoomNumber) -> Option<(Arc<str>, &mut Room)> {
        let found =
            self.numbers.get(&number).and_then(|name| Some((name.clone(), self.rooms.get_mut(name)?)));
        if found.is_none() {
            self.ignored += 1;
        }
        found
    }

    /// A number that awaits no answer, from 1.
    fn next_request(&mut self) -> protocol::Request {
        loop {
            self.last_request = self.last_request.wrapping_add(1).max(1);
            let request = protocol::Request(self.last_request);
            if !self.awaited.contains_key(&request) {
                return request;
            }
        }
    }

    /// Encodes a message; where it cannot be, its sender is told, by the event in `Err` if it did not ask for a receipt.
    fn say<'a>(
        &mut self,
        bytes: usize,
        reply: Option<Reply<Receipt>>,
        out: &mut Vec<u8>,
        frame: impl FnOnce(protocol::Request) -> ClientFrame<'a>,
    ) -> Result<(), Option<Event>> {
        let max = self.max_payload();
        if bytes > max {
            return Err(refuse(reply, Error::TooLarge { bytes, max }));
        }
        let request = if reply.is_some() { self.next_request() } else { protocol::Request::NONE };
        if let Err(misfit) = frame(request).encode(Form::Stream, out) {
            return Err(refuse(reply, unfit(misfit)));
        }
        if let Some(reply) = reply {
            self.awaited.insert(request, Awaited::Receipt { reply });
        }
        Ok(())
    }

    fn leave(&mut self, room: Arc<str>, reply: Reply<()>, out: &mut Vec<u8>) {
        let request = self.next_request();
        let Some((entry, number)) = self.rooms.get_mut(&room).and_then(|entry| {
            let number = entry.number?;
            Some((entry, number))
        }) else {
            return answer(Some(reply), Err(Error::NotJoined(room)));
        };
        match ClientFrame::Leave(Leave { request, room: number }).encode(Form::Stream, out) {
            Ok(()) => {
                entry.leaving = true;
                self.awaited.insert(request, Awaited::Leave { room, reply });
            }
            Err(misfit) => answer(Some(reply), Err(unfit(misfit))),
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

impl Room {
    fn new(options: JoinOptions) -> Self {
        Self { account: RoomState::default(), number: None, options, leaving: false }
    }

    fn rejoin(&self) -> JoinOptions {
        let since = (!self.options.publish_only).then(|| self.account.since());
        JoinOptions { since, ..self.options }
    }
}

fn join(
    request: protocol::Request,
    room: &str,
    options: JoinOptions,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    // Names are checked where the program gives them; they come here as they were.
    let Ok(room) = RoomName::new(room.as_bytes()) else { return Ok(()) };
    let JoinOptions { presence, own, publish_only, since } = options;
    ClientFrame::Join(Join { request, presence, own, publish_only, room, since }).encode(Form::Stream, out)
}

fn refuse(reply: Option<Reply<Receipt>>, error: Error) -> Option<Event> {
    let unasked = reply.is_none().then(|| Event::Error(error.clone()));
    answer(reply, Err(error));
    unasked
}

fn unfit(misfit: Misfit) -> Error {
    let bound = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Error::TooLarge { bytes: bound(misfit.has), max: bound(misfit.max) }
}
