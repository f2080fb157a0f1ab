//! Promise: the difference between two configurations names each changed key, both values, and what a reload does with it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::config::{diff, parse_for};

fn changes(old: &str, new: &str) -> Vec<String> {
    let effective =
        |text| parse_for("linux", "f", text).unwrap_or_else(|problems| panic!("{problems}")).effective;
    diff(&effective(old), &effective(new)).iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_changed_is_no_change() {
    let text = "[listener.a]\nbind = \":7000\"\n";
    assert_eq!(changes(text, text), [""; 0]);
    assert_eq!(
        changes("", include_str!("../config/oread.toml")),
        [""; 0],
        "the same values from other places"
    );
}

#[test]
fn each_key_says_what_becomes_of_it() {
    let new = "[runtime]\nworkers = 3\n[log]\nlevel = \"debug\"\n[listener.echo.limits]\nidle = \"5m\"\n";
    assert_eq!(
        changes("[listener.echo]\n", new),
        [
            "runtime.workers: \"auto\" becomes 3 (restart)",
            "log.level: \"info\" becomes \"debug\" (live)",
            "listener.echo.limits.idle: \"10m\" becomes \"5m\" (new sessions)",
        ]
    );
}

#[test]
fn listeners_come_and_go_as_a_whole() {
    assert_eq!(
        changes(
            "[listener.a]\nbind = \":7001\"\n",
            "[listener.b]\nbind = \":7002\"\n[listener.b.limits]\nidle = \"1s\"\n"
        ),
        [
            "listener.a: goes, it was on \"tcp://0.0.0.0:7001\" (live)",
            "listener.b: comes, on \"tcp://0.0.0.0:7002\" (live)"
        ]
    );
}
