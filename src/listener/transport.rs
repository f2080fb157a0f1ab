//! Transports: what is accepted, and how a stream moves from the worker that accepted it to the one on which it will live.

use std::io;

use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::peer::Peer;
use crate::socket::{AcceptOptions, Listening};

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

impl Source {
    /// Registers a bound socket with the runtime of the caller.
    pub fn register(socket: Listening) -> io::Result<Self> {
        Ok(match socket {
            Listening::Tcp(listener) => Self::Tcp(TcpListener::from_std(listener)?),
            #[cfg(unix)]
            Listening::Unix(listener) => Self::Unix(UnixListener::from_std(listener)?),
        })
    }

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
    /// Sets the options that the kernel did not hand on from the listening socket.
    pub fn configure(&self, options: &AcceptOptions) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => options.apply(stream),
            #[cfg(unix)]
            Self::Unix(stream) => options.apply(stream),
        }
    }

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
