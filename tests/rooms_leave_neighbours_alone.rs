//! Promise: a publisher that floods its room starves neither another room nor an echo: between a frame and its arrival there the flood gets a
//! bounded number of bytes, not a share of time. And a session in several rooms is served by them in turns. Counted, not timed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use oread::admission::{ListenerGate, ProcessGate};
use oread::budget::Budget;
use oread::line_budget::LineBudget;
use oread::peer::Peer;
use oread::relay::{House, Houses, Life, Relay};
use oread::service::{Echo, Service};
use oread::session::Session;
use oread::session::context::{Commons, Context};
use oread::session::machine::Rules;
use oread::settings::{RelayProtocol, RelaySettings, RoomSettings};
use oread::stats::ListenerStats;
use oread::worker::Workers;
use rooms_fixture::{Guest, Heard, Speaker, play};
use support::{Daemon, frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A stream that takes all that is written, and has always more to read if it speaks.
struct Flood {
    speaks: bool,
    moved: Arc<AtomicU64>,
}

impl AsyncRead for Flood {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.speaks {
            return Poll::Pending;
        }
        // One frame that fills the read.
        let room = buffer.remaining();
        let length = u32::try_from(room - 4).unwrap().to_be_bytes();
        buffer.initialize_unfilled_to(room)[..4].copy_from_slice(&length);
        buffer.advance(room);
        self.moved.fetch_add(room as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.moved.fetch_add(bytes.len() as u64, Relaxed);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// One worker: this thread.
struct World {
    context: Arc<Context>,
    gate: Arc<ListenerGate>,
    houses: Arc<Houses>,
}

impl World {
    fn new() -> Self {
        let settings = &support::settings().listeners[0];
        let endings = LineBudget::new(0, Duration::from_secs(1), Instant::now());
        let queued = Arc::new(Budget::new(1 << 30));
        let context = Arc::new(Context {
            listener: "echo".into(),
            rules: Rules::new(settings),
            worker: Workers::here().all()[0].clone(),
            stats: Arc::new(ListenerStats::default()),
            process: Arc::new(Commons::new(queued.clone(), 1 << 30, endings)),
        });
        let gate = ListenerGate::new(ProcessGate::new(1_000), 1_000, 0);
        Self { context, gate, houses: Arc::new(Houses::new(Life::of_host(), queued)) }
    }

    /// A relay in plain mode: one room.
    fn room(&self) -> Relay {
        let protocol = RelayProtocol::Plain { room: "lobby".into() };
        let relay = RelaySettings { protocol, ..RelaySettings::default() };
        let listener = &support::settings().listeners[0];
        Relay::new(House::new(listener, &relay, 1 << 20, &self.houses))
    }

    fn seat<S>(&self, service: &S, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static)
    where
        S: Service,
        S::Talk: Send + 'static,
    {
        let admission = self.gate.admit(Peer::Local).unwrap();
        tokio::spawn(Session::new(io, service, self.context.clone(), admission).unwrap());
    }

    /// A client over a real socket.
    async fn client<S>(&self, service: &S) -> TcpStream
    where
        S: Service,
        S::Talk: Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        self.seat(service, listener.accept().await.unwrap().0);
        client
    }
}

/// What a session may move in one turn.
const TURN: u64 = 128 << 10;
/// Sessions of the flood: who speaks and who hears.
const FLOOD: u64 = 40;
const ROUNDS: usize = 100;

/// Bytes of the flood between a frame's leaving at one socket and its coming at another, at the worst.
async fn worst(moved: &AtomicU64, mut from: TcpStream, mut to: Option<TcpStream>) -> u64 {
    let hello = frame(b"hello");
    let mut worst = 0;
    for _ in 0..ROUNDS {
        let before = moved.load(Relaxed);
        from.write_all(&hello).await.unwrap();
        let mut came = [0; 9];
        to.as_mut().unwrap_or(&mut from).read_exact(&mut came).await.unwrap();
        assert_eq!(came[..], hello[..]);
        worst = worst.max(moved.load(Relaxed) - before);
    }
    worst
}

#[tokio::test]
async fn a_flooded_room_has_its_turns_and_no_more() {
    let world = World::new();
    let (flooded, quiet) = (world.room(), world.room());
    let moved = Arc::new(AtomicU64::new(0));
    for number in 0..FLOOD {
        world.seat(&flooded, Flood { speaks: number == 0, moved: moved.clone() });
    }
    let (from, to, echo) =
        (world.client(&quiet).await, world.client(&quiet).await, world.client(&Echo).await);
    let in_room = worst(&moved, from, Some(to)).await;
    let in_echo = worst(&moved, echo, None).await;
    assert!(moved.load(Relaxed) > FLOOD * TURN, "there was no flood");
    // However many they are: a turn's worth of them, and what the last of these adds, between two looks at the sockets. There are four looks: for
    // each of the two ends, and as many for what was under way.
    let most = 4 * 3 * TURN;
    assert!(in_room <= most, "{in_room} bytes of the flood before a quiet room's frame came");
    assert!(in_echo <= most, "{in_echo} bytes of the flood before an echo came");
}

/// A member of so many rooms, the first of which is far ahead of what it reads: the others' messages do not wait for that.
#[track_caller]
fn assert_served_in_turns(all: usize) {
    const LOUD: u32 = 100;
    const SIZE: usize = 40_000;
    let relay = RelaySettings {
        room: RoomSettings { log_bytes: 8 << 20, ..RoomSettings::default() },
        rooms_per_session: 1_000,
        ..RelaySettings::default()
    };
    let daemon = Daemon::start(rooms_fixture::with(relay));
    play(async {
        let address = daemon.address("echo");
        let mut member = Guest::connect(address).await;
        let mut rooms = Vec::new();
        for room in 0..all {
            member.enter(&room.to_string(), false, None).await;
            rooms.push(Speaker::in_room(address, &room.to_string()).await);
        }
        rooms[0].say(LOUD, SIZE).await;
        for quiet in &mut rooms[1..] {
            quiet.say(1, 10).await;
        }
        // It reads only now: what it gets of the loud room before the others' turns is what was under way, and a turn for each.
        let (mut loud, mut quiet) = (0, 0);
        while quiet < all - 1 {
            match member.ears.hear().await.expect("more") {
                Heard::Message { payload, .. } if payload.len() == SIZE => loud += 1,
                Heard::Message { .. } => quiet += 1,
                other => panic!("{other:?}"),
            }
        }
        let before = loud * SIZE;
        assert!(
            before <= (128 << 10) + 4 * (128 << 10),
            "{before} bytes of the loud room came before the others"
        );
        while loud < LOUD as usize {
            loud += usize::from(matches!(member.ears.hear().await, Some(Heard::Message { .. })));
        }
    });
}

#[test]
fn a_session_in_several_rooms_is_served_by_each_in_turns() {
    assert_served_in_turns(4);
}

#[test]
fn so_is_one_in_more_rooms_than_a_word_has_bits() {
    assert_served_in_turns(150);
}
