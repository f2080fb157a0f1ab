//! Every socket option in one table: what it is called, why it exists, where it applies, how it is set and read back.
//!
//! The table is the only list of options: binding, accepting, `/status` and the document are driven by it, in its order.
//! Adding an option is adding a row. What only some platforms have comes from [`super::platform`], as `None` elsewhere.

use super::options::{Calls, OptionRow, Scope, Transports};
use super::platform;
use super::reading::Value;

pub(super) static TABLE: &[OptionRow] = &[
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
