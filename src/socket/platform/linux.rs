//! Linux and Android: every option of the table exists, and an accepted TCP socket takes them over from the listening one.
//!
//! What the kernel caps without a word (the backlog, fast open) is worked out from `/proc`.

use std::fs;
use std::time::Duration;

use rustix::net::sockopt::{set_tcp_congestion, tcp_congestion};

use super::super::options::{Calls, Family};
use super::super::reading::Value;
use super::fast_open;

/// `SO_RCVBUF` and `SO_SNDBUF` read back doubled: half is the kernel's own overhead (socket(7)).
pub(in crate::socket) const BUFFER_BOOKKEEPING: usize = 2;

/// An accepted TCP socket is a clone of the listening one. An accepted Unix socket is not.
pub(in crate::socket) fn inherits(family: Family) -> bool {
    family != Family::Unix
}

pub(in crate::socket) const REUSE_PORT: Option<Calls> = Some(Calls {
    set: |socket, ask| socket.set_reuse_port(ask.options.reuse_port),
    read: |socket, _| socket.reuse_port().map(|on| Some(Value::Flag(on))),
});

pub(in crate::socket) const BIND_DEVICE: Option<Calls> = Some(Calls {
    set: |socket, ask| socket.bind_device(ask.options.bind_device.as_deref().map(str::as_bytes)),
    read: |socket, _| {
        Ok(Some(
            socket
                .device()?
                .map_or(Value::Off, |name| Value::Word(String::from_utf8_lossy(&name).into_owned())),
        ))
    },
});

pub(in crate::socket) const NOTSENT_LOWAT: Option<Calls> = Some(Calls {
    set: |socket, ask| match ask.options.notsent_lowat {
        Some(bytes) => socket.set_tcp_notsent_lowat(bytes),
        None => Ok(()),
    },
    read: |socket, _| socket.tcp_notsent_lowat().map(|bytes| Some(Value::number(bytes))),
});

pub(in crate::socket) const USER_TIMEOUT: Option<Calls> = Some(Calls {
    set: |socket, ask| socket.set_tcp_user_timeout(ask.options.user_timeout.map(whole_milliseconds)),
    read: |socket, _| socket.tcp_user_timeout().map(|time| Some(time.map_or(Value::Off, Value::Time))),
});

pub(in crate::socket) const CONGESTION: Option<Calls> = Some(Calls {
    set: |socket, ask| match &ask.options.congestion {
        Some(name) => Ok(set_tcp_congestion(socket, name)?),
        None => Ok(()),
    },
    read: |socket, _| Ok(Some(Value::Word(tcp_congestion(socket)?))),
});

pub(in crate::socket) const FAST_OPEN: Option<Calls> = Some(Calls {
    set: |socket, ask| match ask.options.fast_open {
        Some(queue) => fast_open::set(socket, queue),
        None => Ok(()),
    },
    read: |socket, _| match fast_open::read(socket)? {
        // Bit 2 of the sysctl lets servers use it; without it the queue stands and nothing ever enters it.
        queue if queue > 0 && sysctl("net/ipv4/tcp_fastopen").is_none_or(|bits| bits & 2 != 0) => {
            Ok(Some(Value::number(queue)))
        }
        _ => Ok(Some(Value::Off)),
    },
});

/// `listen` caps the backlog at `somaxconn` and says nothing; without `/proc` the cap is not known.
pub(in crate::socket) fn read_backlog(asked: u32) -> Option<Value> {
    sysctl("net/core/somaxconn").map(|most| Value::Number(most.min(u64::from(asked))))
}

/// The congestion controls that the kernel has loaded.
pub(in crate::socket) fn congestion_controls() -> Option<String> {
    fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control")
        .ok()
        .map(|s| s.trim().to_owned())
}

fn sysctl(name: &str) -> Option<u64> {
    fs::read_to_string(format!("/proc/sys/{name}")).ok()?.trim().parse().ok()
}

/// A part of a millisecond would become zero, which is off.
fn whole_milliseconds(time: Duration) -> Duration {
    let millis = time.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
