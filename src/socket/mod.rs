//! From a listener's settings to listening sockets, and from an accepted socket to one with its options in force.
//!
//! Not here: accepting, runtimes, sessions. Nothing here is async; every socket is handed out non-blocking. An option
//! that was asked for is either in force, reported as differing, or an error that names it: never silently ignored.
//!
//! ```text
//! ListenerSettings ── bind ──► Bound ┬─ listeners  non-blocking, listening
//!                                    ├─ local      what was really bound: port 0 is resolved
//!                                    ├─ accepted   what each accepted socket still needs (on Linux TCP: nothing)
//!                                    ├─ readings   every option, requested and effective
//!                                    └─ file       the Unix socket's file; removed when this guard drops
//! ```
//!
//! ```
//! use oread::settings::{Address, ListenerSettings};
//!
//! let any = "127.0.0.1:0".parse().expect("an address");
//! let bound = oread::socket::bind(&ListenerSettings::echo("echo", Address::Tcp(any)), 1)?;
//! println!("listens on {}", bound.local);
//! for reading in bound.readings.iter().filter(|reading| reading.differs) {
//!     println!("{reading}"); // socket.backlog: requested 8192, effective 4096
//! }
//! # Ok::<(), oread::socket::BindError>(())
//! ```

mod accepted;
mod error;
mod options;
mod platform;
mod reading;
mod table;
mod tcp;
#[cfg(unix)]
mod unix;

use crate::settings::{Address, ListenerSettings};

pub use accepted::AcceptOptions;
pub use error::BindError;
pub(crate) use error::holder;
pub use options::{OptionRow, Scope, Transports, options, unsupported};
pub use reading::OptionReading;
#[cfg(unix)]
pub use unix::SocketFile;

/// Whether the kernel holds bytes that the peer's host has not acknowledged, the FIN behind them aside. Closing with such a debt is safe only while
/// the peer sends nothing: what it sends to a closed socket is answered with a reset, which drops the debt.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn in_flight(socket: &impl std::os::fd::AsFd) -> bool {
    platform::in_flight::unacknowledged(socket).is_ok_and(|bytes| bytes > 1)
}

/// Whether the kernel holds bytes that the peer's host has not acknowledged: not known on this platform.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn in_flight<Socket>(_: &Socket) -> bool {
    false
}

/// What [`bind`] made of one listener.
#[derive(Debug)]
pub struct Bound {
    /// Non-blocking and listening. One, or with `reuse_port` one for each accept socket asked for.
    pub listeners: Vec<Listening>,
    /// The address in force; the port is never 0, and the same for all of `listeners`.
    pub local: Address,
    /// Options that each accepted socket still needs; cheap to clone.
    pub accepted: AcceptOptions,
    /// Every option that concerns this listener, in the order of the table.
    pub readings: Vec<OptionReading>,
    /// The socket file of a Unix listener: removed when this drops, if it is still ours.
    #[cfg(unix)]
    pub file: Option<SocketFile>,
}

/// One listening socket, non-blocking: `tokio::net::…::from_std` takes it as it is.
#[derive(Debug)]
pub enum Listening {
    /// IPv4, IPv6 or both.
    Tcp(std::net::TcpListener),
    /// A Unix stream socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// Binds a listener and sets every option that its settings ask for.
///
/// `accept_sockets` is how many sockets share the address when `reuse_port` is on, one for each accept loop; without it,
/// and on Unix sockets, there is one whatever is asked.
pub fn bind(listener: &ListenerSettings, accept_sockets: usize) -> Result<Bound, BindError> {
    match &listener.bind {
        Address::Tcp(address) => tcp::bind(listener, *address, accept_sockets),
        #[cfg(unix)]
        Address::Unix(path) => unix::bind(listener, path),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(BindError::no_unix_sockets(listener)),
    }
}
