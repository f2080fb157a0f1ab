//! Promise: connections that are refused are counted, and told of in the log by reason: how many, and the last of them; a flood of them does
//! not flood the log.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Instant;

use support::Program;

const FLOOD: i64 = 200;

#[test]
fn once_in_a_while_for_each_reason() {
    let since = Instant::now();
    let daemon = Program::start(&["listener.echo.limits.sessions=1", "log.format=json"]);
    let mut seated = daemon.connect();
    seated.echo(b"the only place");
    for _ in 0..FLOOD {
        let _ = daemon.connect().rest();
    }
    daemon.until("they are counted", |metrics| metrics.refused("listener_full") == FLOOD);
    daemon.until_logged("connections refused");
    seated.echo(b"undisturbed");

    let log = daemon.log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter(|line| line.contains("connections refused"))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // One for each interval that was begun.
    let most = since.elapsed().as_secs() / 10 + 1;
    assert!(lines.len() as u64 <= most, "{} lines", lines.len());
    for line in &lines {
        assert_eq!((&line["listener"], &line["reason"]), (&"echo".into(), &"listener_full".into()), "{line}");
        assert!(line["last_peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
    }
    assert_eq!(lines[0]["connections"], 1, "the first is told at once");
}
