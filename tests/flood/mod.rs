//! Sessions on the worker that is this thread, some of which flood it, and what of the flood went while a frame was on its way. Not a test.

#![allow(unreachable_pub, reason = "it is a module of each test that uses it")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context as TaskContext, Poll};

use oread::service::Service;
use oread::session::Session;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::session_fixture::World;

/// A stream that takes all that is written, and has always more to read if it speaks.
pub struct Flood {
    pub speaks: bool,
    /// Bytes that it gave and took.
    pub moved: Arc<AtomicU64>,
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

/// A session over `io`.
pub fn seat<S>(world: &World, service: &S, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static)
where
    S: Service,
    S::Talk: Send + 'static,
{
    tokio::spawn(Session::new(io, service, world.context.clone(), world.admit()).unwrap());
}

/// A client of a session over a real socket.
pub async fn client<S>(world: &World, service: &S) -> TcpStream
where
    S: Service,
    S::Talk: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    client.set_nodelay(true).unwrap();
    seat(world, service, listener.accept().await.unwrap().0);
    client
}
