//! Unix systems, against Windows: reusing an address in `TIME_WAIT`, marking packets, reading keepalive back.

use std::io;

use socket2::{Socket, TcpKeepalive};

use super::super::options::{Calls, Family};
use super::super::reading::Value;
use super::super::unix::file;
use crate::settings::Keepalive;

pub(in crate::socket) const REUSE_ADDRESS: Option<Calls> = Some(Calls {
    set: |socket, _| socket.set_reuse_address(true),
    read: |socket, _| socket.reuse_address().map(|on| Some(Value::Flag(on))),
});

/// Set where the file is made, so that it is never open to more.
pub(in crate::socket) const MODE: Option<Calls> = Some(Calls {
    set: |_, _| Ok(()),
    read: |socket, _| {
        let address = socket.local_addr()?;
        address.as_pathname().map(|path| file::mode(path).map(Value::mode)).transpose()
    },
});

/// The six bits stand above two that belong to congestion notification.
pub(in crate::socket) const DSCP: Option<Calls> = Some(Calls {
    set: |socket, ask| match ask.options.dscp {
        Some(dscp) => mark(socket, ask.family, u32::from(dscp) << 2),
        None => Ok(()),
    },
    read: |socket, ask| {
        let field = if ask.family.is_ipv6() { socket.tclass_v6()? } else { socket.tos_v4()? };
        Ok(Some(Value::number(field >> 2)))
    },
});

fn mark(socket: &Socket, family: Family, field: u32) -> io::Result<()> {
    if !family.is_ipv6() {
        return socket.set_tos_v4(field);
    }
    // IPV6_TCLASS does not reach the IPv4 connections of a dual-stack socket. Only Linux takes IP_TOS on one.
    if cfg!(any(target_os = "linux", target_os = "android")) && family == Family::AllV6 {
        socket.set_tos_v4(field)?;
    }
    socket.set_tclass_v6(field)
}

pub(super) fn set_probes(socket: &Socket, probes: &TcpKeepalive) -> io::Result<()> {
    socket.set_tcp_keepalive(probes)
}

pub(super) fn read_probes(socket: &Socket) -> io::Result<Option<Value>> {
    let (idle, interval) = (socket.tcp_keepalive_time()?, socket.tcp_keepalive_interval()?);
    Ok(Some(Value::Probes(Keepalive { idle, interval, count: socket.tcp_keepalive_retries()? })))
}
