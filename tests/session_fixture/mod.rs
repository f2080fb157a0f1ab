//! A session without a socket: the real future, on the runtime of the test, over a wire that gives and takes as a plan says.

#![allow(dead_code, unreachable_pub, reason = "each test that includes this uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use oread::admission::{Admission, ListenerGate, ProcessGate};
use oread::line_budget::LineBudget;
use oread::peer::Peer;
use oread::reason::{CloseReason, DropReason};
use oread::session::context::{Budget, Commons, Context};
use oread::session::machine::Rules;
use oread::settings::{Address, ListenerSettings};
use oread::stats::{Gauge, ListenerStats};
use oread::worker::Workers;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What all sessions of a listener share, and who counts them.
pub struct World {
    pub workers: Workers,
    pub context: Arc<Context>,
    pub gate: Arc<ProcessGate>,
    listener: Arc<ListenerGate>,
}

impl World {
    /// A listener with these settings, on the runtime of the caller.
    pub fn new(settings: &ListenerSettings) -> Self {
        let workers = Workers::here();
        let endings = LineBudget::new(0, Duration::from_secs(1), Instant::now());
        let context = Arc::new(Context {
            listener: settings.name.as_str().into(),
            rules: Rules::new(settings),
            worker: workers.all()[0].clone(),
            stats: Arc::default(),
            process: Arc::new(Commons::new(Arc::new(Budget::new(1 << 30)), 1 << 30, endings)),
        });
        let gate = ProcessGate::new(100);
        Self { workers, context, listener: ListenerGate::new(gate.clone(), 100, 0), gate }
    }

    /// The places of its listener.
    pub fn places(&self) -> Arc<ListenerGate> {
        self.listener.clone()
    }

    pub fn admit(&self) -> Admission {
        self.listener.admit(Peer::Local).unwrap()
    }

    pub fn stats(&self) -> &ListenerStats {
        &self.context.stats
    }

    /// The reasons of all sessions that ended.
    pub fn ends(&self) -> Vec<CloseReason> {
        let count = |reason: &CloseReason| self.stats().closed[*reason as usize].now();
        CloseReason::ALL.iter().flat_map(|reason| vec![*reason; count(reason).try_into().unwrap()]).collect()
    }

    pub fn dropped(&self) -> u64 {
        DropReason::ALL.iter().map(|reason| self.stats().dropped[*reason as usize].now()).sum()
    }

    /// Every frame that came was sent or counted, and nothing is left behind by sessions that are over.
    pub fn assert_settled(&self) {
        let stats = self.stats();
        assert_eq!(
            stats.received.frames.now(),
            stats.sent.frames.now() + self.dropped(),
            "frames accounted for"
        );
        assert_eq!(stats.states.iter().map(Gauge::now).collect::<Vec<_>>(), [0; 4]);
        let gauges = [&stats.outbox_bytes, &stats.outbox_frames, &stats.partial_bytes];
        assert_eq!(gauges.map(Gauge::now), [0; 3]);
        let budgets = [&*self.context.process.queued, &self.context.process.partial];
        assert_eq!(budgets.map(Budget::used), [0; 2]);
        assert_eq!((self.gate.active(), self.context.worker.load()), (0, 0));
    }
}

/// An echo listener with these settings changed.
pub fn listener(change: impl FnOnce(&mut ListenerSettings)) -> ListenerSettings {
    let mut settings = ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()));
    change(&mut settings);
    settings
}

/// Runs `test` on a runtime whose time moves only when nothing else does.
pub fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

/// The peer's end of the wire, for the test to hold; the session has the other.
#[derive(Debug, Clone, Default)]
pub struct Wire(Arc<Mutex<Ends>>);

/// What is on the wire.
#[derive(Debug, Default)]
pub struct Ends {
    /// Bytes that the peer has sent and the session has not read.
    pub incoming: VecDeque<u8>,
    /// Whether the peer sends the same again, whatever was read, so that there is always more. What comes back is then not kept.
    pub endless: bool,
    /// Whether the peer has closed its side behind them.
    pub eof: bool,
    /// What the session has written.
    pub written: Vec<u8>,
    /// Whether it has closed its side.
    pub shut: bool,
    /// Bytes that it may still write before the peer stops taking any; `None` is no end.
    pub window: Option<usize>,
    /// Bytes after which a write is reset.
    pub reset_after: Option<usize>,
    /// How many bytes each next call moves, in turns; 0 is a call that has to be made again. Empty: all there are.
    pub plan: Vec<u8>,
    calls: usize,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Wire {
    pub fn ends(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap()
    }

    /// The peer changes something, and the session is told.
    pub fn change(&self, change: impl FnOnce(&mut Ends)) {
        let mut ends = self.ends();
        change(&mut ends);
        for waker in [ends.reader.take(), ends.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}

impl Ends {
    /// How many of `most` bytes this call moves; `None` is none yet.
    fn step(&mut self, most: usize, cx: &TaskContext<'_>) -> Option<usize> {
        let Some(planned) = self.plan.get(self.calls % self.plan.len().max(1)) else { return Some(most) };
        self.calls += 1;
        if *planned == 0 {
            cx.waker().wake_by_ref();
            return None;
        }
        Some(most.min(usize::from(*planned)))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut ends = self.ends();
        if ends.incoming.is_empty() && !ends.eof {
            ends.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let most = ends.incoming.len().min(into.remaining());
        let Some(read) = ends.step(most, cx) else { return Poll::Pending };
        into.put_slice(&ends.incoming.make_contiguous()[..read]);
        if !ends.endless {
            ends.incoming.drain(..read);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut ends = self.ends();
        assert!(!ends.shut, "writes behind its own end");
        if ends.reset_after.is_some_and(|most| ends.written.len() >= most) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let most = bytes.len().min(ends.window.unwrap_or(usize::MAX));
        if most == 0 && !bytes.is_empty() {
            ends.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let Some(taken) = ends.step(most, cx) else { return Poll::Pending };
        if !ends.endless {
            ends.written.extend_from_slice(&bytes[..taken]);
        }
        if let Some(window) = &mut ends.window {
            *window -= taken;
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.poll_write(cx, &bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        self.ends().shut = true;
        Poll::Ready(Ok(()))
    }
}
