//! Promise: the files that are shipped are right: each loads, and the reference file, the handbook and the program say the same of every key.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use oread::config::{self, options};
use oread::settings::Settings;

const REFERENCE: &str = include_str!("../config/oread.toml");
const HANDBOOK: &str = include_str!("../docs/configuration.md");

fn shipped() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

/// Text with the line feeds of Unix, whatever the checkout made of them.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[test]
fn each_shipped_file_loads() {
    let files = shipped();
    assert!(files.len() >= 7, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(problems) = config::parse_for("linux", &path.display().to_string(), &text) {
            panic!("{problems}");
        }
    }
}

#[test]
fn the_reference_file_is_what_the_table_says() {
    assert_eq!(
        unix(REFERENCE),
        config::reference(),
        "write it anew: oread config default > config/oread.toml"
    );
}

#[test]
fn the_handbook_is_what_the_table_says() {
    let handbook = unix(HANDBOOK);
    assert!(handbook.ends_with(&config::handbook()), "its last part is made by `oread config handbook`");
}

#[test]
fn the_defaults_of_the_table_are_those_of_the_program() {
    assert_eq!(config::parse_str("empty", "").unwrap().settings, Settings::default());
    assert_eq!(config::load(&config::Sources::default()).unwrap().settings, Settings::default());
}

#[test]
fn the_reference_file_changes_nothing_on_any_system() {
    for os in ["linux", "macos", "windows", "freebsd"] {
        let empty = config::parse_for(os, "empty", "").unwrap();
        let reference = config::parse_for(os, "oread.toml", REFERENCE).unwrap();
        assert_eq!(empty.settings, reference.settings, "{os}");
    }
}

#[test]
fn the_reference_file_holds_every_key() {
    let reference = config::parse_str("oread.toml", REFERENCE).unwrap().effective;
    let relay = ["relay.", "room.", "rooms."].map(|section| format!("listener.echo.{section}"));
    for (key, _) in options::keys(["echo"]) {
        let of_relay = relay.iter().any(|section| key.starts_with(section));
        let key = if of_relay { key.replacen("echo", "rooms", 1) } else { key };
        let entry = reference.find(&key).expect(&key);
        assert!(entry.place.to_string().starts_with("oread.toml:"), "{key} is not in it");
    }
}

/// One value that is not the default for each key that needs a particular one, with what it takes to mean
/// something.
#[cfg(target_os = "linux")]
const PARTICULAR: [(&str, &str); 17] = [
    ("admin.bind", "off"),
    ("log.level", "debug"),
    ("listener.echo.bind", "tcp://127.0.0.1:7010"),
    ("listener.echo.service", "mine"),
    ("listener.echo.codec", "lines"),
    ("listener.echo.frame.length_bytes", "8"),
    ("listener.echo.frame.max", "2KiB"),
    ("listener.echo.outbox.bytes", "2MiB"),
    ("listener.echo.limits.read_rate", "1MiB"),
    ("listener.echo.socket.congestion", "cubic"),
    ("listener.echo.socket.bind_device", "lo"),
    ("listener.echo.socket.keepalive", "false"),
    ("listener.echo.socket.mode", "0600"),
    ("log.format", "json"),
    ("listener.echo.relay.protocol", "plain"),
    ("listener.echo.room.log_bytes", "8MiB"),
    ("listener.echo.room.when_behind", "disconnect"),
];

#[test]
#[cfg(target_os = "linux")]
fn every_key_reaches_the_settings() {
    use oread::config::{Assignment, Sources};
    // A token is refused on the command line; `admin_ends_a_session_for_a_token` holds the other ways.
    let keys = options::keys(["echo"]).into_iter().filter(|(key, _)| key != "admin.token");
    for (key, option) in keys {
        let particular =
            PARTICULAR.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
        let value = particular.unwrap_or_else(|| other_than_default(option));
        let relay = "listener.echo.service=relay";
        let context: &[&str] = match key.as_str() {
            "listener.echo.socket.mode" => &["listener.echo.bind=unix:///tmp/x.sock"],
            "listener.echo.socket.only_v6" => &["listener.echo.bind=tcp://[::]:7000"],
            "listener.echo.relay.room" => &[relay, "listener.echo.relay.protocol=plain"],
            "listener.echo.room.history" => &[relay, "listener.echo.room.max_age=1h"],
            key if ["relay.", "room.", "rooms."].iter().any(|section| key.contains(section)) => &[relay],
            _ => &[],
        };
        let context: Vec<_> = context.iter().copied().map(Assignment::set).collect();
        let settings = |set: Vec<Assignment>| {
            let sources = Sources { set, services: vec!["mine".into()], ..Sources::default() };
            config::load(&sources).unwrap_or_else(|problems| panic!("{problems}")).settings
        };
        let before = settings(context.clone());
        let after = settings([context, vec![Assignment::set(format!("{key}={value}"))]].concat());
        assert_ne!(before, after, "{key}={value} changes nothing");
    }
}

#[cfg(target_os = "linux")]
fn other_than_default(option: &options::Opt) -> String {
    let candidates = ["true", "false", "32MiB", "7s", "3", "little", "drop-oldest"];
    let fits = |text: &&&str| {
        let read = |text: &str| option.kind.read(&config::kind::Written::Loose(text.into()));
        read(text).is_ok() && read(text) != read(option.default)
    };
    (*candidates.iter().find(fits).expect(option.name)).into()
}
