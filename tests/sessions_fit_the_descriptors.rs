//! Promise: the session limit fits the descriptor limit: `auto` shrinks to what there is and says so; a number that cannot be carried is
//! refused, with the arithmetic.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::Command;

use support::Program;

#[test]
fn auto_shrinks_and_says_so() {
    let daemon = Program::after("ulimit -n 200", &[]);
    let line = daemon.until_logged("limits.sessions");
    assert!(line.contains("descriptor limit 200"), "{line}");
    let limit = daemon.metrics().sum("oread_process_sessions_limit", &[]);
    assert!((1..200).contains(&limit), "{limit}");
    // As many as it says, and each of them works.
    let mut clients: Vec<_> = (0..limit).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.echo(b"carried");
    }
    let _ = daemon.connect().rest();
    let metrics = daemon.until("one more is refused", |metrics| metrics.refused("process_full") == 1);
    assert_eq!(metrics.sum("oread_accept_errors_total", &[]), 0);
}

#[test]
fn a_low_soft_limit_is_raised() {
    let daemon = Program::after("ulimit -Sn 100", &[]);
    let limit = daemon.metrics().sum("oread_process_sessions_limit", &[]);
    assert!(limit > 100, "{limit}");
}

#[test]
fn a_number_that_cannot_be_carried_is_refused_with_the_arithmetic() {
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 200; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_oread"), "serve"])
        .args(["--set", "limits.sessions=1000", "--set", "admin.bind=127.0.0.1:0"])
        .args(["--set", "listener.echo.bind=tcp://127.0.0.1:0"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{told}");
    for part in ["limits.sessions = 1000", "the limit is 200", "ulimit"] {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
    assert!(output.stdout.is_empty(), "nothing was started");
}
