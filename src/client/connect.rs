//! How a client gets a connection: [`Connect`], and the addresses for which that is built in.

use std::fmt;
use std::future::Future;
use std::io;
#[cfg(unix)]
use std::path::PathBuf;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Makes connections, the first and each one after a loss.
///
/// A closure that returns a future of a stream is one; so a client runs over TLS, in a simulated network, or over a pipe in memory:
/// ```no_run
/// # async fn example() -> Result<(), oread::client::Error> {
/// use oread::client::{Client, Options};
/// let connect = || tokio::net::TcpStream::connect("127.0.0.1:7001");
/// let (client, events) = Client::connect(connect, Options::default()).await?;
/// # Ok(()) }
/// ```
pub trait Connect: Send + 'static {
    /// What it connects with.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Makes one connection. The client sets the deadline.
    fn connect(&mut self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl<F, R, S> Connect for F
where
    F: FnMut() -> R + Send + 'static,
    R: Future<Output = io::Result<S>> + Send,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Stream = S;

    fn connect(&mut self) -> impl Future<Output = io::Result<S>> + Send {
        self()
    }
}

/// The address of a relay, for people and programs: `host:port`, `tcp://host:port`, and on Unix `unix:///path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `host:port`. A name is looked up anew for each connection.
    Tcp(String),
    /// The path of a Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// A stream of either kind.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

impl Connect for Target {
    type Stream = Box<dyn Duplex>;

    async fn connect(&mut self) -> io::Result<Self::Stream> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address.as_str()).await?;
                // Chats are small frames that wait for answers; Nagle's algorithm would hold them back.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Self::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        }
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix://").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        let address = text.strip_prefix("tcp://").unwrap_or(text);
        let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains('/'));
        match port.map(|(_, port)| port.parse::<u16>()) {
            Some(Ok(_)) => Ok(Self::Tcp(address.to_owned())),
            _ => Err(BadTarget(text.to_owned())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// A text that is not the address of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTarget(String);

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unix = if cfg!(unix) { " or unix:///path" } else { "" };
        write!(f, "{:?} is not an address: write host:port, tcp://host:port{unix}", self.0)
    }
}

impl std::error::Error for BadTarget {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_what_is_none_is_refused_with_what_to_write() {
        for text in ["127.0.0.1:7001", "tcp://[::1]:7001", "relay.example:7001"] {
            let address = text.trim_start_matches("tcp://").to_owned();
            assert_eq!(text.parse(), Ok(Target::Tcp(address)));
        }
        #[cfg(unix)]
        assert_eq!("unix:///run/oread".parse(), Ok(Target::Unix("/run/oread".into())));
        for text in ["", "7001", ":7001", "localhost", "localhost:port", "http://localhost:80", "unix://"] {
            let refused = text.parse::<Target>().map_err(|bad| bad.to_string());
            assert!(refused.as_ref().is_err_and(|words| words.contains("write host:port")), "{refused:?}");
        }
    }
}
