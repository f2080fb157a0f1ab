//! Promise: a worker whose loop stands still is told of: `/livez` fails and names it, metrics, status and log say so, and systemd's watchdog
//! starves. The others go on meanwhile. At the end it is left behind.
//!
//! What blocks it is a `close` that waits, as `socket.linger` asks, for a peer that does not read.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;
use support::{Answer, Program, Wire, ask, frames, until};

/// Two workers, the second of which will close the connection of whoever reads nothing, and wait.
fn start(supervisor: &str) -> Program {
    Program::after(
        supervisor,
        &[
            "runtime.workers=2",
            "runtime.stuck_after=2s",
            "listener.echo.socket.linger=10m",
            "listener.echo.socket.send_buffer=64KiB",
            "listener.echo.limits.write_stall=1s",
        ],
    )
}

/// Blocks the second worker for as long as the second client of the two is kept.
fn block(daemon: &Program) -> [Wire; 2] {
    let [mut well, mut ill] = [daemon.connect(), daemon.connect()];
    well.echo(b"seated on the first worker");
    ill.echo(b"seated on the second");
    // More than the kernel holds for it, and less than the daemon takes in: unread bytes would turn the close into a reset.
    ill.send(&frames(12, 60_000));
    [well, ill]
}

fn live(daemon: &Program) -> Answer {
    ask(daemon.admin, "GET /livez", None)
}

#[test]
fn by_operators_while_the_others_go_on() {
    let daemon = start("true");
    assert_eq!(live(&daemon).code, 200);
    let [mut well, ill] = block(&daemon);
    until("it is found", || live(&daemon).code == 503);
    assert_eq!(live(&daemon).body, "stuck: worker-1\n");
    assert_eq!(daemon.metrics().sum("oread_workers_stuck", &[]), 1);
    let workers = ask(daemon.admin, "GET /status", None).json()["workers"].clone();
    assert_eq!((&workers[0]["stuck"], &workers[1]["stuck"]), (&false.into(), &true.into()), "{workers}");
    assert!(daemon.until_logged("a worker is stuck").contains("worker-1"));
    well.echo(b"undisturbed");

    ill.reset();
    until("it goes on", || live(&daemon).code == 200);
    assert_eq!(daemon.metrics().sum("oread_workers_stuck", &[]), 0);
    daemon.until_logged("goes on");
}

#[test]
fn by_a_supervisor_whose_watchdog_starves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    supervisor.set_nonblocking(true).unwrap();
    let daemon = start(&format!("export NOTIFY_SOCKET='{}' WATCHDOG_USEC=200000", path.display()));
    // A queue that nobody reads would hold the daemon up.
    let told = || std::iter::from_fn(|| supervisor.recv(&mut [0; 512]).ok()).count();
    until("the watchdog is fed", || told() > 0);
    let [_well, ill] = block(&daemon);
    until("it is found", || {
        told();
        daemon.log().contains("a worker is stuck")
    });
    told();
    // In this time it would have been fed ten times.
    supervisor.set_nonblocking(false).unwrap();
    supervisor.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    assert!(supervisor.recv(&mut [0; 512]).is_err(), "the watchdog is fed though a worker is stuck");
    ill.reset();
    until("it is fed again", || supervisor.recv(&mut [0; 512]).is_ok());
}

#[test]
fn and_left_behind_at_the_end() {
    let mut daemon = start("true");
    let [mut well, _ill] = block(&daemon);
    daemon.until_logged("a worker is stuck");
    daemon.signal(Signal::TERM);
    well.expect_close();
    daemon.until_logged("draining");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.exit().code(), Some(75), "the session on it was cut");
    daemon.until_logged("left behind");
}
