//! Promise: thousands that connect at once wait in the backlog and are all served; with an admission rate they come in at that rate, and none
//! is refused for it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::{Daemon, PATIENCE, Program, Wire, frame};

const CONNECTS: usize = 3_000;

#[test]
fn the_backlog_holds_all_of_them_while_the_daemon_is_busy_elsewhere() {
    let somaxconn = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    if somaxconn.trim().parse::<usize>().is_ok_and(|most| most < CONNECTS) {
        return; // a host that does not grant it
    }
    let daemon = Program::start(&[]);
    daemon.connect().echo(b"ready");
    daemon.signal(Signal::STOP);
    let address = daemon.address("echo");
    // The kernel answers for the daemon. With a backlog of 128, the 130th would wait for it to wake up.
    let mut waiting: Vec<Wire> = (0..CONNECTS)
        .map(|_| {
            let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a place in the backlog");
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            Wire(stream)
        })
        .collect();
    daemon.signal(Signal::CONT);
    for client in &mut waiting {
        client.send(&frame(b"hello"));
    }
    for client in &mut waiting {
        assert_eq!(client.receive(), b"hello");
    }
    assert_eq!(daemon.metrics().active(), i64::try_from(CONNECTS).unwrap());
    drop(waiting);
    daemon.until("all are gone", |metrics| metrics.active() == 0).assert_settled();
}

#[test]
fn an_admission_rate_lets_them_in_one_after_the_other() {
    let mut settings = support::settings();
    settings.listeners[0].limits.accept_rate = 200;
    let daemon = Daemon::start(settings);
    let started = Instant::now();
    let mut clients: Vec<Wire> = (0..200).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.echo(b"in");
    }
    // A tenth of a second's worth may come at once.
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(850), "200 in {took:?} at 200 a second");
    assert_eq!(daemon.metrics().sum("oread_sessions_refused_total", &[]), 0);
}
