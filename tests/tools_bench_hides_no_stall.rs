//! Promise: in an open loop, latency counts from when a frame was due, so a server's stall shows in every frame that it delayed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tools_fixture;

use std::time::{Duration, Instant};

use tools_fixture::{code, echo, json, oread, serve};

const STALL: Duration = Duration::from_millis(400);

/// One pause, half a second after the first byte: the fault under test.
fn stalling() -> String {
    serve(|_, stream| {
        let begun = Instant::now();
        let mut stalled = false;
        echo(stream, move |_, _| {
            if !stalled && begun.elapsed() > Duration::from_millis(500) {
                stalled = true;
                std::thread::sleep(STALL);
            }
            true
        });
    })
}

fn nanos(report: &serde_json::Value, of: &str) -> u64 {
    report["latency"][of].as_u64().unwrap()
}

#[test]
fn a_stall_delays_all_that_was_due_meanwhile() {
    let words = ["--rate", "1000", "-c", "1", "--duration", "1500ms", "--warmup", "0s", "--json"];
    let output = oread(&[&["bench", "echo", &stalling()], &words[..]].concat());
    let report = json(&output);
    assert_eq!(code(&output), 0, "{report}");
    // A quarter of the frames fell into the stall. A client that counts from sending would show one.
    assert!(nanos(&report, "p90_ns") > 100_000_000, "{report}");
    assert!(nanos(&report, "max_ns") > 350_000_000, "{report}");
}

#[test]
fn what_was_due_and_not_sent_is_told() {
    let words =
        ["--rate", "1000000", "-c", "1", "-s", "4KiB", "--duration", "200ms", "--warmup", "0s", "--json"];
    let stuck = serve(|_, stream| {
        echo(stream, |echoed, _| {
            if echoed > 0 {
                std::thread::sleep(STALL);
            }
            true
        });
    });
    let output = oread(&[&["bench", "echo", &stuck], &words[..]].concat());
    assert!(json(&output)["failures"]["frames_unsent"].as_u64().unwrap() > 100_000, "{}", json(&output));
}
