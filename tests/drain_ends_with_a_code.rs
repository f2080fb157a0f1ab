//! Promise: the exit code tells how a drain went: 0 when every session was finished, 75 when some were cut, be it by the deadline or by a
//! second signal. TERM and INT are the same.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{ErrorKind, Write};

use rustix::process::Signal;
use support::{Program, Wire, frames};

/// A client that is owed more than it takes.
fn deaf(daemon: &Program) -> Wire {
    let mut client = daemon.connect();
    client.0.set_nonblocking(true).unwrap();
    let sent = frames(100, 10_000);
    let mut at = 0;
    daemon.until("a session is blocked", |metrics| {
        loop {
            match client.0.write(&sent[at..]) {
                Ok(written) => at = (at + written) % sent.len(),
                Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        metrics.sum("oread_sessions", &["state=\"blocked\""]) == 1
    });
    client
}

#[test]
fn zero_when_all_were_finished() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = Program::start(&[]);
        let mut client = daemon.connect();
        client.echo(b"hello");
        daemon.signal(signal);
        client.expect_close();
        drop(client);
        assert_eq!(daemon.exit().code(), Some(0));
        daemon.until_logged("\"finished\":1");
    }
}

#[test]
fn seventy_five_when_the_deadline_cut_one() {
    let mut daemon = Program::start(&["drain.grace=1s"]);
    let client = deaf(&daemon);
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.exit().code(), Some(75));
    daemon.until_logged("\"cut\":1");
    drop(client);
}

#[test]
fn seventy_five_when_a_second_signal_cut_one_and_at_once() {
    let mut daemon = Program::start(&["drain.grace=10m", "listener.echo.limits.write_stall=0s"]);
    let client = deaf(&daemon);
    daemon.signal(Signal::TERM);
    daemon.until("it drains", |metrics| metrics.sum("oread_draining", &[]) == 1);
    daemon.until_logged("\"draining\"");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.exit().code(), Some(75));
    daemon.until_logged("\"hurried\":true");
    drop(client);
}
