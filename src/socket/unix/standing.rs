//! What stands where a Unix socket is to be: nothing, a socket that answers, one that nobody answers on, something else.
//!
//! Looking changes nothing, except that a live listener sees one connection come and go.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};

/// What is there.
#[derive(Debug)]
pub(super) enum Standing {
    /// Nothing.
    Free,
    /// A socket file left behind: nobody listens.
    Stale,
    /// Somebody's socket.
    Live,
    /// Not a socket; in words.
    Foreign(&'static str),
}

impl Standing {
    pub(super) fn of(path: &Path, address: &SockAddr) -> io::Result<Self> {
        let kind = match fs::symlink_metadata(path) {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Free),
            Err(error) => return Err(error),
        };
        if kind.is_socket() {
            return knock(address);
        }
        Ok(Self::Foreign(match () {
            () if kind.is_dir() => "a directory",
            () if kind.is_symlink() => "a symbolic link",
            () if kind.is_file() => "a file",
            () => "a special file",
        }))
    }
}

/// Only a refused connection proves that nobody listens. A full backlog (would block), a datagram socket (wrong type)
/// and a file that we may not connect to all belong to somebody.
fn knock(address: &SockAddr) -> io::Result<Standing> {
    let knocker = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    knocker.set_nonblocking(true)?;
    Ok(match knocker.connect(address) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Standing::Stale,
        Err(error) if error.kind() == ErrorKind::NotFound => Standing::Free,
        _ => Standing::Live,
    })
}
