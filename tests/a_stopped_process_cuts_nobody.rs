//! Promise: the process is stopped for longer than any of its deadlines and goes on: nobody is cut for it, and what waits is served.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;
use std::time::Duration;

use rustix::process::Signal;
use support::{Program, Wire, frame, frames};

const STOPPED: Duration = Duration::from_millis(4_500);

#[test]
fn who_waited_meanwhile_is_served() {
    let limits =
        ["idle", "frame", "write_stall", "handshake"].map(|limit| format!("listener.echo.limits.{limit}=3s"));
    let daemon = Program::start(&limits.each_ref().map(String::as_str));
    let mut deaf = daemon.connect();
    let owed = frames(50, 100_000);
    let mut writer = deaf.0.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        writer.write_all(&owed).unwrap();
        owed
    });
    daemon.until("it is blocked", |metrics| metrics.sum("oread_sessions", &["state=\"blocked\""]) == 1);
    let mut fresh = daemon.connect();
    let mut inside = daemon.connect();
    let late = frame(b"its end comes late");
    inside.send(&late[..10]);
    let mut idle: Vec<Wire> = (0..20).map(|_| daemon.connect()).collect();
    for client in &mut idle {
        client.echo(b"hello");
    }

    daemon.signal(Signal::STOP);
    // Not a wait for something: the length of the stop is what this is about.
    std::thread::sleep(STOPPED);
    for client in &mut idle[..10] {
        client.send(&frame(b"are you there?"));
    }
    daemon.signal(Signal::CONT);

    for client in &mut idle[..10] {
        assert_eq!(client.receive(), b"are you there?");
    }
    for client in &mut idle[10..] {
        client.echo(b"and now?");
    }
    inside.send(&late[10..]);
    assert_eq!(inside.receive(), b"its end comes late");
    fresh.echo(b"a first frame");
    let mut got = vec![0; 50 * 100_004];
    std::io::Read::read_exact(&mut deaf.0, &mut got).unwrap();
    assert!(got == sender.join().unwrap(), "what was owed is delivered");
    assert_eq!(daemon.metrics().sum("oread_sessions_closed_total", &[]), 0);
}
