//! What differs between platforms: options that only some have (`None` elsewhere), and how the others are read.
//!
//! Two choices, each a pair of files with the same names: `unix` or `windows`, and `linux` or `other`. The options in
//! this file are set alike everywhere.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod fast_open;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) mod in_flight;
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "other.rs")]
mod linux;
#[cfg_attr(not(unix), path = "windows.rs")]
mod unix;

use std::time::Duration;

use socket2::TcpKeepalive;

use super::options::Calls;
use super::reading::Value;
use crate::settings::Keepalive;

pub(super) use linux::*;
pub(super) use unix::*;

pub(super) const KEEPALIVE: Calls = Calls {
    set: |socket, ask| match ask.options.keepalive {
        None => socket.set_keepalive(false),
        Some(Keepalive { idle, interval, count }) => set_probes(
            socket,
            &TcpKeepalive::new()
                .with_time(whole_seconds(idle))
                .with_interval(whole_seconds(interval))
                .with_retries(count),
        ),
    },
    read: |socket, _| if socket.keepalive()? { read_probes(socket) } else { Ok(Some(Value::Off)) },
};

pub(super) const LINGER: Calls = Calls {
    set: |socket, ask| socket.set_linger(ask.options.linger.map(whole_seconds)),
    read: |socket, _| socket.linger().map(|time| Some(time.map_or(Value::Off, Value::Time))),
};

pub(super) const RECV_BUFFER: Calls = Calls {
    set: |socket, ask| match ask.options.recv_buffer {
        Some(size) => socket.set_recv_buffer_size(size as usize),
        None => Ok(()),
    },
    read: |socket, _| socket.recv_buffer_size().map(buffer),
};

pub(super) const SEND_BUFFER: Calls = Calls {
    set: |socket, ask| match ask.options.send_buffer {
        Some(size) => socket.set_send_buffer_size(size as usize),
        None => Ok(()),
    },
    read: |socket, _| socket.send_buffer_size().map(buffer),
};

/// What a buffer's size is in the configuration's terms.
fn buffer(found: usize) -> Option<Value> {
    u64::try_from(found / BUFFER_BOOKKEEPING).ok().map(Value::Number)
}

/// Kernels count these in seconds, rounding down: half a second would become zero, which for `linger` means a reset.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}
