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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use socket2::{Domain, Type};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_never_wider_than_asked_for_from_its_first_moment() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        bind(&socket, &SockAddr::unix(&path).unwrap(), 0o600).unwrap();
        let made = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(made & !0o600, 0, "0o{made:o}");
    }
}
