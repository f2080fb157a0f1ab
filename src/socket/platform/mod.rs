//! What differs between platforms: options that only some have (`None` elsewhere), and how the others are read.
//!
//! Each platform's file has the same names. The options here that all have differ only in their bookkeeping.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod fast_open;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod other;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use linux::*;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) use other::*;

use std::io;
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

use super::options::Calls;
#[cfg(unix)]
use super::options::Family;
use super::reading::Value;
use crate::settings::Keepalive;

pub(super) const KEEPALIVE: Calls = Calls {
    set: |socket, ask| match ask.options.keepalive {
        None => socket.set_keepalive(false),
        Some(Keepalive { idle, interval, count }) => socket.set_tcp_keepalive(
            &TcpKeepalive::new()
                .with_time(whole_seconds(idle))
                .with_interval(whole_seconds(interval))
                .with_retries(count),
        ),
    },
    read: |socket, _| {
        if !socket.keepalive()? {
            return Ok(Some(Value::Off));
        }
        probes(socket)
    },
};

#[cfg(not(windows))]
fn probes(socket: &Socket) -> io::Result<Option<Value>> {
    let (idle, interval) = (socket.tcp_keepalive_time()?, socket.tcp_keepalive_interval()?);
    Ok(Some(Value::Probes(Keepalive { idle, interval, count: socket.tcp_keepalive_retries()? })))
}

/// Windows takes the times of probes, and does not tell them.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the signature of its Unix twin")]
fn probes(_: &Socket) -> io::Result<Option<Value>> {
    Ok(None)
}

pub(super) const LINGER: Calls = Calls {
    set: |socket, ask| socket.set_linger(ask.options.linger.map(whole_seconds)),
    read: |socket, _| socket.linger().map(|time| Some(time.map_or(Value::Off, Value::Time))),
};

pub(super) const RECV_BUFFER: Calls = Calls {
    set: |socket, ask| {
        ask.options.recv_buffer.map_or(Ok(()), |size| socket.set_recv_buffer_size(size as usize))
    },
    read: |socket, _| socket.recv_buffer_size().map(buffer),
};

pub(super) const SEND_BUFFER: Calls = Calls {
    set: |socket, ask| {
        ask.options.send_buffer.map_or(Ok(()), |size| socket.set_send_buffer_size(size as usize))
    },
    read: |socket, _| socket.send_buffer_size().map(buffer),
};

#[cfg(unix)]
pub(super) const REUSE_ADDRESS: Option<Calls> = Some(Calls {
    set: |socket, _| socket.set_reuse_address(true),
    read: |socket, _| socket.reuse_address().map(|on| Some(Value::Flag(on))),
});
#[cfg(not(unix))]
pub(super) const REUSE_ADDRESS: Option<Calls> = None;

#[cfg(unix)]
pub(super) const DSCP: Option<Calls> = Some(Calls {
    set: |socket, ask| ask.options.dscp.map_or(Ok(()), |dscp| set_dscp(socket, dscp, ask.family)),
    read: |socket, ask| {
        let field = if ask.family.is_ipv6() { socket.tclass_v6()? } else { socket.tos_v4()? };
        Ok(Some(Value::number(field >> 2)))
    },
});
#[cfg(not(unix))]
pub(super) const DSCP: Option<Calls> = None;

/// The six bits stand above two that belong to congestion notification.
#[cfg(unix)]
fn set_dscp(socket: &Socket, dscp: u8, family: Family) -> io::Result<()> {
    let field = u32::from(dscp) << 2;
    if family.is_ipv6() {
        socket.set_tclass_v6(field)?;
        return mark_mapped(socket, field);
    }
    socket.set_tos_v4(field)
}

/// What a buffer's size is in the configuration's terms.
fn buffer(found: usize) -> Option<Value> {
    u64::try_from(found / BUFFER_BOOKKEEPING).ok().map(Value::Number)
}

/// Kernels count these in seconds, rounding down: half a second would become zero, which for `linger` means a reset.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}
