//! Who is at the other end: the noun that limits, logs and services share.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The other end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peer {
    /// Over IP.
    Ip(SocketAddr),
    /// A process on this host, over a Unix socket.
    Local,
}

impl Peer {
    /// Its IP address, by which `limits.sessions_per_ip` counts. An IPv4 address that came over IPv6 is the IPv4 address.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(address.ip().to_canonical()),
            Self::Local => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Local => f.write_str("local"),
        }
    }
}

/// The number of a session: unique while the process lives, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
