//! Promise: a peer that writes all it has before it reads anything gets what it is owed and a clean end, though the daemon stops meanwhile:
//! what still arrives is read away, so that nothing is reset, and the session counts as finished.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{ErrorKind, Write};
use std::time::Duration;

use oread::lifecycle::Order;
use support::{Daemon, Ending, frames, settings};

#[test]
fn nothing_is_reset_and_nobody_is_cut() {
    let daemon = Daemon::start(settings());
    let mut peer = daemon.connect();
    let all = frames(4_000, 10_000);
    let mut sent = write_until_blocked(&mut peer.0, &all);
    daemon.until("it is owed more than its outbox holds", |metrics| {
        metrics.sum("oread_reads_paused_total", &[]) > 0
    });
    daemon.order(Order::Stop);

    peer.0.write_all(&all[sent..]).expect("what still arrives is read away");
    sent = all.len();
    peer.half_close();
    let (received, ending) = peer.rest();
    assert_eq!(ending, Ending::Closed);
    assert!(!received.is_empty() && received.concat().len() < sent, "some were owed, not all");
    let report = daemon.ended();
    assert_eq!((report.finished, report.cut), (1, 0));
}

/// Writes as far as the socket takes it without a reader at the other end. Says how far that was.
fn write_until_blocked(stream: &mut std::net::TcpStream, bytes: &[u8]) -> usize {
    stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut sent = 0;
    let blocked = loop {
        match stream.write(&bytes[sent..]) {
            Ok(written) => sent += written,
            Err(error) => break error,
        }
    };
    assert!(matches!(blocked.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{blocked}");
    stream.set_write_timeout(Some(support::PATIENCE)).unwrap();
    sent
}
