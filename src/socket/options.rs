//! What a row of the table is, and what is done with rows: set before and after binding, read back, asked about.

use std::fmt;
use std::io;

use socket2::Socket;

use super::platform;
use super::reading::{Effective, OptionReading, Value};
use super::table::TABLE;
use crate::settings::{Address, ListenerSettings, SocketSettings};

/// One option.
#[derive(Debug)]
pub struct OptionRow {
    /// The key under `[listener.NAME.socket]`.
    pub name: &'static str,
    /// What it is for.
    pub why: &'static str,
    /// The transports that know it. On others it is left out.
    pub transports: Transports,
    /// The platforms that have it, in words.
    pub platforms: &'static str,
    /// Whose property it is.
    pub scope: Scope,
    pub(super) requested: fn(&SocketSettings) -> Option<Value>,
    pub(super) calls: Option<Calls>,
}

/// How an option is set and read on this platform.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calls {
    pub(super) set: fn(&Socket, Ask<'_>) -> io::Result<()>,
    pub(super) read: fn(&Socket, Ask<'_>) -> io::Result<Option<Value>>,
}

/// What a listener asks of one socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) options: &'a SocketSettings,
    pub(super) family: Family,
}

impl<'a> Ask<'a> {
    pub(super) fn of(listener: &'a ListenerSettings) -> Self {
        Self { options: &listener.socket, family: Family::of(&listener.bind) }
    }
}

/// Which transports know an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transports {
    /// TCP and Unix sockets.
    All,
    /// TCP over IPv4 and IPv6.
    Tcp,
    /// Unix sockets.
    Unix,
    /// TCP on `[::]`: on one IPv6 address it has no meaning, and Linux reports it as set there.
    AllIpv6,
}

/// Whose property an option is, and with that when it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The listening socket's alone; set before it is bound.
    Address,
    /// The listening socket's alone; set once it is bound.
    Listening,
    /// The socket file's, which is made with it: see `socket/unix`.
    File,
    /// Each connection's. Set on the listening socket too, before it is bound: Linux hands it on to accepted TCP
    /// sockets, and a receive buffer must stand before the handshake, which announces its scale.
    Connection,
}

/// The address family of a socket: some options are spelled differently for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
    /// IPv6 on `[::]`, with IPv4 beside it unless `only_v6` says otherwise.
    AllV6,
    Unix,
}

impl Family {
    pub(super) fn of(address: &Address) -> Self {
        match address {
            Address::Tcp(address) if address.is_ipv4() => Self::V4,
            Address::Tcp(address) if address.ip().is_unspecified() => Self::AllV6,
            Address::Tcp(_) => Self::V6,
            Address::Unix(_) => Self::Unix,
        }
    }

    #[cfg(unix)]
    pub(super) fn is_ipv6(self) -> bool {
        matches!(self, Self::V6 | Self::AllV6)
    }
}

/// The whole table, in the order in which options are set.
pub fn options() -> &'static [OptionRow] {
    TABLE
}

/// Options that these settings ask for and this platform lacks, for a transport that would know them.
pub fn unsupported(bind: &Address, settings: &SocketSettings) -> Vec<&'static OptionRow> {
    rows(Family::of(bind)).filter(|row| row.calls.is_none() && (row.requested)(settings).is_some()).collect()
}

/// The rows that a socket of this family knows.
pub(super) fn rows(family: Family) -> impl Iterator<Item = &'static OptionRow> {
    TABLE.iter().filter(move |row| row.transports.know(family))
}

impl OptionRow {
    /// Whether this platform has it.
    pub fn supported(&self) -> bool {
        self.calls.is_some()
    }

    /// Whether an accepted socket of this address takes it over from the listening one, so that an accept costs no call.
    pub fn inherited(&self, bind: &Address) -> bool {
        self.scope == Scope::Connection && platform::inherits(Family::of(bind))
    }

    pub(super) fn set(&'static self, socket: &Socket, ask: Ask<'_>) -> Result<(), Refused> {
        match ((self.requested)(ask.options), self.calls) {
            (None, _) => Ok(()),
            (Some(value), Some(calls)) => (calls.set)(socket, ask).map_err(|error| Refused {
                row: self,
                value: value.to_string(),
                error: Some(error),
            }),
            (Some(value), None) => Err(Refused { row: self, value: value.to_string(), error: None }),
        }
    }

    pub(super) fn reading(&self, socket: &Socket, ask: Ask<'_>) -> Option<OptionReading> {
        let effective = Effective::from((self.calls?.read)(socket, ask));
        Some(OptionReading::new(self.name, (self.requested)(ask.options).as_ref(), &effective))
    }
}

impl Transports {
    fn know(self, family: Family) -> bool {
        match self {
            Self::All => true,
            Self::Tcp => family != Family::Unix,
            Self::Unix => family == Family::Unix,
            Self::AllIpv6 => family == Family::AllV6,
        }
    }
}

impl fmt::Display for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "TCP, Unix",
            Self::Tcp => "TCP",
            Self::Unix => "Unix",
            Self::AllIpv6 => "TCP on [::]",
        })
    }
}

/// An option that could not be set; without an error: that this platform lacks.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) row: &'static OptionRow,
    pub(super) value: String,
    pub(super) error: Option<io::Error>,
}

/// Sets what stands before the socket is bound.
pub(super) fn set_before_bind(socket: &Socket, ask: Ask<'_>) -> Result<(), Refused> {
    let before = |row: &&OptionRow| matches!(row.scope, Scope::Address | Scope::Connection);
    rows(ask.family).filter(before).try_for_each(|row| row.set(socket, ask))
}

/// Sets what follows on being bound: `listen` itself among it.
pub(super) fn set_after_bind(socket: &Socket, ask: Ask<'_>) -> Result<(), Refused> {
    rows(ask.family).filter(|row| row.scope == Scope::Listening).try_for_each(|row| row.set(socket, ask))
}

/// Reads every option back from a listening socket.
pub(super) fn readings(socket: &Socket, ask: Ask<'_>) -> Vec<OptionReading> {
    rows(ask.family).filter_map(|row| row.reading(socket, ask)).collect()
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        let Refused { row, value, error } = refused;
        let error = error.unwrap_or_else(|| io::ErrorKind::Unsupported.into());
        Self::new(error.kind(), format!("socket.{} = {value}: {error}", row.name))
    }
}
