//! Windows, against Unix systems. `SO_REUSEADDR` is missing on purpose: here it lets another process take the port, and
//! nothing needs it, since an address in `TIME_WAIT` can be bound.

use std::io;

use socket2::{Socket, TcpKeepalive};

use super::super::options::Calls;
use super::super::reading::Value;

pub(in crate::socket) const REUSE_ADDRESS: Option<Calls> = None;

/// Unix sockets are not served here.
pub(in crate::socket) const MODE: Option<Calls> = None;

/// `IP_TOS` is accepted and ignored unless the administrator lifts a policy.
pub(in crate::socket) const DSCP: Option<Calls> = None;

/// "The option is unknown": the number of probes came with Windows 10 1703.
const WSAENOPROTOOPT: i32 = 10042;

/// Where the number of probes is unknown the times, which go first, are in force, and reading back says what is not.
pub(super) fn set_probes(socket: &Socket, probes: &TcpKeepalive) -> io::Result<()> {
    match socket.set_tcp_keepalive(probes) {
        Err(error) if error.raw_os_error() == Some(WSAENOPROTOOPT) => Ok(()),
        set => set,
    }
}

/// Idle time and interval are set together and cannot be read back by this way; the number is read for its error.
pub(super) fn read_probes(socket: &Socket) -> io::Result<Option<Value>> {
    socket.tcp_keepalive_retries().map(|_| None)
}
