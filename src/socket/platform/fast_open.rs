//! `TCP_FASTOPEN` on Linux: the one option that neither socket2 nor rustix offers, and so the one raw call.
//!
//! Not a general `setsockopt`: one option, one integer.

#![expect(
    unsafe_code,
    reason = "no crate of ours offers TCP_FASTOPEN; two calls on a borrowed, open descriptor"
)]

use std::io;
use std::mem::size_of;
use std::os::fd::AsRawFd;

use libc::{IPPROTO_TCP, TCP_FASTOPEN, c_int, socklen_t};
use socket2::Socket;

#[expect(clippy::cast_possible_truncation, reason = "four bytes")]
const SIZE: socklen_t = size_of::<c_int>() as socklen_t;

/// Lets this many connections be unfinished that brought data in their SYN.
pub(super) fn set(socket: &Socket, queue: u32) -> io::Result<()> {
    let queue = c_int::try_from(queue).unwrap_or(c_int::MAX);
    // SAFETY: the descriptor is open while `socket` is borrowed; the kernel reads `SIZE` bytes of a live `c_int`.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), IPPROTO_TCP, TCP_FASTOPEN, (&raw const queue).cast(), SIZE)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Reads the queue back; the kernel caps it at `somaxconn`.
pub(super) fn read(socket: &Socket) -> io::Result<u32> {
    let mut queue: c_int = 0;
    let mut size = SIZE;
    // SAFETY: as above; the kernel writes at most `size` bytes into a live `c_int`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            IPPROTO_TCP,
            TCP_FASTOPEN,
            (&raw mut queue).cast(),
            &raw mut size,
        )
    };
    if result == 0 { Ok(queue.try_into().unwrap_or(0)) } else { Err(io::Error::last_os_error()) }
}
