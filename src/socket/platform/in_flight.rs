//! `SIOCOUTQ` on Linux: what a socket holds that the peer's host has not acknowledged. Neither socket2 nor rustix offers it.
//!
//! Not a general `ioctl`: one request, one integer.

#![expect(unsafe_code, reason = "no crate of ours offers SIOCOUTQ; one call on a borrowed, open descriptor")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use libc::{TIOCOUTQ, c_int};

/// Bytes sent and not acknowledged, a FIN counted as one.
pub(in crate::socket) fn unacknowledged(socket: &impl AsFd) -> io::Result<usize> {
    let mut bytes: c_int = 0;
    // SAFETY: the descriptor is open while `socket` is borrowed; the kernel writes one live `c_int`. `TIOCOUTQ` is `SIOCOUTQ`.
    let result = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), TIOCOUTQ, &raw mut bytes) };
    if result == 0 { Ok(bytes.try_into().unwrap_or(0)) } else { Err(io::Error::last_os_error()) }
}
