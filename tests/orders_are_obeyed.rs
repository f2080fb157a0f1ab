//! Promise: a storm of hangups is answered by at least one report and never by as many; a report says what would change or why nothing can; and
//! an order to stop gets through.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use rustix::process::Signal;
use support::Program;

#[test]
fn a_storm_of_hangups_coalesces_and_the_data_flows() {
    const STORM: i64 = 2_000;
    let mut daemon = Program::start(&[]);
    let mut client = daemon.connect();
    for _ in 0..STORM / 20 {
        (0..20).for_each(|_| daemon.signal(Signal::HUP));
        client.echo(b"meanwhile");
    }
    let reloads =
        daemon.until("it has answered", |metrics| metrics.sum("oread_config_reloads_total", &[]) > 0);
    let answers = reloads.sum("oread_config_reloads_total", &["result=\"unchanged\""]);
    assert!(answers < STORM, "{answers} answers to {STORM} hangups");
    daemon.signal(Signal::TERM);
    client.expect_close();
    drop(client);
    assert_eq!(daemon.exit().code(), Some(0));
    assert!(daemon.log().contains("what is in force already"));
}

#[test]
fn a_report_says_what_would_change_and_a_bad_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oread.toml");
    std::fs::write(&file, "[listener.echo.limits]\nidle = \"10m\"\n").unwrap();
    let daemon = Program::start(&[&format!("--config={}", file.display())]);
    let mut client = daemon.connect();

    std::fs::write(&file, "[listener.echo.limits]\nidle = \"5m\"\n").unwrap();
    daemon.signal(Signal::HUP);
    daemon.until_logged("a reload would change listener.echo.limits.idle");
    std::fs::write(&file, "[listener.echo.limits]\nidel = \"5m\"\n").unwrap();
    daemon.signal(Signal::HUP);
    let refusal = daemon.until_logged("reload refused");
    assert!(refusal.contains("idel") && refusal.contains("idle"), "{refusal}");

    client.echo(b"as before");
    let result = |result| daemon.metrics().sum("oread_config_reloads_total", &[result]);
    assert_eq!((result("result=\"reported\""), result("result=\"refused\"")), (1, 1));
}
