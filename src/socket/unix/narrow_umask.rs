//! Making a socket file that is never open wider than asked for, where only the umask decides.
//!
//! The umask belongs to the whole process. It is only ever narrowed here, so that a file which another thread makes in
//! this moment comes out too private, never too open.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::fs::Mode;
use rustix::process::umask;
use socket2::{SockAddr, Socket};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Binds; the file's mode is `mode` less the umask.
pub(super) fn bind(socket: &Socket, address: &SockAddr, mode: u32) -> io::Result<()> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = umask(Mode::RWXU | Mode::RWXG | Mode::RWXO);
    let wanted = Mode::from_bits_truncate(mode as rustix::fs::RawMode);
    umask(before | !wanted & (Mode::RWXU | Mode::RWXG | Mode::RWXO));
    let bound = socket.bind(address);
    umask(before);
    bound
}
