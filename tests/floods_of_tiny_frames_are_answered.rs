//! Promise: floods of frames without a payload, or with one byte, are answered to the last, in memory that does not grow with their number.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;

use support::{Program, frame};

const FRAMES: usize = 400_000;

fn flood(daemon: &Program, payload: &[u8]) {
    let mut client = daemon.connect();
    let sent = frame(payload).repeat(FRAMES);
    let mut writer = client.0.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&sent).unwrap());
        client.expect(&sent);
    });
}

#[test]
fn they_are_answered_to_the_last_while_others_are_served() {
    let daemon = Program::start(&[]);
    let mut other = daemon.connect();
    other.echo(b"before");
    flood(&daemon, b"");
    let before = daemon.resident();
    std::thread::scope(|scope| {
        let floods = [&b""[..], b"x"].map(|payload| scope.spawn(|| flood(&daemon, payload)));
        while floods.iter().any(|flood| !flood.is_finished()) {
            other.echo(b"meanwhile");
        }
    });
    let grown = daemon.resident().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes for frames that were all answered");
    drop(other);
    let metrics = daemon.until("all are gone", |metrics| metrics.active() == 0);
    metrics.assert_settled();
    assert!(metrics.frames("sent") > 3 * i64::try_from(FRAMES).unwrap());
}

#[test]
fn a_flood_that_nobody_reads_pauses_its_own_session_only() {
    let daemon = Program::start(&["listener.echo.limits.write_stall=0s"]);
    let mut deaf = daemon.connect();
    deaf.0.set_nonblocking(true).unwrap();
    let sent = frame(b"").repeat(16_384);
    // Until neither the daemon nor the kernel takes any more.
    let mut took = 0;
    let mut refusals = 0;
    let mut other = daemon.connect();
    while refusals < 200 {
        match deaf.0.write(&sent[took % 4..]) {
            Ok(written) => (took, refusals) = (took + written, 0),
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
                refusals += 1;
                other.echo(b"served");
            }
        }
    }
    let metrics = daemon.metrics();
    assert_eq!(metrics.sum("oread_sessions", &["state=\"blocked\""]), 1);
    assert!(metrics.sum("oread_outbox_bytes", &[]) <= 2 << 20, "the limit, and the batch that found room");
    assert!(daemon.resident() < 64 << 20, "{} bytes", daemon.resident());
}
