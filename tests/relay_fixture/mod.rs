//! A client of protocol 1 for tests over real sockets: frames out by the library's encoder, frames in by its decoder, one after the other and
//! blocking. And a daemon with one relay, `rooms`. Not a test.
//!
//! It answers nothing by itself: what comes is what the test sees, PINGs aside, which are left out unless a test looks for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    reason = "each test uses its part"
)]

mod heard;

use std::num::NonZeroUsize;

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Epoch, ErrorCode, Form, Hello, Join, Leave, Payload, Position, Publish, Request, RoomName,
    RoomNumber, SendTo, SessionName, Since,
};
use oread::settings::{Address, ListenerSettings, RelaySettings};

use crate::support::{self, Daemon, Ending, Metrics, Wire};
pub use heard::{Heard, heard};

/// A daemon with one relay listener, `rooms`, and these settings of it.
pub fn relay(change: impl FnOnce(&mut RelaySettings)) -> Daemon {
    relay_on(|_| {}, change)
}

/// The same, with settings of the listener too.
pub fn relay_on(
    listener: impl FnOnce(&mut ListenerSettings),
    change: impl FnOnce(&mut RelaySettings),
) -> Daemon {
    daemon(1, listener, change)
}

/// Two workers: sessions meet that do not live on one thread.
pub fn relay_on_two_workers(change: impl FnOnce(&mut RelaySettings)) -> Daemon {
    daemon(2, |_| {}, change)
}

fn daemon(
    workers: usize,
    listener: impl FnOnce(&mut ListenerSettings),
    change: impl FnOnce(&mut RelaySettings),
) -> Daemon {
    let mut settings = support::settings();
    settings.runtime.workers = NonZeroUsize::new(workers).unwrap();
    let mut relay = RelaySettings::default();
    change(&mut relay);
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    settings.listeners = vec![ListenerSettings::relay("rooms", address, relay)];
    listener(&mut settings.listeners[0]);
    Daemon::start(settings)
}

/// Waits until every session has ended, and asserts that rooms and sessions gave back what they had.
pub fn assert_settles(daemon: &Daemon) -> Metrics {
    let metrics = daemon.until_active(0);
    for gauge in [
        "oread_sessions",
        "oread_room_members",
        "oread_outbox_frames",
        "oread_outbox_bytes",
        "oread_partial_frame_bytes",
    ] {
        assert_eq!(metrics.sum(gauge, &[]), 0, "{gauge}");
    }
    let accepted = metrics.sum("oread_sessions_accepted_total", &[]);
    assert_eq!(accepted, metrics.sum("oread_sessions_closed_total", &[]), "accepted and closed");
    metrics
}

/// How often requests failed for this reason.
pub fn failed(metrics: &Metrics, reason: &str) -> i64 {
    metrics.sum("oread_relay_requests_failed_total", &[&format!("reason=\"{reason}\"")])
}

/// A client. What it was welcomed with is kept.
#[derive(Debug)]
pub struct Client {
    pub wire: Wire,
    pub session: u64,
    pub ticket: Vec<u8>,
    pub max_payload: u32,
    next_request: u32,
}

/// A room that a client is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub room: u32,
    pub epoch: u64,
    pub position: u64,
    pub members: u32,
}

/// What a client wants of a room.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    pub presence: bool,
    pub own: bool,
    pub publish_only: bool,
    /// Epoch and position after which to begin.
    pub since: Option<(u64, u64)>,
}

/// Wants its own messages too.
pub const OWN: Wish = Wish { presence: false, own: true, publish_only: false, since: None };
/// Wants no messages.
pub const PUBLISH_ONLY: Wish = Wish { presence: false, own: false, publish_only: true, since: None };

/// Wants what came after this position of this epoch.
pub fn since(epoch: u64, after: u64) -> Wish {
    Wish { since: Some((epoch, after)), ..Wish::default() }
}

/// HELLO of a client that wants nothing in particular.
pub fn hello() -> Hello<'static> {
    Hello { lowest: 1, highest: 1, flags: 0, token: &[], ticket: &[], name: SessionName::default() }
}

/// A frame as it stands on the stream.
pub fn bytes(frame: &ClientFrame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(Form::Stream, &mut bytes).unwrap();
    bytes
}

impl Client {
    /// From here on the peer's kernel takes little that is not read.
    pub fn take_little(&self) {
        socket2::SockRef::from(&self.wire.0).set_recv_buffer_size(32 << 10).unwrap();
    }

    /// Connects, and says nothing.
    pub fn connect(daemon: &Daemon) -> Self {
        Self::over(Wire::connect(daemon.address("rooms")))
    }

    /// Over this connection. Says nothing.
    pub fn over(wire: Wire) -> Self {
        Self { wire, session: 0, ticket: Vec::new(), max_payload: 0, next_request: 1000 }
    }

    /// Connects and is welcomed.
    pub fn welcome(daemon: &Daemon) -> Self {
        Self::greet(daemon, hello())
    }

    /// Connects and is welcomed after this HELLO.
    pub fn greet(daemon: &Daemon, hello: Hello<'_>) -> Self {
        let mut client = Self::connect(daemon);
        client.say(&ClientFrame::Hello(hello));
        match client.hear() {
            Heard::Welcome { session, ticket, max_payload, .. } => {
                Self { session, ticket, max_payload, ..client }
            }
            other => panic!("not WELCOME: {other:?}"),
        }
    }

    /// Connects with a ticket.
    pub fn resume(daemon: &Daemon, ticket: &[u8]) -> Self {
        Self::greet(daemon, Hello { ticket, ..hello() })
    }

    /// Connects, is welcomed, and joins.
    pub fn in_room(daemon: &Daemon, room: &str, wish: Wish) -> (Self, Place) {
        let mut client = Self::welcome(daemon);
        let place = client.join(room, wish);
        (client, place)
    }

    pub fn say(&mut self, frame: &ClientFrame<'_>) -> &mut Self {
        self.wire.send(&bytes(frame));
        self
    }

    /// A number that this client has not used.
    pub fn request(&mut self) -> u32 {
        self.next_request += 1;
        self.next_request
    }

    /// The next frame, whatever it is, PING aside.
    pub fn hear(&mut self) -> Heard {
        loop {
            let heard = self.hear_any();
            if !matches!(heard, Heard::Ping(_)) {
                return heard;
            }
        }
    }

    /// The next frame, whatever it is.
    pub fn hear_any(&mut self) -> Heard {
        heard(&self.wire.receive())
    }

    /// Says that it wants to be in a room.
    pub fn say_join(&mut self, request: u32, room: &str, wish: Wish) -> &mut Self {
        let join = Join {
            request: Request(request),
            presence: wish.presence,
            own: wish.own,
            publish_only: wish.publish_only,
            room: RoomName::new(room.as_bytes()).unwrap(),
            since: wish.since.map(|(epoch, after)| Since { epoch: Epoch(epoch), after: Position(after) }),
        };
        self.say(&ClientFrame::Join(join))
    }

    /// Joins, and hears nothing between the wish and JOINED.
    pub fn join(&mut self, room: &str, wish: Wish) -> Place {
        let request = self.request();
        self.say_join(request, room, wish);
        self.joined(request)
    }

    /// The next frame, which has to be JOINED with this request.
    pub fn joined(&mut self, request: u32) -> Place {
        match self.hear() {
            Heard::Joined { request: answered, place } if answered == request => place,
            other => panic!("not JOINED {request}: {other:?}"),
        }
    }

    /// Leaves; there is nothing of the room left to hear.
    pub fn leave(&mut self, room: u32) {
        let request = self.request();
        self.say_leave(request, room);
        assert_eq!(self.hear(), Heard::Left { request, room });
    }

    pub fn say_leave(&mut self, request: u32, room: u32) -> &mut Self {
        self.say(&ClientFrame::Leave(Leave { request: Request(request), room: RoomNumber(room) }))
    }

    /// Publishes bytes. A request of 0 wants no receipt.
    pub fn publish(&mut self, request: u32, room: u32, payload: &[u8]) -> &mut Self {
        self.say(&publication(request, room, payload))
    }

    /// Publishes, and hears nothing before the receipt: the position.
    pub fn publish_and_hear(&mut self, room: u32, payload: &[u8]) -> u64 {
        let request = self.request();
        self.publish(request, room, payload);
        match self.hear() {
            Heard::Receipt { request: answered, position, .. } if answered == request => position,
            other => panic!("not RECEIPT {request}: {other:?}"),
        }
    }

    /// Sends bytes to one session.
    pub fn send(&mut self, request: u32, session: u64, payload: &[u8]) -> &mut Self {
        let (session, request) = (SessionId(session), Request(request));
        self.say(&ClientFrame::Send(SendTo { session, request, payload: Payload::Bytes(payload) }))
    }

    /// The position and payload of the next frame, which has to be a MESSAGE.
    pub fn message(&mut self) -> (u64, Vec<u8>) {
        match self.hear() {
            Heard::Message { position, payload, .. } => (position, payload),
            other => panic!("not MESSAGE: {other:?}"),
        }
    }

    /// Asserts that the next frames are messages of exactly these positions.
    pub fn expect_messages(&mut self, positions: std::ops::RangeInclusive<u64>) {
        for position in positions {
            assert_eq!(self.message().0, position);
        }
    }

    /// Asserts that the next frame is an ERROR of this request with which the session goes on.
    pub fn expect_error(&mut self, request: u32, code: ErrorCode) -> String {
        match self.hear() {
            Heard::Error { request: of, code: with, ends: false, text, .. }
                if (of, with) == (request, code) =>
            {
                text
            }
            other => panic!("not ERROR {code} of {request}: {other:?}"),
        }
    }

    /// Asserts that the session ends with this ERROR and then FIN; says what it had to hear before, and the text.
    pub fn expect_end(&mut self, code: ErrorCode) -> (Vec<Heard>, String) {
        let (payloads, ending) = self.wire.rest();
        assert_eq!(ending, Ending::Closed, "after {payloads:?}");
        let mut all: Vec<_> = payloads.iter().map(|payload| heard(payload)).collect();
        all.retain(|heard| !matches!(heard, Heard::Ping(_)));
        match all.pop() {
            Some(Heard::Error { request: 0, code: with, ends: true, text, temporary })
                if with == code && temporary == code.temporary() =>
            {
                (all, text)
            }
            other => panic!("it does not end with ERROR {code}, but {other:?} after {all:?}"),
        }
    }

    /// Asserts that the session lives and that nothing waits for it: a PONG is the next that comes.
    pub fn expect_life(&mut self) {
        self.say(&ClientFrame::Ping(oread::protocol::Ping { opaque: *b"alive???" }));
        assert_eq!(self.hear(), Heard::Pong(*b"alive???"));
    }
}

/// A PUBLISH of bytes.
pub fn publication(request: u32, room: u32, payload: &[u8]) -> ClientFrame<'_> {
    let (room, request) = (RoomNumber(room), Request(request));
    ClientFrame::Publish(Publish { room, request, payload: Payload::Bytes(payload) })
}
