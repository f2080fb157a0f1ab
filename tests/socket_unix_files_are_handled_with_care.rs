//! Promise: a Unix socket's file is replaced only when nobody answers on it, has the permissions that were configured,
//! and goes when its owner goes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod socket_fixture;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;

use oread::exit::Exit;
use oread::settings::{Address, ListenerSettings};
use oread::socket::{BindError, Bound, bind};
use socket_fixture::on;
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("echo.sock");
    (directory, path)
}

fn at(path: &Path) -> ListenerSettings {
    ListenerSettings::echo("local", Address::Unix(path.to_owned()))
}

fn answers(path: &Path) -> bool {
    UnixStream::connect(path).is_ok()
}

fn refused(path: &Path) -> BindError {
    bind(&at(path), 1).expect_err("somebody is there")
}

#[test]
fn a_fresh_path_is_bound_and_answers() {
    let (_directory, path) = place();
    let bound = bind(&at(&path), 3).unwrap();
    assert_eq!(bound.local, Address::Unix(path.clone()));
    assert_eq!(bound.listeners.len(), 1);
    assert!(answers(&path));
}

#[test]
fn a_stale_file_is_replaced() {
    let (_directory, path) = place();
    drop(UnixListener::bind(&path).unwrap()); // leaves its file, as a killed process does
    assert!(path.exists() && !answers(&path));
    let _bound = bind(&at(&path), 1).unwrap();
    assert!(answers(&path));
}

#[test]
fn a_live_socket_is_an_address_in_use() {
    let (_directory, path) = place();
    let _owner = UnixListener::bind(&path).unwrap();
    let error = refused(&path);
    assert_eq!(error.exit(), Exit::Os);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("listener.local: unix://{}: address in use", path.display())),
        "{text}"
    );
    assert!(text.contains("ss -xlp"), "{text}");
    assert!(answers(&path), "the owner is untouched");
}

#[test]
fn a_live_socket_too_busy_to_answer_is_still_an_address_in_use() {
    let (_directory, path) = place();
    let owner = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    owner.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    owner.listen(0).unwrap();
    let _fills_the_backlog = UnixStream::connect(&path).unwrap();
    assert!(refused(&path).to_string().contains("address in use"));
}

#[test]
fn a_datagram_socket_of_another_program_stays() {
    let (_directory, path) = place();
    let _owner = UnixDatagram::bind(&path).unwrap();
    assert!(refused(&path).to_string().contains("address in use"));
    assert!(path.exists());
}

#[test]
fn what_is_not_a_socket_stays() {
    let (directory, path) = place();
    fs::write(&path, "precious").unwrap();
    let text = refused(&path).to_string();
    assert!(text.contains("a file is there, not a socket"), "{text}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

    let link = directory.path().join("link.sock");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(refused(&link).to_string().contains("a symbolic link is there"));
    assert!(refused(directory.path()).to_string().contains("a directory is there"));
}

#[test]
fn of_many_starters_on_a_stale_file_exactly_one_wins() {
    for _ in 0..20 {
        let (_directory, path) = place();
        drop(UnixListener::bind(&path).unwrap());
        let start = Barrier::new(6);
        let bound: Vec<Bound> = thread::scope(|scope| {
            let starters: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        bind(&at(&path), 1).ok()
                    })
                })
                .collect();
            starters.into_iter().filter_map(|starter| starter.join().unwrap()).collect()
        });
        assert_eq!(bound.len(), 1);
        assert!(answers(&path));
    }
}

#[test]
fn permissions_are_as_configured_whatever_the_umask() {
    for mode in [0o600, 0o660, 0o666, 0o777] {
        let (_directory, path) = place();
        let mut settings = at(&path);
        settings.socket.mode = Some(mode);
        let bound = bind(&settings, 1).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
        let reading = on(&bound, "mode");
        let word = format!("0o{mode:o}");
        assert_eq!((&reading.requested, &reading.effective, reading.differs), (&word, &word, false));
    }
}

#[test]
fn the_file_goes_with_its_guard() {
    let (_directory, path) = place();
    let bound = bind(&at(&path), 1).unwrap();
    drop(bound);
    assert!(!path.exists());
}

#[test]
fn a_file_that_somebody_put_there_since_stays() {
    let (_directory, path) = place();
    let bound = bind(&at(&path), 1).unwrap();
    fs::remove_file(&path).unwrap();
    let _successor = UnixListener::bind(&path).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    drop(bound);
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    assert!(answers(&path));
}
