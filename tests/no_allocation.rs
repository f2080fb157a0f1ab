//! Promise: a steady echo of frames that fit the lent buffer allocates nothing, whatever their number in a batch.
//!
//! Over a wire in memory, where each turn of the session is this thread's and so is each allocation.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod counting;
mod session_fixture;

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll};

use oread::codec::Codec;
use oread::service::Echo;
use oread::session::Session;
use oread::settings::{CodecSettings, LineSettings};
use session_fixture::{World, in_virtual_time, listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A peer that sends the same batch each time it is asked, once a turn, and takes all that it is sent.
struct Treadmill {
    batch: Vec<u8>,
    read: bool,
    answered: u64,
}

impl AsyncRead for Treadmill {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.read = !self.read;
        if !self.read {
            return Poll::Pending;
        }
        into.put_slice(&self.batch);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Treadmill {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert_eq!(bytes, self.batch, "the run comes back as it stands");
        self.answered += 1;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Allocations of 10,000 turns, each of which echoes `frames` frames of `length` bytes.
fn allocations(settings: CodecSettings, frames: usize, length: usize) -> u64 {
    let mut batch = Vec::new();
    for _ in 0..frames {
        Codec::new(&settings).encode(&vec![b'x'; length], &mut batch).unwrap();
    }
    in_virtual_time(async {
        let world = World::new(&listener(|listener| listener.codec = settings));
        let treadmill = Treadmill { batch, read: false, answered: 0 };
        let session = Session::new(treadmill, &Echo, world.context.clone(), world.admit()).unwrap();
        let mut session = pin!(session);
        let mut turn = |cx: &mut TaskContext<'_>| assert!(session.as_mut().poll(cx).is_pending());
        std::future::poll_fn(|cx| {
            // The first turns borrow the thread's buffer and take a place in the wheel.
            (0..10).for_each(|_| turn(cx));
            let before = counting::allocations();
            (0..10_000).for_each(|_| turn(cx));
            Poll::Ready(counting::allocations() - before)
        })
        .await
    })
}

#[test]
fn a_steady_echo_allocates_nothing() {
    let lines = CodecSettings::Lines(LineSettings::default());
    for (codec, frames, length) in [
        (CodecSettings::default(), 1, 64),
        (CodecSettings::default(), 32, 64),
        (CodecSettings::default(), 1000, 0),
        (CodecSettings::default(), 3, 64 << 10),
        (lines.clone(), 1, 64),
        (lines, 100, 10),
        (CodecSettings::Bytes, 1, 1000),
    ] {
        assert_eq!(allocations(codec.clone(), frames, length), 0, "{codec:?}, {frames} of {length} bytes");
    }
}

#[test]
fn the_count_is_not_blind() {
    let before = counting::allocations();
    drop(std::hint::black_box(vec![1_u8; 9]));
    assert_eq!(counting::allocations(), before + 1);
}
