//! Promise: after SIGKILL peers see the end of their connections, and nothing stays behind that stands in the way of the next start.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::os::unix::net::UnixStream;

use rustix::process::Signal;
use support::{Ending, PATIENCE, Program, Wire, frame};

#[test]
fn peers_see_it_and_the_next_start_takes_the_same_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let local = format!("listener.local.bind=unix://{}", path.display());
    let mut daemon = Program::start(&[&local]);
    let mut client = daemon.connect();
    client.echo(b"hello");
    client.send(&frame(&vec![1; 100_000])[..50_000]);
    let mut idle = daemon.connect();
    idle.echo(b"hello");
    let mut beside = Wire(UnixStream::connect(&path).unwrap());
    beside.0.set_read_timeout(Some(PATIENCE)).unwrap();
    beside.echo(b"hello");

    daemon.signal(Signal::KILL);
    daemon.exit();
    assert_ne!(client.rest().1, Ending::Torn);
    assert_ne!(idle.rest().1, Ending::Torn);
    assert_ne!(beside.rest().1, Ending::Torn);

    let address = format!("listener.echo.bind=tcp://{}", daemon.address("echo"));
    let next = Program::start(&[&local, &address]);
    next.connect().echo(b"on the same port");
    Wire(UnixStream::connect(&path).unwrap()).echo(b"at the same path");
}
