//! Where a tool connects to, as a person writes it, and the connected stream. Not the daemon's listener addresses: a host name is
//! allowed here, and a port of 0 is not.

use std::fmt;
use std::io;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

use crate::settings::Address;

/// `HOST:PORT`, `tcp://HOST:PORT`, a `PORT` or `:PORT` of this machine, or `unix://PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Host and port, not yet looked up.
    Tcp(String),
    /// The path of a Unix stream socket.
    Unix(PathBuf),
}

impl Target {
    /// Looks the host up. Blocks on the resolver; the first address wins.
    pub fn resolve(&self) -> io::Result<Address> {
        match self {
            Self::Unix(path) => Ok(Address::Unix(path.clone())),
            Self::Tcp(host) => host
                .to_socket_addrs()?
                .next()
                .map(Address::Tcp)
                .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address")),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix://") {
            return match path {
                "" => Err("unix:// needs a path, such as unix:///run/oread/echo.sock".into()),
                path => Ok(Self::Unix(path.into())),
            };
        }
        let host = match text.split_once("://") {
            Some(("tcp", host)) => host,
            Some((scheme, _)) => {
                return Err(format!("`{scheme}://` is not spoken here: use tcp:// or unix://"));
            }
            None => text,
        };
        let port = host.strip_prefix(':').unwrap_or(host);
        if port.parse::<u16>().is_ok_and(|port| port != 0) {
            return Ok(Self::Tcp(format!("127.0.0.1:{port}")));
        }
        if text.starts_with(['/', '.']) {
            return Err(format!("a path? write unix://{text}"));
        }
        match host.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0) => {
                Ok(Self::Tcp(host.into()))
            }
            _ => Err(format!(
                "`{text}` names no port: write HOST:PORT, such as 127.0.0.1:7000, or unix://PATH"
            )),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host) => write!(f, "tcp://{host}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// One connection of either kind.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Stream {
    /// Connects, with `TCP_NODELAY`: a tool that measures must not wait for Nagle.
    pub(crate) async fn connect(address: &Address) -> io::Result<Self> {
        Self::connect_narrow(address, None).await
    }

    /// The same, with a bound on the bytes that the kernel holds for a reader that does not read. Set before connecting: a window
    /// that shrinks later is opened again only by the other side's probes, seconds after it could be.
    pub(crate) async fn connect_narrow(address: &Address, held: Option<u32>) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => {
                let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
                if let Some(bytes) = held {
                    socket.set_recv_buffer_size(bytes)?;
                }
                let stream = socket.connect(*address).await?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            #[cfg(unix)]
            Address::Unix(path) => Ok(Self::Unix(tokio::net::UnixStream::connect(path).await?)),
            #[cfg(not(unix))]
            Address::Unix(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this platform has no Unix sockets: use tcp://",
            )),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!("7000".parse(), Ok(Target::Tcp("127.0.0.1:7000".into())));
        assert_eq!(":7000".parse(), Ok(Target::Tcp("127.0.0.1:7000".into())));
        assert_eq!("tcp://[::1]:7000".parse(), Ok(Target::Tcp("[::1]:7000".into())));
        assert_eq!("unix:///tmp/e.sock".parse(), Ok(Target::Unix("/tmp/e.sock".into())));
        for wrong in ["", "localhost", "localhost:0", "0", "udp://h:1", "unix://", ":0", "h:70000", "/e.sock"]
        {
            assert!(wrong.parse::<Target>().is_err(), "{wrong:?} must be refused");
        }
    }
}
