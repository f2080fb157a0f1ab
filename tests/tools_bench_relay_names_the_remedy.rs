//! Promise: when a relay cannot be loaded as asked, the load client says why and what to change, with the exit code that says whose
//! matter it is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;
mod tools_fixture;

use oread::settings::{
    CodecSettings, LineSettings, NamePattern, RelayProtocol, RelaySettings, RoomSettings, ServiceKind,
    WhenBehind,
};
use support::Daemon;
use tools_fixture::{code, complained, nobody, oread, said};

fn daemon(relay: RelaySettings, codec: Option<CodecSettings>) -> Daemon {
    let mut settings = support::settings();
    settings.listeners[0].service = ServiceKind::Relay(Box::new(relay));
    settings.listeners[0].codec = codec.unwrap_or(settings.listeners[0].codec.clone());
    Daemon::start(settings)
}

fn plain() -> RelaySettings {
    RelaySettings { protocol: RelayProtocol::Plain { room: "lobby".into() }, ..RelaySettings::default() }
}

fn lines() -> CodecSettings {
    CodecSettings::Lines(LineSettings::default())
}

fn refused_at(address: &str, words: &[&str], exit: i32, remedies: &[&str]) {
    let short = ["--duration", "100ms", "--warmup", "0s", "--timeout", "400ms"];
    let output = oread(&[&["bench", "relay", address], &short[..], words].concat());
    let text = complained(&output) + &said(&output);
    assert_eq!(code(&output), exit, "{words:?}: {text}");
    for remedy in remedies {
        assert!(text.contains(remedy), "{words:?} should say {remedy:?}: {text}");
    }
}

fn refused(daemon: &Daemon, words: &[&str], exit: i32, remedies: &[&str]) {
    refused_at(&daemon.address("echo").to_string(), words, exit, remedies);
}

#[test]
fn nobody_listens() {
    refused_at(&nobody(), &[], 69, &["does a relay listen there?", "oread relay 127.0.0.1:7001"]);
}

#[test]
fn a_plain_relay_where_the_protocol_was_expected() {
    refused(&daemon(plain(), Some(lines())), &["--members", "3"], 69, &["add --plain"]);
    refused(&daemon(plain(), None), &["--members", "3"], 69, &["add --plain"]);
}

#[test]
fn an_echo_where_a_relay_was_expected() {
    let echo = Daemon::start(support::settings());
    refused(&echo, &["--members", "1"], 69, &["there is `oread bench echo`"]);
}

#[test]
fn the_protocol_where_a_plain_relay_was_expected() {
    let daemon = daemon(RelaySettings::default(), None);
    refused(&daemon, &["--plain", "--members", "2"], 69, &["leave out --plain"]);
    let lengths = ["--plain", "--codec", "length-delimited", "--members", "2"];
    refused(&daemon, &lengths, 69, &["leave out --plain"]);
}

#[test]
fn a_plain_relay_of_another_codec() {
    let words = ["--plain", "--codec", "length-delimited", "--members", "2"];
    refused(&daemon(plain(), Some(lines())), &words, 69, &["--codec"]);
    refused(&daemon(plain(), None), &["--plain", "--members", "2"], 69, &["--codec"]);
}

#[test]
fn rooms_that_are_not_permitted() {
    let only = |name: &str| vec![NamePattern::new(name)];
    let join = daemon(RelaySettings { join: only("lobby"), ..RelaySettings::default() }, None);
    refused(&join, &["--members", "2"], 69, &["not_permitted", "relay.join", "--room"]);
    refused(&join, &["--members", "2", "--room", "lobby"], 0, &[]);
    let publish = daemon(RelaySettings { publish: only("lobby"), ..RelaySettings::default() }, None);
    refused(
        &publish,
        &["--members", "2"],
        69,
        &["publisher 0", "when 2 were in", "not_permitted", "relay.publish"],
    );
}

#[test]
fn rooms_that_are_full_or_too_many() {
    let room = RoomSettings { members: 3, ..RoomSettings::default() };
    let daemon = daemon(RelaySettings { room, rooms_max: 2, ..RelaySettings::default() }, None);
    refused(&daemon, &["--members", "5"], 69, &["when 3 were in", "room_full", "fewer --members"]);
    refused(&daemon, &["--members", "1", "--rooms", "3"], 69, &["no_more_rooms", "fewer --rooms"]);
}

#[test]
fn a_room_that_ends_who_falls_behind() {
    let room = RoomSettings {
        log_bytes: 256 << 10,
        log_messages: 64,
        when_behind: WhenBehind::Disconnect,
        ..RoomSettings::default()
    };
    let daemon = daemon(RelaySettings { room, ..RelaySettings::default() }, None);
    let address = daemon.address("echo").to_string();
    let words = ["--members", "2", "--stalled", "1", "--size", "16KiB", "--depth", "4", "--warmup", "0s"];
    let output = oread(&[&["bench", "relay", &address, "--duration", "2s"], &words[..]].concat());
    assert_eq!(code(&output), 1, "{}", said(&output));
    for part in ["FAILURES  1, of them 1 session", "room bench, member 2: ", "room.when_behind"] {
        assert!(said(&output).contains(part), "{part:?} is not in {}", said(&output));
    }
}

#[test]
fn payloads_over_the_limit() {
    let daemon = daemon(RelaySettings::default(), None);
    refused(&daemon, &["--size", "2MiB", "--members", "1"], 69, &["lower --size", "frame.max"]);
}

#[test]
fn what_makes_no_sense_is_a_matter_of_usage() {
    let usage = |words: &[&str], remedy: &str| refused_at(&nobody(), words, 64, &[remedy]);
    usage(&["--size", "8"], "give it 24 B or more");
    usage(&["--batch", "4", "--depth", "2"], "raise it");
    usage(&["--rate", "0"], "above 0");
    usage(&["--rate", "5", "--depth", "2"], "cannot be used with");
    usage(&["--plain", "--rooms", "2"], "cannot be used with");
    usage(&["--plain", "--receipts"], "cannot be used with");
    usage(&["--codec", "lines"], "--plain");
    usage(&["--plain", "--codec", "bytes"], "no frame borders");
    usage(&["--room", ""], "names no room");
    usage(&["--size", "64MiB", "--depth", "100"], "lower one of the three");
}
