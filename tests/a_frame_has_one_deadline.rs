//! Promise: a frame has one deadline, from its first byte. Bytes that trickle in do not put it off, whether they are of the header or of the
//! body.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use oread::settings::Settings;
use support::{Daemon, PATIENCE, Wire};

const FRAME: Duration = Duration::from_millis(600);

fn settings() -> Settings {
    let mut settings = support::settings();
    settings.listeners[0].limits.frame = FRAME;
    settings
}

/// Sends one byte of `bytes` after the other until the daemon closes. Says how long that took.
fn trickle(client: &mut Wire, bytes: impl Iterator<Item = u8>) -> Duration {
    client.0.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let started = Instant::now();
    for byte in bytes {
        assert!(started.elapsed() < PATIENCE, "it was never closed");
        client.0.write_all(&[byte]).unwrap();
        match client.0.read(&mut [0]) {
            Ok(0) => return started.elapsed(),
            Ok(_) => panic!("an answer to half a frame"),
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            }
        }
    }
    panic!("it was not closed in time");
}

#[test]
fn a_body_byte_by_byte_is_cut_off() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    client.echo(b"hello");
    let took = trickle(&mut client, [0, 0, 1, 0].into_iter().chain(std::iter::repeat(b'x')));
    assert!(took + oread::tick::TICK >= FRAME, "{took:?} is too soon, even for a clock that counts ticks");
    drop(client);
    assert_eq!(daemon.assert_settles().closed("frame_timeout"), 1);
}

#[test]
fn a_header_byte_by_byte_is_cut_off() {
    let mut settings = settings();
    settings.listeners[0].codec =
        oread::settings::CodecSettings::LengthDelimited(oread::settings::FrameSettings {
            length_offset: 64,
            ..Default::default()
        });
    let daemon = Daemon::start(settings);
    let mut client = daemon.connect();
    trickle(&mut client, std::iter::repeat(0));
    drop(client);
    assert_eq!(daemon.assert_settles().closed("frame_timeout"), 1);
}

#[test]
fn frames_one_after_the_other_each_have_their_own() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    let started = Instant::now();
    // Each read ends inside a frame, so that one is always open; none of them for long.
    while started.elapsed() < 2 * FRAME {
        client.send(&[0, 0, 0]).send(&[2, b'a']).send(b"b");
        assert_eq!(client.receive(), b"ab");
    }
    drop(client);
    assert_eq!(daemon.assert_settles().closed("peer_closed"), 1);
}

#[test]
fn a_first_frame_that_never_comes_ends_the_handshake() {
    let mut settings = settings();
    settings.listeners[0].limits.handshake = FRAME;
    let daemon = Daemon::start(settings);
    daemon.connect().expect_close();
    assert_eq!(daemon.assert_settles().closed("handshake_timeout"), 1);
}

#[test]
fn silence_ends_a_session_and_conversation_does_not() {
    let mut settings = settings();
    settings.listeners[0].limits.idle = FRAME;
    let daemon = Daemon::start(settings);
    let mut silent = daemon.connect();
    let mut talking = daemon.connect();
    silent.echo(b"hello");
    silent.0.set_nonblocking(true).unwrap();
    while !matches!(silent.0.read(&mut [0]), Ok(0)) {
        talking.echo(b"still here");
    }
    talking.echo(b"and after it");
    daemon.until("one has timed out", |metrics| metrics.closed("idle_timeout") == 1 && metrics.active() == 1);
}

#[test]
fn a_lifetime_ends_even_a_busy_session() {
    let mut settings = settings();
    settings.listeners[0].limits.lifetime = FRAME;
    let daemon = Daemon::start(settings);
    let mut client = daemon.connect();
    let started = Instant::now();
    while client.0.write_all(&support::frame(b"busy")).is_ok()
        && client.0.read(&mut [0; 8]).is_ok_and(|read| read > 0)
    {
        assert!(started.elapsed() < PATIENCE);
    }
    drop(client);
    assert_eq!(daemon.assert_settles().closed("lifetime"), 1);
}
