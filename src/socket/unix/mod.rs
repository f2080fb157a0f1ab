//! Binding a Unix socket: its file, its permissions and whose it is.
//!
//! - A file in the way goes only if it is a socket and nobody answers on it. Whatever else is there stays.
//! - The file is never open to more than `mode` says, not even between being made and being restricted.
//! - Looking, removing and binding happen under a lock on the directory: of several starters exactly one wins.

pub(super) mod file;
#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "narrow_linux.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "narrow_umask.rs")]
mod narrow;
mod standing;

use std::io::{self, ErrorKind};
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};

use super::options::{self, Ask};
use super::{AcceptOptions, BindError, Bound, Listening};
use crate::settings::{Address, ListenerSettings};

use file::DirectoryLock;
pub use file::SocketFile;
use standing::Standing;

pub(super) fn bind(listener: &ListenerSettings, path: &Path) -> Result<Bound, BindError> {
    let fail = |error| BindError::socket(listener, error);
    let refused = |refused| BindError::option(listener, refused);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).map_err(fail)?;
    socket.set_nonblocking(true).map_err(fail)?;
    options::set_before_bind(&socket, Ask::of(listener)).map_err(refused)?;
    let address = SockAddr::unix(path).map_err(|error| too_long(listener, error))?;

    // Declared before the lock, so that on an error the lock is gone when the file's guard asks for it.
    let file;
    let lock = DirectoryLock::take(path);
    clear(listener, path, &address)?;
    file = make(&socket, &address, path, listener.socket.mode)
        .map_err(|error| file_trouble(listener, path, error))?;
    // Listening last: nobody gets in before the permissions are right. Under the lock: until it listens it looks stale.
    options::set_after_bind(&socket, Ask::of(listener)).map_err(refused)?;
    drop(lock);

    let readings = options::readings(&socket, Ask::of(listener));
    Ok(Bound {
        listeners: vec![Listening::Unix(socket.into())],
        local: Address::Unix(path.to_owned()),
        accepted: AcceptOptions::new(listener),
        readings,
        file: Some(file),
    })
}

fn make(socket: &Socket, address: &SockAddr, path: &Path, mode: Option<u32>) -> io::Result<SocketFile> {
    let Some(mode) = mode else {
        socket.bind(address)?;
        return SocketFile::of(path);
    };
    narrow::bind(socket, address, mode)?;
    let file = SocketFile::of(path)?;
    file::set_mode(path, mode)?; // what the umask took away comes back
    Ok(file)
}

/// Makes way for the socket file, if that takes nothing from anybody.
fn clear(listener: &ListenerSettings, path: &Path, address: &SockAddr) -> Result<(), BindError> {
    match Standing::of(path, address).map_err(|error| file_trouble(listener, path, error))? {
        Standing::Free => Ok(()),
        Standing::Stale => std::fs::remove_file(path).map_err(|error| file_trouble(listener, path, error)),
        Standing::Live => Err(BindError::socket(listener, ErrorKind::AddrInUse.into())),
        Standing::Foreign(what) => Err(BindError::path(
            listener,
            format!("{what} is there, not a socket"),
            "it stays: move it away or choose another path",
            ErrorKind::AlreadyExists.into(),
        )),
    }
}

fn too_long(listener: &ListenerSettings, error: io::Error) -> BindError {
    let remedy = "Linux carries 107 bytes, others 103: choose a shorter path";
    BindError::path(listener, "the path is too long for a socket".into(), remedy, error)
}

fn file_trouble(listener: &ListenerSettings, path: &Path, error: io::Error) -> BindError {
    let directory = file::directory(path).display();
    let (problem, remedy) = match error.kind() {
        ErrorKind::NotFound => (
            format!("the directory {directory} does not exist"),
            "make it (systemd: RuntimeDirectory=oread makes /run/oread)",
        ),
        ErrorKind::PermissionDenied => (
            format!("permission denied in {directory}"),
            "the daemon's user must be able to reach and to write the directory",
        ),
        ErrorKind::ReadOnlyFilesystem => {
            (format!("{directory} is read-only"), "mount a tmpfs there or choose a writable directory")
        }
        _ => return BindError::socket(listener, error),
    };
    BindError::path(listener, problem, remedy, error)
}
