//! Promise: over a healthy relay the load client accounts for every message of every shape of load, and finds nothing wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;
mod tools_fixture;

use oread::settings::{
    CodecSettings, LineSettings, ListenerSettings, RelayProtocol, RelaySettings, ServiceKind,
};
use support::Daemon;
use tools_fixture::{code, json, oread, said};

const SHORT: [&str; 4] = ["--duration", "200ms", "--warmup", "50ms"];

fn daemon(protocol: RelayProtocol, change: impl FnOnce(&mut ListenerSettings)) -> Daemon {
    let mut settings = support::settings();
    settings.listeners[0].service =
        ServiceKind::Relay(Box::new(RelaySettings { protocol, ..RelaySettings::default() }));
    change(&mut settings.listeners[0]);
    Daemon::start(settings)
}

fn plain() -> RelayProtocol {
    RelayProtocol::Plain { room: "lobby".into() }
}

fn count(report: &serde_json::Value, of: &str) -> u64 {
    report["account"][of].as_u64().unwrap_or_else(|| panic!("no {of} in {report}"))
}

fn all_came(daemon: &Daemon, shape: &[&str]) -> serde_json::Value {
    let address = daemon.address("echo").to_string();
    let output = oread(&[&["bench", "relay", &address, "--json"], &SHORT[..], shape].concat());
    let report = json(&output);
    assert_eq!(code(&output), 0, "{shape:?}: {report}");
    assert!(count(&report, "published") > 0, "{shape:?}: {report}");
    assert!(report["latency"]["count"].as_u64() > Some(0), "{shape:?}: {report}");
    assert_eq!(count(&report, "received"), count(&report, "due"), "{shape:?}: {report}");
    let audience = report["members"].as_u64().unwrap();
    assert_eq!(count(&report, "due"), count(&report, "published") * audience, "{shape:?}: {report}");
    report
}

#[test]
fn in_protocol_1() {
    let daemon = daemon(RelayProtocol::Oread, |_| {});
    for shape in [
        &["--members", "5"][..],
        &["--members", "3", "--publishers", "3", "--depth", "16", "--batch", "4"],
        &["--members", "2", "--rooms", "5", "--threads", "2", "--depth", "8", "--size", "4KiB"],
        &["--members", "4", "--rate", "2000", "--batch", "5", "--publishers", "2"],
    ] {
        all_came(&daemon, shape);
    }
    daemon.until_active(0);
}

#[test]
fn in_plain_mode_with_either_codec() {
    let lines = daemon(plain(), |listener| listener.codec = CodecSettings::Lines(LineSettings::default()));
    all_came(&lines, &["--plain", "--members", "5", "--depth", "8"]);
    all_came(&lines, &["--plain", "--members", "3", "--publishers", "2", "--rate", "1000"]);
    let lengths = daemon(plain(), |_| {});
    let report = all_came(&lengths, &["--plain", "--codec", "length-delimited", "--members", "4"]);
    assert_eq!(report["codec"], "length-delimited");
}

#[test]
fn every_message_has_its_receipt() {
    let daemon = daemon(RelayProtocol::Oread, |_| {});
    let report = all_came(&daemon, &["--members", "2", "--receipts", "--depth", "4", "--publishers", "2"]);
    assert_eq!(report["receipts"]["received"].as_u64(), Some(count(&report, "published")));
    assert!(report["receipts"]["latency"]["count"].as_u64() > Some(0), "{report}");
}

#[test]
fn people_read_what_programs_read() {
    let daemon = daemon(RelayProtocol::Oread, |_| {});
    let address = daemon.address("echo").to_string();
    let output = oread(&[&["bench", "relay", &address, "--members", "2", "--receipts"], &SHORT[..]].concat());
    let text = said(&output);
    for part in [
        "closed loop: 1 room with 2 members and 1 publisher each, 64 B, 1 in flight a publisher",
        "0 announced missing (0 gaps), 0 lost",
        "receipts  ",
        "failures  none: everyone got each message once",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}
