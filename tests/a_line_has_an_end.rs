//! Promise: a line that does not end is closed at the limit, having cost no more than the limit. One that ends there passes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;

use oread::settings::{CodecSettings, LineSettings, Settings};
use support::Daemon;

const MAX: usize = 10_000;

fn settings() -> Settings {
    let mut settings = support::settings();
    settings.listeners[0].codec = CodecSettings::Lines(LineSettings { max: MAX as u64 });
    settings
}

#[test]
fn a_line_without_an_end_is_closed_at_the_limit() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    client.send(b"a short one\n").expect(b"a short one\n");
    // It may well be closed while we still send.
    let _ = client.0.write_all(&vec![b'x'; 100 * MAX]);
    drop(client);
    let metrics = daemon.assert_settles();
    assert_eq!((metrics.closed("frame_too_large"), metrics.frames("sent")), (1, 1));
}

#[test]
fn a_line_of_just_the_limit_passes_and_one_more_byte_does_not() {
    let daemon = Daemon::start(settings());
    let mut line = vec![b'x'; MAX];
    line.push(b'\n');
    daemon.connect().send(&line).expect(&line);
    line.insert(0, b'x');
    daemon.connect().send(&line).expect_close();
    let metrics = daemon.assert_settles();
    assert_eq!((metrics.closed("frame_too_large"), metrics.closed("peer_closed")), (1, 1));
}

#[test]
fn an_unfinished_line_at_the_end_of_the_stream_is_truncated() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    client.send(b"whole\nhalf").half_close();
    client.expect(b"whole\n");
    client.expect_close();
    assert_eq!(daemon.assert_settles().closed("truncated"), 1);
}
