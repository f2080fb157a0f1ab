//! A simulated stream that takes little at a time: writes are cut short where chance has it, so that frames are torn at any byte, and the
//! network behind it holds a bounded number of pieces.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::TcpStream;

use super::chance::Chance;
use super::trace::{Trace, digest};

/// A stream of which each write takes a part.
pub struct Narrow {
    io: TcpStream,
    chance: Chance,
    /// Bytes that a write takes at the most.
    widest: usize,
    /// What its writes are called in the trace, if they are to be there.
    name: String,
    trace: Arc<Trace>,
}

impl Narrow {
    pub fn new(io: TcpStream, chance: Chance, widest: usize, name: String, trace: &Arc<Trace>) -> Self {
        Self { io, chance, widest, name, trace: trace.clone() }
    }
}

impl AsyncRead for Narrow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, into)
    }
}

impl AsyncWrite for Narrow {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let widest = if self.chance.one_in(8) { 16 } else { self.widest };
        let taken = self.chance.size(1, widest).min(bytes.len());
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, &bytes[..taken]));
        if let Ok(written) = written {
            let digest = digest(&bytes[..written]);
            self.trace.note(format_args!("{} writes {written} bytes {digest:016x}", self.name));
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
