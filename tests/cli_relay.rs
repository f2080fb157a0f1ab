//! Promise: `oread relay ADDR` is a relay from one line: with the protocol, or plain, where a frame is a line unless told otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::Parser;
use oread::cli::{Arguments, Command, RelayArgs};
use oread::config::{self, Sources};
use oread::settings::{
    Address, CodecSettings, ListenerSettings, RelayProtocol, RelaySettings, ServiceKind, WhenBehind,
};

fn typed(arguments: &[&str]) -> RelayArgs {
    let arguments = ["oread", "relay"].iter().chain(arguments);
    match Arguments::try_parse_from(arguments).unwrap().command {
        Some(Command::Relay(args)) => args,
        other => panic!("{other:?}"),
    }
}

/// What it asks for, whatever the environment of this test says.
fn sources(arguments: &[&str]) -> Sources {
    Sources { env: Vec::new(), ..typed(arguments).into() }
}

#[track_caller]
fn listener(arguments: &[&str]) -> (ListenerSettings, RelaySettings) {
    let loaded = config::load(&sources(arguments)).unwrap_or_else(|problems| panic!("{problems}"));
    let [listener] = &loaded.settings.listeners[..] else { panic!("{:?}", loaded.settings.listeners) };
    let ServiceKind::Relay(relay) = &listener.service else { panic!("{:?}", listener.service) };
    (listener.clone(), (**relay).clone())
}

#[test]
fn an_address_is_enough() {
    let (listener, relay) = listener(&["127.0.0.1:7001"]);
    assert_eq!(listener.bind, Address::Tcp(([127, 0, 0, 1], 7001).into()));
    assert_eq!(listener.codec, CodecSettings::default());
    assert_eq!(relay, RelaySettings::default());
}

#[test]
fn a_plain_one_speaks_lines() {
    let (plain, relay) = listener(&[":7001", "--plain"]);
    assert_eq!(plain.codec.name(), "lines");
    assert_eq!(relay.protocol, RelayProtocol::Plain { room: "lobby".into() });
    let (plain, relay) = listener(&[":7001", "--plain", "--room", "tea", "--codec", "length-delimited"]);
    assert_eq!(plain.codec.name(), "length-delimited");
    assert_eq!(relay.protocol, RelayProtocol::Plain { room: "tea".into() });
}

#[test]
fn all_else_is_set_by_key() {
    let (_, relay) = listener(&[":7001", "--set", "listener.rooms.room.when_behind=disconnect"]);
    assert_eq!(relay.room.when_behind, WhenBehind::Disconnect);
}

#[test]
fn what_is_wrong_is_told_of_the_argument_that_said_it() {
    let told = |arguments: &[&str]| config::load(&sources(arguments)).unwrap_err().to_string();
    let codec = told(&[":7001", "--plain", "--codec", "line"]);
    assert!(codec.starts_with("--codec: listener.rooms.codec: `line` is not one of its values"), "{codec}");
    let address = told(&["localhost:7001"]);
    assert!(
        address.starts_with("ADDR: listener.rooms.bind: `localhost:7001` is not an address"),
        "{address}"
    );
    let bytes = told(&[":7001", "--plain", "--codec", "bytes"]);
    assert!(
        bytes.starts_with("--codec: listener.rooms.codec: room.when_behind = \"skip\" (built in) leaves"),
        "{bytes}"
    );
}
