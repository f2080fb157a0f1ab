//! Promise: what a relay announces missing is counted to the message, and is no failure.
//!
//! Scenario: a room keeps a tiny log, and a member reads nothing until the load ends. It then reads what the kernel held for it, GAPs for
//! what it missed, and the rest: together just what was published.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;
mod tools_fixture;

use std::time::Duration;

use oread::settings::{RelaySettings, RoomSettings, ServiceKind};
use support::Daemon;
use tools_fixture::{code, json, oread};

#[test]
fn a_stalled_member_learns_exactly_what_it_missed() {
    let mut settings = support::settings();
    let room = RoomSettings { log_bytes: 256 << 10, log_messages: 64, ..RoomSettings::default() };
    let listener = &mut settings.listeners[0];
    // Shorter than the load: who stalls still lives.
    let keepalive = Duration::from_secs(2);
    listener.service =
        ServiceKind::Relay(Box::new(RelaySettings { room, keepalive, ..RelaySettings::default() }));
    let daemon = Daemon::start(settings);

    let address = daemon.address("echo").to_string();
    let words = ["--members", "2", "--stalled", "2", "--size", "16KiB", "--depth", "4", "--warmup", "0s"];
    let output = oread(&[&["bench", "relay", &address, "--json", "--duration", "4s"], &words[..]].concat());
    let report = json(&output);
    assert_eq!(code(&output), 0, "{report}");
    let account = |of: &str| report["account"][of].as_u64().unwrap();
    assert!(account("announced_missing") > 0 && account("gaps") > 0, "{report}");
    assert_eq!(account("received") + account("announced_missing"), account("due"), "{report}");
    assert_eq!(account("due"), 4 * account("published"), "{report}");
    assert_eq!(account("lost"), 0, "{report}");
    // The relay counts the same.
    assert_eq!(
        daemon.metrics().sum("oread_room_gap_messages_total", &[]),
        i64::try_from(account("announced_missing")).unwrap()
    );
}
