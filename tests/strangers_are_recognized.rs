//! Promise: a client that speaks TLS, HTTP or the other byte order on a plain port is closed like any frame that is too large, and the log says
//! what it probably is: once, with the peer, never with what it sent.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{Program, frame};

/// The start of a `ClientHello` (RFC 8446, 4.1.2, in a record of 5.1).
const CLIENT_HELLO: &[u8] = &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0xde, 0xad];

#[track_caller]
fn assert_recognized(said: &[u8], hint: &str) {
    let daemon = Program::start(&[]);
    let mut stranger = daemon.connect();
    let peer = stranger.0.local_addr().unwrap().to_string();
    stranger.send(said).expect_close();
    let line = daemon.until_logged("frame_too_large");
    assert!(line.contains(hint) && line.contains(&peer), "{line}");
    assert!(!daemon.log().contains("secret"), "a payload in the log");
    daemon.until("it is counted", |metrics| metrics.closed("frame_too_large") == 1);
}

#[test]
fn tls() {
    assert_recognized(&[CLIENT_HELLO, b"secret"].concat(), "TLS");
}

#[test]
fn http() {
    assert_recognized(b"GET /secret HTTP/1.1\r\nhost: localhost\r\n\r\n", "HTTP");
}

#[test]
fn the_wrong_byte_order() {
    let mut bytes = frame(b"secret");
    bytes[..4].reverse();
    assert_recognized(&bytes, "byte_order");
}

#[test]
fn text_that_a_person_types() {
    assert_recognized(b"hello there, secret\n", "looks like text");
}
