//! Bytes that were encoded and not yet taken by the connection. What is here when it is lost is lost with it, so it is little.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use crate::protocol::{ClientFrame, Form};

/// Bytes that may wait here; at that nothing more is encoded. Exceeded by one frame at most, and by the JOINs of a client that comes back.
const OUT: usize = 16 << 10;

/// What is being sent.
#[derive(Debug, Default)]
pub(super) struct Sending {
    bytes: Vec<u8>,
    written: usize,
    unflushed: bool,
}

impl Sending {
    /// Whether another frame may be encoded.
    pub(super) fn has_space(&self) -> bool {
        self.bytes.len() - self.written < OUT
    }

    /// Whether everything has gone out.
    pub(super) fn is_done(&self) -> bool {
        self.bytes.is_empty() && !self.unflushed
    }

    /// Where frames are appended.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends a frame without names and payloads, which always fits.
    pub(super) fn say(&mut self, frame: &ClientFrame<'_>) {
        let said = frame.encode(Form::Stream, &mut self.bytes);
        debug_assert_eq!(said, Ok(()));
    }

    /// Writes once: whether something went out.
    pub(super) fn poll<S>(&mut self, cx: &mut Context<'_>, stream: &mut S) -> Poll<io::Result<bool>>
    where
        S: AsyncWrite + Unpin,
    {
        if self.written < self.bytes.len() {
            let wrote = ready!(Pin::new(stream).poll_write(cx, &self.bytes[self.written..]))?;
            if wrote == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += wrote;
            self.unflushed = true;
            if self.written == self.bytes.len() {
                self.bytes.clear();
                self.bytes.shrink_to(2 * OUT);
                self.written = 0;
            } else if self.written >= OUT {
                // Where there is always something left, what is gone must not pile up before it.
                self.bytes.drain(..std::mem::take(&mut self.written));
            }
            return Poll::Ready(Ok(true));
        }
        if self.unflushed {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a little less than what there is, always.
    struct Slow;

    impl AsyncWrite for Slow {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len().div_ceil(2)))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn what_is_gone_does_not_pile_up_before_what_is_left() {
        let mut sending = Sending::default();
        let mut cx = Context::from_waker(std::task::Waker::noop());
        for _ in 0..1000 {
            while sending.has_space() {
                sending.bytes().extend_from_slice(&[7; 1000]);
            }
            assert!(sending.poll(&mut cx, &mut Slow).is_ready());
            assert!(sending.bytes.len() <= 3 * OUT, "{}", sending.bytes.len());
        }
    }
}
