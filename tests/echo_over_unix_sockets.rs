//! Promise: a Unix socket is answered like TCP: the same limits, endings and drain, and no address to limit by.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use oread::settings::{Address, ListenerSettings};
use support::{Daemon, PATIENCE, Wire, frame, frames, settings};

fn start(change: impl FnOnce(&mut ListenerSettings)) -> (Daemon, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.listeners =
        vec![ListenerSettings::echo("local", Address::Unix(folder.path().join("echo.sock")))];
    change(&mut settings.listeners[0]);
    (Daemon::start(settings), folder)
}

fn connect(daemon: &Daemon) -> Wire<UnixStream> {
    let stream = UnixStream::connect(daemon.path("local")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    Wire(stream)
}

#[test]
fn frames_come_back_and_endings_are_told_apart() {
    let (daemon, _folder) = start(|listener| listener.limits.sessions_per_ip = 1);
    let mut one = connect(&daemon);
    let mut two = connect(&daemon);
    one.echo(b"one");
    two.echo(&vec![2; 1 << 20]);
    one.send(&frame(b"torn")[..6]);
    one.0.shutdown(Shutdown::Write).unwrap();
    one.expect_close();
    two.send(&u32::MAX.to_be_bytes()).expect_close();
    drop((one, two));
    let metrics = daemon.assert_settles();
    assert_eq!((metrics.closed("truncated"), metrics.closed("frame_too_large")), (1, 1));
    assert_eq!(metrics.sum("oread_sessions_accepted_total", &["transport=\"unix\""]), 2);
}

#[test]
fn a_slow_reader_is_paused_and_loses_nothing() {
    let (daemon, _folder) = start(|_| {});
    let mut client = connect(&daemon);
    let sent = frames(300, 50_000);
    let mut writer = client.0.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| std::io::Write::write_all(&mut writer, &sent).unwrap());
        daemon.until("it is blocked", |metrics| metrics.sum("oread_sessions", &["state=\"blocked\""]) == 1);
        client.expect(&sent);
    });
    drop((client, writer));
    daemon.assert_settles();
}

#[test]
fn a_drain_says_goodbye_and_takes_the_file_away() {
    let (daemon, folder) = start(|_| {});
    let mut client = connect(&daemon);
    client.echo(b"hello");
    let ended = std::thread::spawn(move || {
        client.expect_close();
    });
    let report = daemon.stop();
    ended.join().unwrap();
    assert_eq!((report.finished, report.cut), (1, 0));
    assert!(!folder.path().join("echo.sock").exists());
}
