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

mod answering;
mod asking;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::RoomState;
use super::event::{Event, Membership, Receipt, Welcome};
use super::request::{Reply, answer};
use super::{Error, JoinOptions, Lost};
use crate::protocol::{self, ClientFrame, Form, Join, Misfit, RoomName, RoomNumber, Since};

/// What a client knows.
#[derive(Debug, Default)]
pub(in crate::client) struct State {
    pub(in crate::client) welcome: Option<Welcome>,
    pub(in crate::client) ticket: Vec<u8>,
    pub(in crate::client) rooms: BTreeMap<Arc<str>, Room>,
    /// Frames that meant nothing here: unknown types, answers to nothing, rooms that were left.
    pub(in crate::client) ignored: u64,
    /// Why the client ended, once it has.
    pub(in crate::client) ended: Option<Lost>,
    numbers: BTreeMap<RoomNumber, Arc<str>>,
    awaited: BTreeMap<protocol::Request, Awaited>,
    last_request: u32,
    /// Rejoins that are awaited; new requests wait for them, since their rooms have no numbers yet.
    rejoins: usize,
}

/// A room that the client is in, or comes back to.
#[derive(Debug)]
pub(in crate::client) struct Room {
    pub(in crate::client) account: RoomState,
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
    pub(in crate::client) fn new(ticket: Vec<u8>) -> Self {
        Self { ticket, ..Self::default() }
    }

    /// WELCOME: a session stands.
    pub(in crate::client) fn welcome(&mut self, frame: &protocol::Welcome<'_>) -> Event {
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
    pub(in crate::client) fn max_payload(&self) -> usize {
        self.welcome.as_ref().map_or(0, |welcome| welcome.max_payload)
    }

    /// Whether requests may be sent: every room is back, and fewer than `outstanding` answers are awaited.
    pub(in crate::client) fn takes_requests(&self, outstanding: usize) -> bool {
        self.rejoins == 0 && self.awaited.len() < outstanding.max(1)
    }

    /// Whether every request was answered.
    pub(in crate::client) fn is_settled(&self) -> bool {
        self.awaited.is_empty()
    }

    /// Joins every room again, each from the last position that it had.
    pub(in crate::client) fn rejoin(&mut self, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let rooms: Vec<_> = self.rooms.iter().map(|(name, room)| (name.clone(), room.rejoin())).collect();
        for (room, options) in rooms {
            let request = self.next_request();
            join(request, &room, options, out)?;
            self.awaited.insert(request, Awaited::Rejoin { room, since: options.since });
            self.rejoins += 1;
        }
        Ok(())
    }

    /// The connection is lost: what was awaited ends, rooms wait to be joined again.
    pub(in crate::client) fn cut(&mut self, lost: &Lost) -> Vec<Event> {
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
