//! Settings of one listener: address, service, codec, limits, outbox and socket options.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{RelayProtocol, RelaySettings};

/// One listener. Its name is the `listener` label of its metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct ListenerSettings {
    /// The name under `[listener.…]`.
    pub name: String,
    /// Where it listens.
    pub bind: Address,
    /// What answers its sessions.
    pub service: ServiceKind,
    /// How bytes become frames.
    pub codec: CodecSettings,
    /// Caps of its sessions.
    pub limits: ListenerLimits,
    /// The bounded send queue of each session.
    pub outbox: OutboxSettings,
    /// Options of its sockets.
    pub socket: SocketSettings,
}

impl ListenerSettings {
    /// An echo listener with default limits.
    pub fn echo(name: &str, bind: Address) -> Self {
        Self {
            name: name.into(),
            bind,
            service: ServiceKind::Echo,
            codec: CodecSettings::default(),
            limits: ListenerLimits::default(),
            outbox: OutboxSettings::default(),
            socket: SocketSettings::default(),
        }
    }

    /// A relay listener with default limits. A plain one waits for no first frame, since who only listens sends none.
    pub fn relay(name: &str, bind: Address, relay: RelaySettings) -> Self {
        let mut listener = Self::echo(name, bind);
        if matches!(relay.protocol, RelayProtocol::Plain { .. }) {
            listener.limits.handshake = Duration::ZERO;
        }
        Self { service: ServiceKind::Relay(Box::new(relay)), ..listener }
    }
}

/// An address to listen on, as written: `tcp://127.0.0.1:7000`, `tcp://[::]:7000`, `unix:///run/oread/echo.sock`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// TCP over IPv4 or IPv6.
    Tcp(SocketAddr),
    /// A Unix stream socket.
    Unix(PathBuf),
}

impl Address {
    /// The word for the `transport` label: `tcp` or `unix`.
    pub fn transport(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "tcp",
            Self::Unix(_) => "unix",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// What answers the sessions of a listener.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceKind {
    /// Each frame goes back to its sender.
    Echo,
    /// Sessions speak to each other through rooms.
    Relay(Box<RelaySettings>),
    /// A service of the embedding program, by the name under which it was registered.
    Custom(String),
}

impl ServiceKind {
    /// The word for the `service` label.
    pub fn name(&self) -> &str {
        match self {
            Self::Echo => "echo",
            Self::Relay(_) => "relay",
            Self::Custom(name) => name,
        }
    }
}

/// How bytes become frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodecSettings {
    /// `length-delimited`: a length, then that many bytes.
    LengthDelimited(FrameSettings),
    /// `lines`: bytes up to and with a line feed.
    Lines(LineSettings),
    /// `bytes`: no borders; what arrives is what is answered.
    Bytes,
}

impl CodecSettings {
    /// The word in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LengthDelimited(_) => "length-delimited",
            Self::Lines(_) => "lines",
            Self::Bytes => "bytes",
        }
    }
}

impl Default for CodecSettings {
    fn default() -> Self {
        Self::LengthDelimited(FrameSettings::default())
    }
}

/// What `length-delimited` means on a listener (`[listener.NAME.frame]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSettings {
    /// `length_bytes`: width of the length, 1, 2, 3, 4 or 8 bytes.
    pub length_bytes: u8,
    /// `byte_order`: `"big"` (true) or `"little"`.
    pub big_endian: bool,
    /// `length_offset`: bytes of each frame that stand before its length. At most 64.
    pub length_offset: u8,
    /// `length_includes_header`: whether the length counts offset and length bytes too.
    pub length_includes_header: bool,
    /// `max`: longest payload, in bytes, without the header.
    pub max: u64,
}

impl FrameSettings {
    /// Bytes before the payload: offset and length.
    pub fn header_len(&self) -> usize {
        usize::from(self.length_offset) + usize::from(self.length_bytes)
    }
}

impl Default for FrameSettings {
    fn default() -> Self {
        Self {
            length_bytes: 4,
            big_endian: true,
            length_offset: 0,
            length_includes_header: false,
            max: 1 << 20,
        }
    }
}

/// What `lines` means on a listener (`[listener.NAME.frame]` holds `max` here too).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSettings {
    /// `max`: longest line in bytes, without its line feed.
    pub max: u64,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self { max: 1 << 20 }
    }
}

/// Caps of a listener's sessions (`[listener.NAME.limits]`). A zero duration or rate is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerLimits {
    /// Sessions at once.
    pub sessions: u64,
    /// Sessions at once from one IP address; 0 is no cap. Unix sockets have no address and are not capped.
    pub sessions_per_ip: u64,
    /// Everything before the first frame.
    pub handshake: Duration,
    /// From a frame's first byte to its last.
    pub frame: Duration,
    /// Without a byte in either direction.
    pub idle: Duration,
    /// Nothing taken by the peer while something is owed to it.
    pub write_stall: Duration,
    /// From accept to close.
    pub lifetime: Duration,
    /// Bytes a second that a session may send us, kept by pacing reads; 0 is no cap.
    pub read_rate: u64,
    /// `accept_rate`: sessions admitted a second; more wait in the backlog. 0 is no cap.
    pub accept_rate: u64,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            sessions: 10_000,
            sessions_per_ip: 0,
            handshake: Duration::from_secs(10),
            frame: Duration::from_secs(30),
            idle: Duration::from_mins(10),
            write_stall: Duration::from_secs(30),
            lifetime: Duration::ZERO,
            read_rate: 0,
            accept_rate: 0,
        }
    }
}

/// The bounded send queue of each session (`[listener.NAME.outbox]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxSettings {
    /// Whole frames that may wait; with `block`, what one read brings may go beyond.
    pub frames: u64,
    /// Bytes that may wait.
    pub bytes: u64,
    /// How long a frame may wait; zero is for ever.
    pub age: Duration,
    /// What happens at any of the three limits.
    pub when_full: WhenFull,
}

impl Default for OutboxSettings {
    fn default() -> Self {
        Self { frames: 256, bytes: 1 << 20, age: Duration::ZERO, when_full: WhenFull::Block }
    }
}

/// What a full outbox does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// `block`: the session is not read until there is room.
    Block,
    /// `drop-oldest`: the frame that waited longest makes room.
    DropOldest,
    /// `drop-newest`: the frame that found no room is dropped.
    DropNewest,
    /// `disconnect`: the session ends.
    Disconnect,
}

/// Options of a listener's sockets (`[listener.NAME.socket]`). `None` leaves the choice to the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketSettings {
    /// Connections that the kernel holds for us until they are accepted.
    pub backlog: u32,
    /// TCP: `TCP_NODELAY`.
    pub nodelay: bool,
    /// TCP: probes of silent peers; `None` (written `false`) is none.
    pub keepalive: Option<Keepalive>,
    /// Linux: several accept sockets on one address, one for each worker (`SO_REUSEPORT`).
    pub reuse_port: bool,
    /// TCP, Linux: unsent bytes that the kernel holds (`TCP_NOTSENT_LOWAT`).
    pub notsent_lowat: Option<u32>,
    /// `SO_RCVBUF` in bytes.
    pub recv_buffer: Option<u32>,
    /// `SO_SNDBUF` in bytes.
    pub send_buffer: Option<u32>,
    /// Linux: `TCP_USER_TIMEOUT`. It also ends live peers whose window is closed.
    pub user_timeout: Option<Duration>,
    /// Seconds that `close` waits for unsent data (`SO_LINGER`); zero resets.
    pub linger: Option<Duration>,
    /// The six bits of the differentiated services field, 0 to 63 (RFC 2474).
    pub dscp: Option<u8>,
    /// Linux: `TCP_CONGESTION`, such as `"bbr"`.
    pub congestion: Option<String>,
    /// Linux: `TCP_FASTOPEN`, the queue of connections that bring data in their SYN.
    pub fast_open: Option<u32>,
    /// Linux: `SO_BINDTODEVICE`, the name of an interface.
    pub bind_device: Option<String>,
    /// IPv6: whether `tcp://[::]` leaves IPv4 alone; `false` is dual stack.
    pub only_v6: bool,
    /// Unix sockets: permissions of the socket file, such as `0o660`; written as a string in octal.
    pub mode: Option<u32>,
}

impl Default for SocketSettings {
    fn default() -> Self {
        Self {
            backlog: 4096,
            nodelay: true,
            keepalive: Some(Keepalive::default()),
            reuse_port: false,
            notsent_lowat: if cfg!(any(target_os = "linux", target_os = "android")) {
                Some(128 << 10)
            } else {
                None
            },
            recv_buffer: None,
            send_buffer: None,
            user_timeout: None,
            linger: None,
            dscp: None,
            congestion: None,
            fast_open: None,
            bind_device: None,
            only_v6: false,
            mode: None,
        }
    }
}

/// TCP keepalive: `{ idle = "60s", interval = "10s", count = 5 }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// Silence before the first probe.
    pub idle: Duration,
    /// Between probes.
    pub interval: Duration,
    /// Probes without an answer that end the connection.
    pub count: u32,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_mins(1), interval: Duration::from_secs(10), count: 5 }
    }
}
