//! Promise: after a storm of sessions that ended in every way that there is, every gauge is back at zero, every session has ended for one
//! reason, and every frame is accounted for.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;
use std::time::Duration;

use oread::settings::WhenFull;
use support::{Daemon, Wire, frame, frames};

const ROUNDS: usize = 20;

fn deaf(mut client: Wire) -> Wire {
    client.0.set_nonblocking(true).unwrap();
    let sent = frames(100, 50_000);
    let mut at = 0;
    while let Ok(written) = client.0.write(&sent[at..]) {
        at = (at + written) % sent.len();
    }
    client
}

/// One session in each of many ways of ending. Gives back those that wait for the daemon to end them.
fn storm(daemon: &Daemon) -> Vec<Wire> {
    let mut clients: Vec<Wire> = (0..10).map(|_| daemon.connect()).collect();
    let mut next = || clients.pop().unwrap();
    next().echo(b"closed");
    next().send(&frame(b"closed without reading"));
    next().reset();
    next().send(&frame(&vec![0; 50_000])[..30_000]).half_close();
    next().send(&u32::MAX.to_be_bytes()).expect_close();
    drop(next());
    let mut half = next();
    half.send(&frames(20, 1_000)).half_close();
    assert_eq!(half.rest().0.len(), 20);
    let mut silent = next();
    silent.echo(b"and then silence");
    let mut partial = next();
    partial.send(&frame(&vec![0; 50_000])[..40_000]);
    vec![silent, partial, deaf(next())]
}

#[track_caller]
fn assert_settles_after_a_storm(when_full: WhenFull) {
    let mut settings = support::settings();
    settings.runtime.workers = 2.try_into().unwrap();
    let listener = &mut settings.listeners[0];
    listener.outbox.when_full = when_full;
    listener.socket.send_buffer = Some(32 << 10);
    // Time for those who do not end by it, on a busy machine too.
    listener.limits.idle = Duration::from_secs(4);
    listener.limits.frame = Duration::from_secs(3);
    listener.limits.write_stall = Duration::from_secs(3);
    let daemon = Daemon::start(settings);
    let waiting: Vec<Wire> = (0..ROUNDS).flat_map(|_| storm(&daemon)).collect();
    let metrics = daemon.assert_settles();
    drop(waiting);
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!(metrics.closed("frame_too_large"), rounds);
    assert_eq!(metrics.closed("truncated"), rounds);
    assert_eq!(metrics.closed("idle_timeout"), rounds);
    // One was left inside a frame; one reads nothing, and may have been left inside a frame as well.
    let unfinished = ["frame_timeout", "write_stall", "outbox_full"].map(|reason| metrics.closed(reason));
    assert_eq!(unfinished.iter().sum::<i64>(), 2 * rounds, "{unfinished:?}");
    let status = daemon.status();
    assert_eq!(status["process"]["queued_bytes"]["used"], 0);
    assert_eq!(status["process"]["partial_frame_bytes"]["used"], 0);
    assert_eq!(status["process"]["sessions"]["used"], 0);
    let report = daemon.stop();
    assert_eq!((report.finished, report.cut), (0, 0));
}

#[test]
fn with_readers_that_are_waited_for() {
    assert_settles_after_a_storm(WhenFull::Block);
}

#[test]
fn with_the_oldest_dropped() {
    assert_settles_after_a_storm(WhenFull::DropOldest);
}

#[test]
fn with_the_newest_dropped() {
    assert_settles_after_a_storm(WhenFull::DropNewest);
}

#[test]
fn with_slow_readers_disconnected() {
    assert_settles_after_a_storm(WhenFull::Disconnect);
}
