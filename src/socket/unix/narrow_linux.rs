//! Making a socket file that is never open wider than asked for, on Linux: the file takes the mode of the unbound socket.
//!
//! Neither of the usual ways is needed: the umask belongs to the whole process, and binding in a private directory
//! before renaming would leave `ss` showing a path that is gone.

use std::io;

use rustix::fs::{Mode, fchmod};
use socket2::{SockAddr, Socket};

/// Binds; the file's mode is `mode` less the umask.
pub(super) fn bind(socket: &Socket, address: &SockAddr, mode: u32) -> io::Result<()> {
    fchmod(socket, Mode::from_raw_mode(mode))?;
    socket.bind(address)
}
