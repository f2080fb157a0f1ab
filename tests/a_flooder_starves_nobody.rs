//! A session at full rate does not starve the others: between the moment at which a quiet peer's frame arrives and its answer, the flooder gets
//! a bounded number of bytes, not a share of time. Counted, not timed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use oread::admission::{ListenerGate, ProcessGate};
use oread::line_budget::LineBudget;
use oread::peer::Peer;
use oread::service::Echo;
use oread::session::Session;
use oread::session::context::{Commons, Context};
use oread::session::machine::Rules;
use oread::stats::ListenerStats;
use oread::worker::Workers;
use support::frame;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A stream that always has more to read and always takes what is written.
struct Flood(Arc<AtomicU64>);

impl AsyncRead for Flood {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // One frame that fills the read.
        let room = buffer.remaining();
        let length = u32::try_from(room - 4).unwrap_or(u32::MAX).to_be_bytes();
        buffer.initialize_unfilled_to(room)[..4].copy_from_slice(&length);
        buffer.advance(room);
        self.0.fetch_add(room as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

struct World {
    context: Arc<Context>,
    gate: Arc<ListenerGate>,
}

impl World {
    fn new() -> Self {
        let settings = &support::settings().listeners[0];
        let budget = LineBudget::new(0, Duration::from_secs(1), Instant::now());
        let context = Context {
            listener: "echo".into(),
            rules: Rules::new(settings),
            worker: Workers::here().all()[0].clone(),
            stats: Arc::new(ListenerStats::default()),
            process: Arc::new(Commons::new(Arc::new(oread::budget::Budget::new(1 << 30)), 1 << 30, budget)),
        };
        let gate = ListenerGate::new(ProcessGate::new(1_000), 1_000, 0);
        Self { context: Arc::new(context), gate }
    }

    fn seat(&self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let admission = self.gate.admit(Peer::Local).unwrap();
        tokio::spawn(Session::new(io, &Echo, self.context.clone(), admission).unwrap());
    }
}

/// What a session may move in one turn: a whole read, although fewer bytes would end it.
const TURN: u64 = 256 << 10;
const QUIET: usize = 50;

#[tokio::test]
async fn quiet_sessions_are_answered_within_a_few_of_its_turns() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut quiet = Vec::new();
    for _ in 0..QUIET {
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        world.seat(listener.accept().await.unwrap().0);
        quiet.push(client);
    }
    let flooded = Arc::new(AtomicU64::new(0));
    world.seat(Flood(flooded.clone()));

    let ping = frame(b"ping");
    let mut worst = 0;
    for round in 0..4 * QUIET {
        let client = &mut quiet[round % QUIET];
        let before = flooded.load(Relaxed);
        client.write_all(&ping).await.unwrap();
        let mut answer = [0; 8];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer[..], ping[..]);
        worst = worst.max(flooded.load(Relaxed) - before);
    }
    assert!(flooded.load(Relaxed) > TURN, "there was no flood");
    // One turn until the sockets are looked at, one until the answer is; and as much again for those who came in between.
    assert!(worst <= 6 * TURN, "{worst} bytes of the flood went before one frame was answered");
}
