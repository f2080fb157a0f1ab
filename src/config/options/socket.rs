//! `[listener.NAME.socket]`: options of its sockets.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

/// What the kernel chooses unless told.
const fn kernel(name: &'static str, kind: &'static Kind, reload: Reload, why: &'static str) -> Opt {
    Opt { name, kind: left_to_kernel(kind), default: "auto", why, reload, on: Systems::All }
}

const fn left_to_kernel(kind: &'static Kind) -> Kind {
    Kind::Or("auto", kind)
}

impl Opt {
    /// The same, where only these systems have it.
    const fn on(mut self, systems: Systems) -> Self {
        self.on = systems;
        self
    }
}

/// What the kernel takes in an `int`, rounded down to what a person would write.
const BUFFER: Kind = Kind::Size(1, 1 << 30);

pub(super) const SECTION: Section = Section {
    path: "listener.*.socket",
    about: "Options of its sockets. Each is read back after setting; /status shows both values. \"auto\" \
            leaves the choice to the kernel.",
    options: &[
        Opt {
            name: "backlog",
            kind: Kind::Number(1, 1 << 20),
            default: "4096",
            why: "Connections that the kernel holds for us until they are accepted; Linux caps it at \
                  net.core.somaxconn.",
            reload: Reload::Restart,
            on: Systems::All,
        },
        Opt {
            name: "nodelay",
            kind: Kind::Switch,
            default: "true",
            why: "TCP_NODELAY: an answer leaves at once instead of waiting to be merged with the next.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "keepalive",
            kind: Kind::Probes,
            default: "{ idle = \"60s\", interval = \"10s\", count = 5 }",
            why: "Probes of silent TCP peers, which find those that vanished; false is none. Taken whole: \
                  a part left out has its default.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "reuse_port",
            kind: Kind::Switch,
            default: "false",
            why: "SO_REUSEPORT: an accept socket for each worker, so that the kernel spreads connections. \
                  Another process of the same user may share the port then.",
            reload: Reload::Restart,
            on: Systems::Linux,
        },
        Opt {
            name: "notsent_lowat",
            kind: left_to_kernel(&BUFFER),
            default: "128KiB",
            why: "TCP_NOTSENT_LOWAT: unsent bytes that the kernel holds; more wait in our outbox, where \
                  they are counted and bounded.",
            reload: Reload::NewSessions,
            on: Systems::Linux,
        },
        kernel(
            "recv_buffer",
            &BUFFER,
            Reload::NewSessions,
            "SO_RCVBUF. A fixed size ends the kernel's own tuning.",
        ),
        kernel(
            "send_buffer",
            &BUFFER,
            Reload::NewSessions,
            "SO_SNDBUF. A fixed size ends the kernel's own tuning.",
        ),
        kernel(
            "user_timeout",
            &Kind::Time(std::time::Duration::from_millis(1), std::time::Duration::from_hours(24)),
            Reload::NewSessions,
            "TCP_USER_TIMEOUT: how long sent data may stay unacknowledged. It also ends live peers whose \
             window is closed.",
        )
        .on(Systems::Linux),
        kernel(
            "linger",
            &Kind::Seconds(0, 65_535),
            Reload::NewSessions,
            "SO_LINGER: how long close waits for unsent data; \"0s\" resets the connection.",
        ),
        kernel(
            "dscp",
            &Kind::Number(0, 63),
            Reload::NewSessions,
            "Differentiated services code point of what we send (RFC 2474), such as 46 for expedited \
             forwarding.",
        )
        .on(Systems::Unix),
        kernel(
            "congestion",
            &Kind::Text(15),
            Reload::NewSessions,
            "TCP_CONGESTION, such as \"bbr\"; the kernel must have it.",
        )
        .on(Systems::Linux),
        kernel(
            "fast_open",
            &Kind::Number(1, 1 << 20),
            Reload::Restart,
            "TCP_FASTOPEN: connections that may wait having brought data in their SYN (RFC 7413).",
        )
        .on(Systems::Linux),
        kernel(
            "bind_device",
            &Kind::Text(15),
            Reload::Restart,
            "SO_BINDTODEVICE: the one interface that it listens on, such as \"eth0\".",
        )
        .on(Systems::Linux),
        Opt {
            name: "only_v6",
            kind: Kind::Switch,
            default: "false",
            why: "Whether tcp://[::] leaves IPv4 alone; false is dual stack.",
            reload: Reload::Restart,
            on: Systems::All,
        },
        kernel(
            "mode",
            &Kind::Mode,
            Reload::Restart,
            "Permissions of a Unix socket's file, such as \"0660\"; \"auto\" is what the umask leaves.",
        )
        .on(Systems::Unix),
    ],
};
