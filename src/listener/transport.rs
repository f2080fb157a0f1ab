//! Transports: what is accepted, and how a stream moves from the worker that accepted it to the one on which it will live.

use std::io;

use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::peer::Peer;

/// Where streams come from. One accept wrapper for all transports.
#[derive(Debug)]
pub enum Source {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpListener),
    /// A Unix stream socket.
    #[cfg(unix)]
    Unix(UnixListener),
}

/// A stream that was accepted.
#[derive(Debug)]
pub enum Stream {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpStream),
    /// A Unix stream socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A stream that belongs to no runtime, on its way to another worker.
#[derive(Debug)]
pub enum Parcel {
    /// TCP over IPv4 or IPv6.
    Tcp(std::net::TcpStream),
    /// A Unix stream socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

/// A bound, non-blocking socket that belongs to no runtime yet.
#[derive(Debug)]
pub enum Bound {
    /// TCP over IPv4 or IPv6.
    Tcp(std::net::TcpListener),
    /// A Unix stream socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

impl Bound {
    /// Registers the socket with the runtime of the caller.
    pub fn register(self) -> io::Result<Source> {
        Ok(match self {
            Self::Tcp(listener) => Source::Tcp(TcpListener::from_std(listener)?),
            #[cfg(unix)]
            Self::Unix(listener) => Source::Unix(UnixListener::from_std(listener)?),
        })
    }
}

impl Source {
    /// The next connection.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tcp(stream), Peer::Ip(address))
            }
            #[cfg(unix)]
            Self::Unix(listener) => (Stream::Unix(listener.accept().await?.0), Peer::Local),
        })
    }
}

impl Stream {
    /// Takes the stream off its runtime.
    pub fn pack(self) -> io::Result<Parcel> {
        Ok(match self {
            Self::Tcp(stream) => Parcel::Tcp(stream.into_std()?),
            #[cfg(unix)]
            Self::Unix(stream) => Parcel::Unix(stream.into_std()?),
        })
    }
}

impl Parcel {
    /// Registers the stream with the runtime of the caller.
    pub fn unpack(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(stream) => Stream::Tcp(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Self::Unix(stream) => Stream::Unix(UnixStream::from_std(stream)?),
        })
    }
}
