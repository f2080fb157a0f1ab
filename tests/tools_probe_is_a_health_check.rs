//! Promise: `oread probe` exits 0 when the daemon says that it is ready, 69 in every other case, and never hangs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tools_fixture;

use std::io::{Read, Write};

use tools_fixture::{code, complained, nobody, oread, serve};

fn answering(answer: &'static str) -> String {
    serve(move |_, mut stream| {
        let mut request = [0; 1024];
        let count = stream.read(&mut request).unwrap();
        assert!(request[..count].starts_with(b"GET /readyz HTTP/1.1\r\nHost: "));
        stream.write_all(answer.as_bytes()).unwrap();
    })
}

fn probe(admin: &str) -> (i32, String) {
    let output = oread(&["probe", "--admin", admin, "--timeout", "1s"]);
    (code(&output), complained(&output))
}

#[test]
fn ready_is_0_and_silent() {
    assert_eq!(probe(&answering("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n")), (0, String::new()));
}

#[test]
fn not_ready_is_69_with_the_reason() {
    let (exit, text) = probe(&answering("HTTP/1.1 503 Service Unavailable\r\n\r\ndraining\n"));
    assert_eq!(exit, 69);
    assert!(text.contains("not ready: 503 draining"), "{text}");
}

#[test]
fn nobody_a_stranger_and_silence_are_69() {
    let silence = serve(|_, mut stream| {
        let _until_the_probe_has_gone = stream.read_to_end(&mut Vec::new());
    });
    for (admin, reason) in [
        (nobody(), "is the daemon running"),
        (answering("SSH-2.0-OpenSSH_9.2\r\n"), "is this the admin address?"),
        (silence, "no answer within 1s"),
    ] {
        let (exit, text) = probe(&admin);
        assert_eq!(exit, 69, "{text}");
        assert!(text.contains(reason), "{text}");
    }
}
