//! One client of a relay that speaks protocol 1: what it says, what it hears, and how it goes.

use std::net::SocketAddr;
use std::time::Duration;

use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Epoch, ErrorCode, Form, GapReason, Hello, Join, Payload, Ping, Position, Publish, Request,
    RoomName, RoomNumber, ServerFrame, SessionName, Since,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

use super::{KERNEL, Ledger, in_time};

/// The room of most tests.
pub const LOBBY: &str = "lobby";

/// How long a client that reads again may wait: the daemon's kernel tries a window that it found closed in intervals that double up to two
/// minutes, and a busy machine makes stalls long.
const PROBE: Duration = Duration::from_secs(150);

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Joined { request: u32, room: u32, epoch: u64, position: u64 },
    Message { room: u32, position: u64, from: u64, payload: Vec<u8> },
    Gap { room: u32, first: u64, last: u64, reason: GapReason },
    Receipt { request: u32, position: u64 },
    Error { request: u32, code: ErrorCode },
    GoingAway,
    Ping([u8; 8]),
    Pong([u8; 8]),
    Other(u8),
}

/// A client.
pub struct Guest {
    pub ears: Ears,
    pub mouth: Mouth,
    /// Its number.
    pub session: u64,
    pub ticket: Vec<u8>,
}

/// Its reading side.
pub struct Ears {
    from: OwnedReadHalf,
    bytes: Vec<u8>,
    at: usize,
}

/// Its writing side.
pub struct Mouth {
    to: OwnedWriteHalf,
    /// The room that it joined last.
    pub room: RoomNumber,
}

/// A connection that its client keeps open and forgets.
pub struct Quiet(#[expect(dead_code, reason = "held open")] TcpStream);

impl Guest {
    /// A new session.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::come_back(address, &[]).await
    }

    /// A session with the ticket of an earlier one.
    pub async fn come_back(address: SocketAddr, ticket: &[u8]) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(KERNEL).unwrap();
        let stream = in_time("a connection", socket.connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (from, to) = stream.into_split();
        let ears = Ears { from, bytes: Vec::new(), at: 0 };
        let mouth = Mouth { to, room: RoomNumber(0) };
        let mut guest = Self { ears, mouth, session: 0, ticket: Vec::new() };
        let name = SessionName::new(b"").unwrap();
        let hello = Hello { lowest: 1, highest: 1, flags: 0, token: &[], ticket, name };
        guest.mouth.say(&ClientFrame::Hello(hello)).await;
        let payload = guest.ears.frame().await.expect("a WELCOME");
        let Ok(ServerFrame::Welcome(welcome)) = ServerFrame::decode(&payload) else {
            panic!("no WELCOME but {payload:02X?}")
        };
        (guest.session, guest.ticket) = (welcome.session.0, welcome.ticket.to_vec());
        guest
    }

    /// Joins the lobby; `own` asks for its own messages too.
    pub async fn join(&mut self, own: bool) -> Ledger {
        let (_, position) = self.enter(LOBBY, own, None).await;
        Ledger::from(position)
    }

    /// Joins a room, and says its epoch and newest position. `since` asks for what came after an epoch's position.
    pub async fn enter(&mut self, room: &str, own: bool, since: Option<(u64, u64)>) -> (u64, u64) {
        self.mouth.ask_for(room, own, since).await;
        let Some(Heard::Joined { room, epoch, position, .. }) = self.ears.hear().await else {
            panic!("no JOINED")
        };
        self.mouth.room = RoomNumber(room);
        (epoch, position)
    }

    /// Both sides as one stream again, and what was read of it and not heard.
    fn into_stream(self) -> TcpStream {
        self.ears.from.reunite(self.mouth.to).unwrap()
    }

    /// Goes with a reset.
    pub fn reset(self) {
        let stream = self.into_stream();
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Goes in order.
    pub fn close(self) {
        drop(self.into_stream());
    }

    /// Is there and does nothing any more.
    pub fn fall_silent(self) -> Quiet {
        Quiet(self.into_stream())
    }
}

impl Mouth {
    /// Says a frame.
    pub async fn say(&mut self, frame: &ClientFrame<'_>) {
        let mut bytes = Vec::new();
        frame.encode(Form::Stream, &mut bytes).unwrap();
        self.send(&bytes).await;
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        in_time("the daemon reads", self.to.write_all(bytes)).await.unwrap();
    }

    /// The same, but whether the daemon took them is all that is asked.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.to.write_all(bytes).await.is_ok()
    }

    /// JOIN, without waiting for the answer.
    pub async fn ask_for(&mut self, room: &str, own: bool, since: Option<(u64, u64)>) {
        let since = since.map(|(epoch, after)| Since { epoch: Epoch(epoch), after: Position(after) });
        let room = RoomName::new(room.as_bytes()).unwrap();
        let join = Join { request: Request(1), presence: false, own, publish_only: false, room, since };
        self.say(&ClientFrame::Join(join)).await;
    }

    /// The bytes of a message for its room. 0 wants no receipt.
    pub fn message(&self, request: u32, payload: &[u8]) -> Vec<u8> {
        let payload = Payload::Bytes(payload);
        let publish = Publish { room: self.room, request: Request(request), payload };
        let mut bytes = Vec::new();
        ClientFrame::Publish(publish).encode(Form::Stream, &mut bytes).unwrap();
        bytes
    }

    /// Publishes, without a receipt.
    pub async fn publish(&mut self, payload: &[u8]) {
        let bytes = self.message(0, payload);
        self.send(&bytes).await;
    }

    /// PING.
    pub async fn ping(&mut self, opaque: u64) {
        self.say(&ClientFrame::Ping(Ping { opaque: opaque.to_be_bytes() })).await;
    }
}

impl Ears {
    /// The next frame; none at the end, which has to lie between two frames.
    pub async fn hear(&mut self) -> Option<Heard> {
        let payload = self.frame().await?;
        Some(heard(&payload))
    }

    /// Notes what comes until the position before `next` is settled.
    pub async fn follow(&mut self, ledger: &mut Ledger, until: u64) {
        while ledger.next <= until {
            let heard = self.hear().await.expect("more of the room");
            ledger.note(&heard);
        }
    }

    /// Hears on until this is so of what came last.
    pub async fn until(&mut self, mut found: impl FnMut(&Heard) -> bool) -> Heard {
        loop {
            let heard = self.hear().await.expect("it to come before the end");
            if found(&heard) {
                return heard;
            }
        }
    }

    /// Waits for the receipt of this request, and says the position.
    pub async fn receipt(&mut self, ledger: &mut Ledger, wanted: u32) -> u64 {
        loop {
            let heard = self.hear().await.expect("a receipt");
            ledger.note(&heard);
            if let Heard::Receipt { request, position } = heard
                && request == wanted
            {
                return position;
            }
        }
    }

    /// The payload of the next frame, type included.
    async fn frame(&mut self) -> Option<Vec<u8>> {
        loop {
            let unread = &self.bytes[self.at..];
            if let Some((header, rest)) = unread.split_first_chunk::<4>() {
                let length = usize::try_from(u32::from_be_bytes(*header)).unwrap();
                if rest.len() >= length {
                    let payload = rest[..length].to_vec();
                    self.at += 4 + length;
                    return Some(payload);
                }
            }
            self.bytes.drain(..self.at);
            self.at = 0;
            let read = tokio::time::timeout(PROBE, self.from.read_buf(&mut self.bytes)).await;
            let read = read.expect("the daemon says something").expect("no reset");
            if read == 0 {
                assert!(self.bytes.is_empty(), "the last frame was torn");
                return None;
            }
        }
    }
}

fn heard(payload: &[u8]) -> Heard {
    match ServerFrame::decode(payload).expect("a frame of the protocol") {
        ServerFrame::Joined(joined) => Heard::Joined {
            request: joined.request.0,
            room: joined.room.0,
            epoch: joined.epoch.0,
            position: joined.position.0,
        },
        ServerFrame::Message(message) => Heard::Message {
            room: message.room.0,
            position: message.position.0,
            from: session(message.from),
            payload: message.payload.bytes().to_vec(),
        },
        ServerFrame::Gap(gap) => Heard::Gap {
            room: gap.room.0,
            first: gap.missed.map_or(0, |missed| missed.first().0),
            last: gap.missed.map_or(0, |missed| missed.last().0),
            reason: gap.reason.known().expect("a reason that is known"),
        },
        ServerFrame::Receipt(receipt) => {
            Heard::Receipt { request: receipt.request.0, position: receipt.position.0 }
        }
        ServerFrame::Error(error) => {
            Heard::Error { request: error.request.0, code: error.code.known().expect("a code that is known") }
        }
        ServerFrame::GoingAway(_) => Heard::GoingAway,
        ServerFrame::Ping(ping) => Heard::Ping(ping.opaque),
        ServerFrame::Pong(pong) => Heard::Pong(pong.opaque),
        other => Heard::Other(other.kind()),
    }
}

fn session(SessionId(number): SessionId) -> u64 {
    number
}
