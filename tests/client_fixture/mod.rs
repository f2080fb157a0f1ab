//! A relay's end of client connections, scripted by the test over pipes in memory, on virtual time. Not a test.
//!
//! Each connection that the client makes comes out of [`Relay::accept`]; the test says what the server says on it, with the
//! library's own encoder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test uses its part"
)]

use std::time::Duration;

use oread::client::{Client, Connect, Error, Event, Events, JoinOptions, Options, Retry};
use oread::peer::SessionId;
use oread::protocol::{
    ClientFrame, Epoch, ErrorCode, ErrorFrame, Form, Gap, GapReason, GoingAway, Joined, Left, Listed,
    Message, Missed, Payload, Position, Receipt, Request, RoomNumber, ServerFrame, Since, Welcome,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long anything may take, in virtual time: longer than every wait of a client under test.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// The room of most tests.
pub const LOBBY: &str = "lobby";
/// Its number and epoch, unless the test says otherwise.
pub const ROOM: RoomNumber = RoomNumber(7);
pub const EPOCH: Epoch = Epoch(99);
/// The longest payload of this relay.
pub const MAX_PAYLOAD: u32 = 8192;

/// The server's side of all connections of one client.
pub struct Relay {
    accepted: mpsc::Receiver<DuplexStream>,
}

/// The server's end of one connection.
pub struct Peer(pub DuplexStream);

/// A relay and the way to it, over pipes that hold this many bytes.
pub fn relay(pipe: usize) -> (Relay, impl Connect<Stream = DuplexStream>) {
    let (connections, accepted) = mpsc::channel(16);
    let connect = move || {
        let connections = connections.clone();
        async move {
            let (near, far) = duplex(pipe);
            connections.try_send(far).map_err(|_| std::io::ErrorKind::ConnectionRefused)?;
            Ok::<_, std::io::Error>(near)
        }
    };
    (Relay { accepted }, connect)
}

/// Options with waits that a test can reckon with.
pub fn options() -> Options {
    let retry = Retry {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(1),
        give_up_after: None,
        seed: 1,
    };
    Options { name: "ada".into(), retry, ..Options::default() }
}

/// A client that is welcomed as session 1 with ticket `one`.
pub async fn connected(options: Options) -> (Relay, Peer, Client, Events) {
    let (mut relay, connect) = relay(1 << 16);
    let welcome = async {
        let mut peer = relay.accept().await;
        peer.hello().await;
        peer.welcome(1, b"one").await;
        peer
    };
    let (peer, client) = tokio::join!(welcome, Client::connect(connect, options));
    let (client, mut events) = client.unwrap();
    assert!(matches!(next(&mut events).await, Event::Connected(welcome) if welcome.session == SessionId(1)));
    (relay, peer, client, events)
}

/// The same in the lobby, at this position.
pub async fn joined(options: Options, join: JoinOptions, at: u64) -> (Relay, Peer, Client, Events) {
    let (relay, mut peer, client, mut events) = connected(options).await;
    let (member, ()) = tokio::join!(client.join(LOBBY, join), async {
        let (request, room, _) = peer.join().await;
        assert_eq!(room, LOBBY);
        peer.joined(request, EPOCH, at).await;
    });
    assert_eq!(member.unwrap().position, Position(at));
    assert!(matches!(next(&mut events).await, Event::Joined(_)));
    (relay, peer, client, events)
}

/// Joins with everything counted.
pub fn own() -> JoinOptions {
    JoinOptions { own: true, ..JoinOptions::default() }
}

/// The next event.
pub async fn next(events: &mut Events) -> Event {
    timeout(PATIENCE, events.next()).await.expect("an event").expect("the client lives")
}

/// The position of the next event, which has to be a message.
pub async fn message(events: &mut Events) -> u64 {
    match next(events).await {
        Event::Message(message) => message.position.0,
        other => panic!("not a message: {other:?}"),
    }
}

/// The wait of the next event, which has to be a loss that is not the last.
pub async fn disconnected(events: &mut Events) -> Duration {
    match next(events).await {
        Event::Disconnected { back_in: Some(wait), .. } => wait,
        other => panic!("not a loss to come back from: {other:?}"),
    }
}

impl Relay {
    /// Drops each connection that the client makes, until there is an event. Says which, and how many attempts there were.
    pub async fn refuse_until_told(&mut self, events: &mut Events) -> (Event, u32) {
        let mut attempts = 0;
        loop {
            tokio::select! {
                biased;
                event = next(events) => return (event, attempts),
                peer = self.accept() => {
                    drop(peer);
                    attempts += 1;
                }
            }
        }
    }

    /// The next connection that the client makes.
    pub async fn accept(&mut self) -> Peer {
        let stream = timeout(PATIENCE, self.accepted.recv()).await.expect("a connection");
        Peer(stream.expect("the client lives"))
    }

    /// Asserts that the client makes no other connection, however long one waits.
    pub async fn expect_none(&mut self) {
        match timeout(PATIENCE, self.accepted.recv()).await {
            Err(_) | Ok(None) => {}
            Ok(Some(_)) => panic!("it came back"),
        }
    }
}

impl Peer {
    /// The next frame of the client, type and body; none at the end of the stream.
    pub async fn frame(&mut self) -> Option<Vec<u8>> {
        timeout(PATIENCE, async {
            let length = self.0.read_u32().await.ok()?;
            let mut frame = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut frame).await.ok()?;
            Some(frame)
        })
        .await
        .expect("a frame or an end")
    }

    /// HELLO: its ticket.
    pub async fn hello(&mut self) -> Vec<u8> {
        let frame = self.frame().await.expect("HELLO");
        match ClientFrame::decode(&frame).unwrap() {
            ClientFrame::Hello(hello) => hello.ticket.to_vec(),
            other => panic!("not HELLO: {other:?}"),
        }
    }

    /// JOIN: its request, room, and from where.
    pub async fn join(&mut self) -> (Request, String, Option<Since>) {
        let frame = self.frame().await.expect("JOIN");
        match ClientFrame::decode(&frame).unwrap() {
            ClientFrame::Join(join) => (join.request, join.room.as_str().to_owned(), join.since),
            other => panic!("not JOIN: {other:?}"),
        }
    }

    /// PUBLISH or SEND: its request and payload.
    pub async fn said(&mut self) -> (Request, Vec<u8>) {
        let frame = self.frame().await.expect("PUBLISH or SEND");
        match ClientFrame::decode(&frame).unwrap() {
            ClientFrame::Publish(publish) => (publish.request, publish.payload.bytes().to_vec()),
            ClientFrame::Send(send) => (send.request, send.payload.bytes().to_vec()),
            other => panic!("not PUBLISH: {other:?}"),
        }
    }

    /// Says a frame.
    pub async fn say(&mut self, frame: &ServerFrame<'_>) {
        self.0.write_all(&bytes(frame)).await.unwrap();
    }

    pub async fn welcome(&mut self, session: u64, ticket: &[u8]) {
        let welcome = Welcome {
            version: 1,
            flags: 0,
            session: SessionId(session),
            max_payload: MAX_PAYLOAD,
            keepalive_ms: 30_000,
            ticket,
            node: "n1",
        };
        self.say(&ServerFrame::Welcome(welcome)).await;
    }

    pub async fn joined(&mut self, request: Request, epoch: Epoch, position: u64) {
        let position = Position(position);
        self.say(&ServerFrame::Joined(Joined { request, room: ROOM, epoch, position, members: 2 })).await;
    }

    pub async fn message(&mut self, position: u64) {
        self.say(&says(position, "hé!")).await;
    }

    pub async fn messages(&mut self, positions: std::ops::RangeInclusive<u64>) {
        for position in positions {
            self.message(position).await;
        }
    }

    pub async fn gap(&mut self, first: u64, last: u64, reason: GapReason) {
        let missed = Missed::new(Position(first), Position(last));
        self.say(&ServerFrame::Gap(Gap { room: ROOM, missed, reason: Listed::Known(reason) })).await;
    }

    pub async fn receipt(&mut self, request: Request, position: u64) {
        let position = Position(position);
        self.say(&ServerFrame::Receipt(Receipt { request, position, members: 1 })).await;
    }

    pub async fn error(&mut self, request: Request, code: ErrorCode) {
        self.say(&ServerFrame::Error(ErrorFrame::new(request, code, "because"))).await;
    }

    pub async fn going_away(&mut self, come_back_after_ms: u32, keep_trying_for_ms: u32) {
        self.say(&ServerFrame::GoingAway(GoingAway { come_back_after_ms, keep_trying_for_ms })).await;
    }
}

/// A frame on a stream.
pub fn bytes(frame: &ServerFrame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    frame.encode(Form::Stream, &mut out).unwrap();
    out
}

/// MESSAGE in the lobby, from session 2.
pub fn says(position: u64, text: &str) -> ServerFrame<'_> {
    let (position, payload) = (Position(position), Payload::Text(text));
    ServerFrame::Message(Message { room: ROOM, position, from: SessionId(2), payload })
}
