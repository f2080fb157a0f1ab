//! Every socket option in one table: what it is called, why it exists, where it applies, how it is set and read back.
//!
//! The table is the only list of options: binding, accepting, `/status` and the document are driven by it. Adding an
//! option is adding a row. What only one platform has comes from [`super::platform`], as `None` elsewhere.

use std::fmt;
use std::io;
use std::sync::Arc;

use socket2::{SockRef, Socket};

use super::platform;
use super::reading::{Effective, OptionReading, Value};
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
    requested: fn(&SocketSettings) -> Option<Value>,
    calls: Option<Calls>,
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

static TABLE: &[OptionRow] = &[
    OptionRow {
        name: "reuse_address",
        why: "a restart binds while connections of the last run are in TIME_WAIT; not a key, and never on Windows, \
              where it lets another process take the port",
        transports: Transports::Tcp,
        platforms: "all but Windows",
        scope: Scope::Address,
        requested: |_| cfg!(unix).then_some(Value::Flag(true)),
        calls: platform::REUSE_ADDRESS,
    },
    OptionRow {
        name: "reuse_port",
        why: "an accept socket for each worker: the kernel spreads connections, no lock is shared",
        transports: Transports::Tcp,
        platforms: "Linux",
        scope: Scope::Address,
        requested: |s| s.reuse_port.then_some(Value::Flag(true)),
        calls: platform::REUSE_PORT,
    },
    OptionRow {
        name: "only_v6",
        why: "whether tcp://[::] leaves IPv4 alone; always set, since hosts differ in their default",
        transports: Transports::AllIpv6,
        platforms: "all",
        scope: Scope::Address,
        requested: |s| Some(Value::Flag(s.only_v6)),
        calls: Some(Calls {
            set: |socket, ask| socket.set_only_v6(ask.options.only_v6),
            read: |socket, _| socket.only_v6().map(|on| Some(Value::Flag(on))),
        }),
    },
    OptionRow {
        name: "bind_device",
        why: "serves one network interface only",
        transports: Transports::Tcp,
        platforms: "Linux",
        scope: Scope::Address,
        requested: |s| s.bind_device.clone().map(Value::Word),
        calls: platform::BIND_DEVICE,
    },
    OptionRow {
        name: "nodelay",
        why: "small answers leave at once instead of waiting for an acknowledgement (Nagle)",
        transports: Transports::Tcp,
        platforms: "all",
        scope: Scope::Connection,
        requested: |s| Some(Value::Flag(s.nodelay)),
        calls: Some(Calls {
            set: |socket, ask| socket.set_tcp_nodelay(ask.options.nodelay),
            read: |socket, _| socket.tcp_nodelay().map(|on| Some(Value::Flag(on))),
        }),
    },
    OptionRow {
        name: "keepalive",
        why: "probes silent peers, so that one that vanished is found",
        transports: Transports::Tcp,
        platforms: "all",
        scope: Scope::Connection,
        requested: |s| Some(s.keepalive.map_or(Value::Off, Value::Probes)),
        calls: Some(platform::KEEPALIVE),
    },
    OptionRow {
        name: "notsent_lowat",
        why: "bounds what the kernel holds unsent for a slow reader, and so what its socket hides from our limits",
        transports: Transports::Tcp,
        platforms: "Linux",
        scope: Scope::Connection,
        requested: |s| s.notsent_lowat.map(Value::number),
        calls: platform::NOTSENT_LOWAT,
    },
    OptionRow {
        name: "recv_buffer",
        why: "fixes the receive buffer; unset, the kernel tunes it to each connection",
        transports: Transports::Tcp,
        platforms: "all",
        scope: Scope::Connection,
        requested: |s| s.recv_buffer.map(Value::number),
        calls: Some(platform::RECV_BUFFER),
    },
    OptionRow {
        name: "send_buffer",
        why: "fixes the send buffer; unset, the kernel tunes it to each connection",
        transports: Transports::All,
        platforms: "all",
        scope: Scope::Connection,
        requested: |s| s.send_buffer.map(Value::number),
        calls: Some(platform::SEND_BUFFER),
    },
    OptionRow {
        name: "user_timeout",
        why: "ends a connection whose sent data stays unacknowledged this long, also while a write is blocked; it ends \
              live peers with a closed window too",
        transports: Transports::Tcp,
        platforms: "Linux",
        scope: Scope::Connection,
        requested: |s| s.user_timeout.map(Value::Time),
        calls: platform::USER_TIMEOUT,
    },
    OptionRow {
        name: "linger",
        why: "what close does with unsent data: zero resets; more blocks the worker that closes, for up to that long",
        transports: Transports::Tcp,
        platforms: "all",
        scope: Scope::Connection,
        requested: |s| s.linger.map(Value::Time),
        calls: Some(platform::LINGER),
    },
    OptionRow {
        name: "dscp",
        why: "marks packets for the network's queues (RFC 2474)",
        transports: Transports::Tcp,
        platforms: "all but Windows",
        scope: Scope::Connection,
        requested: |s| s.dscp.map(Value::number),
        calls: platform::DSCP,
    },
    OptionRow {
        name: "congestion",
        why: "the congestion control algorithm",
        transports: Transports::Tcp,
        platforms: "Linux",
        scope: Scope::Connection,
        requested: |s| s.congestion.clone().map(Value::Word),
        calls: platform::CONGESTION,
    },
    OptionRow {
        name: "backlog",
        why: "connections that the kernel holds until they are accepted: a burst of reconnects must fit",
        transports: Transports::All,
        platforms: "all",
        scope: Scope::Listening,
        requested: |s| Some(Value::number(s.backlog)),
        calls: Some(Calls {
            set: |socket, ask| socket.listen(i32::try_from(ask.options.backlog).unwrap_or(i32::MAX)),
            read: |_, ask| Ok(platform::read_backlog(ask.options.backlog)),
        }),
    },
    OptionRow {
        name: "fast_open",
        why: "takes data that comes in a returning client's SYN (RFC 7413); the number is how many may be unfinished",
        transports: Transports::Tcp,
        platforms: "Linux",
        scope: Scope::Listening,
        requested: |s| s.fast_open.map(Value::number),
        calls: platform::FAST_OPEN,
    },
];

/// The whole table, in the order in which options are set.
pub fn options() -> &'static [OptionRow] {
    TABLE
}

/// Options that these settings ask for and this platform lacks, for a transport that would know them.
pub fn unsupported(bind: &Address, settings: &SocketSettings) -> Vec<&'static OptionRow> {
    rows(Family::of(bind)).filter(|row| row.calls.is_none() && (row.requested)(settings).is_some()).collect()
}

/// The rows that a socket of this family knows.
fn rows(family: Family) -> impl Iterator<Item = &'static OptionRow> {
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

    fn set(&'static self, socket: &Socket, ask: Ask<'_>) -> Result<(), Refused> {
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

    fn reading(&self, socket: &Socket, ask: Ask<'_>) -> Option<OptionReading> {
        let effective = Effective::from((self.calls?.read)(socket, ask));
        Some(OptionReading::new(self.name, (self.requested)(ask.options).as_ref(), &effective))
    }
}

impl Transports {
    fn know(self, family: Family) -> bool {
        match self {
            Self::All => true,
            Self::Tcp => family != Family::Unix,
            Self::AllIpv6 => family == Family::AllV6,
        }
    }
}

impl fmt::Display for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "TCP, Unix",
            Self::Tcp => "TCP",
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
    rows(ask.family).filter(|row| row.scope != Scope::Listening).try_for_each(|row| row.set(socket, ask))
}

/// Sets what follows on being bound: `listen` itself among it.
pub(super) fn set_after_bind(socket: &Socket, ask: Ask<'_>) -> Result<(), Refused> {
    rows(ask.family).filter(|row| row.scope == Scope::Listening).try_for_each(|row| row.set(socket, ask))
}

/// Reads every option back from a listening socket.
pub(super) fn readings(socket: &Socket, ask: Ask<'_>) -> Vec<OptionReading> {
    rows(ask.family).filter_map(|row| row.reading(socket, ask)).collect()
}

/// What each accepted socket of a listener still needs: the options that it does not take over from the listening one.
#[derive(Debug, Clone)]
pub struct AcceptOptions {
    rows: Arc<[&'static OptionRow]>,
    settings: Arc<SocketSettings>,
    family: Family,
}

impl AcceptOptions {
    /// What sockets accepted by this listener need.
    pub fn new(listener: &ListenerSettings) -> Self {
        let family = Family::of(&listener.bind);
        let wanted = |row: &&OptionRow| {
            row.scope == Scope::Connection
                && row.calls.is_some()
                && (row.requested)(&listener.socket).is_some()
        };
        let rows: Vec<_> = rows(family).filter(wanted).filter(|row| !row.inherited(&listener.bind)).collect();
        Self { rows: rows.into(), settings: Arc::new(listener.socket.clone()), family }
    }

    /// How many options are set on each accepted socket; 0 where the kernel hands them all on.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether an accept costs no call.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sets them on an accepted socket: a standard one or Tokio's.
    ///
    /// An error names the option. The usual cause is a peer that is gone already, which its first read will say too:
    /// worth a debug line, no more.
    pub fn apply<'s, S>(&self, socket: &'s S) -> io::Result<()>
    where
        SockRef<'s>: From<&'s S>,
    {
        if self.rows.is_empty() {
            return Ok(());
        }
        let socket = SockRef::from(socket);
        self.rows.iter().try_for_each(|row| row.set(&socket, self.ask())).map_err(io::Error::from)
    }

    /// Reads every connection option back from an accepted socket.
    pub fn readings<'s, S>(&self, socket: &'s S) -> Vec<OptionReading>
    where
        SockRef<'s>: From<&'s S>,
    {
        let socket = SockRef::from(socket);
        rows(self.family)
            .filter(|row| row.scope == Scope::Connection)
            .filter_map(|row| row.reading(&socket, self.ask()))
            .collect()
    }

    fn ask(&self) -> Ask<'_> {
        Ask { options: &self.settings, family: self.family }
    }
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        let Refused { row, value, error } = refused;
        let error = error.unwrap_or_else(|| io::ErrorKind::Unsupported.into());
        Self::new(error.kind(), format!("socket.{} = {value}: {error}", row.name))
    }
}
