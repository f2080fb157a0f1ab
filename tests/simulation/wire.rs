//! A raw client's end of a connection: frames in, bytes out, both as far as they go, so that neither side of it waits for the other.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use oread::protocol::{ClientFrame, Form, LENGTH_BYTES};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::narrow::Narrow;

/// Bytes of one read at the most.
const READ: usize = 4 << 10;

/// A connection.
pub struct Wire {
    io: Narrow,
    inbox: Vec<u8>,
    out: Vec<u8>,
    /// Nothing can be written any more; what the server still says is read.
    broken: bool,
}

/// What came of a turn.
pub enum Turn {
    /// A whole frame, without its length.
    Frame(Vec<u8>),
    /// Bytes were read, and they are no whole frame yet.
    Moved,
    /// The time is over.
    Time,
    /// The connection is.
    Closed(io::Result<()>),
}

impl Wire {
    pub fn new(io: Narrow) -> Self {
        Self { io, inbox: Vec::new(), out: Vec::new(), broken: false }
    }

    /// Queues a frame.
    pub fn say(&mut self, frame: &ClientFrame<'_>) {
        frame.encode(Form::Stream, &mut self.out).unwrap();
    }

    /// Queues a frame of bytes.
    pub fn frame(&mut self, payload: &[u8]) {
        self.out.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
        self.out.extend_from_slice(payload);
    }

    /// Bytes that are not written yet.
    pub fn owes(&self) -> usize {
        self.out.len()
    }

    /// Writes, and reads at most `most` bytes if any, until something came of it or it is `until`.
    pub async fn turn(&mut self, most: Option<usize>, until: Instant) -> Turn {
        if most.is_some()
            && let Some(frame) = self.whole_frame()
        {
            return Turn::Frame(frame);
        }
        let mut time = std::pin::pin!(tokio::time::sleep_until(until));
        std::future::poll_fn(|cx| self.poll_turn(cx, most, time.as_mut())).await
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>, most: Option<usize>, time: Pin<&mut Sleep>) -> Poll<Turn> {
        while !self.broken && !self.out.is_empty() {
            match Pin::new(&mut self.io).poll_write(cx, &self.out) {
                Poll::Ready(Ok(written)) => drop(self.out.drain(..written)),
                Poll::Ready(Err(_)) => self.broken = true,
                Poll::Pending => break,
            }
        }
        if let Some(most) = most {
            let mut bytes = [0; READ];
            let mut read = ReadBuf::new(&mut bytes[..most.min(READ)]);
            match Pin::new(&mut self.io).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) if read.filled().is_empty() => return Poll::Ready(Turn::Closed(Ok(()))),
                Poll::Ready(Ok(())) => {
                    self.inbox.extend_from_slice(read.filled());
                    return Poll::Ready(Turn::Moved);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Turn::Closed(Err(error))),
                Poll::Pending => {}
            }
        }
        time.poll(cx).map(|()| Turn::Time)
    }

    fn whole_frame(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.inbox.split_at_checked(LENGTH_BYTES)?;
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let frame = rest.get(..length)?.to_vec();
        self.inbox.drain(..LENGTH_BYTES + length);
        Some(frame)
    }
}
