//! The file of a Unix socket: its permissions, the guard that removes it, and the lock on its directory.
//!
//! A file is known by device and inode, never by its name alone: what somebody put there since is left alone.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;

/// A socket's file. Dropping it removes the file, if that is still the same one.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    /// The file that stands at `path` now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn is_still_there(&self) -> bool {
        fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _lock = DirectoryLock::take(&self.path);
        if self.is_still_there() {
            // Nothing to be done about a failure; the next start finds it stale and replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Holds off others who start or stop on a socket in the same directory.
///
/// It closes a race and guards nothing else: who cannot have it (no right to read the directory, a file system without
/// locks, somebody who keeps it for over a second) goes on without.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    _directory: Option<File>, // closing it unlocks
}

impl DirectoryLock {
    const PATIENCE: Duration = Duration::from_secs(1);

    pub(super) fn take(path: &Path) -> Self {
        let Ok(directory) = File::open(directory(path)) else { return Self { _directory: None } };
        let deadline = Instant::now() + Self::PATIENCE;
        while let Err(error) = rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK || Instant::now() > deadline {
                break;
            }
            #[expect(clippy::disallowed_methods, reason = "before anything runs, for at most a second")]
            thread::sleep(Duration::from_millis(1));
        }
        Self { _directory: Some(directory) }
    }
}

/// The directory that a file is in.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

pub(in crate::socket) fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::symlink_metadata(path)?.mode() & 0o7777)
}
