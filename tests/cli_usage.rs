//! Promise: the command line explains itself: wrong use is 64 on stderr, what was asked for is on stdout, and a reader that leaves is no error.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::{Command as Process, Stdio};
use std::time::Duration;

use assert_cmd::Command;

fn oread(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oread"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OREAD_")) {
        command.env_remove(name);
    }
    command.timeout(Duration::from_secs(20)).args(arguments);
    command
}

fn data(arguments: &[&str]) -> String {
    let output = oread(arguments).assert().code(0);
    assert!(output.get_output().stderr.is_empty(), "{arguments:?}");
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

#[test]
fn wrong_use_is_64() {
    for arguments in [
        &["--confg", "x"][..],
        &["serv"],
        &["echo"],
        &["relay"],
        &["relay", ":0", "--room", "tea"],
        &["relay", ":0", "--codec", "lines"],
        &["config"],
        &["config", "defualt"],
        &["completions", "dos"],
        &["man", "serv"],
    ] {
        let output = oread(arguments).assert().code(64);
        assert!(
            !output.get_output().stderr.is_empty() && output.get_output().stdout.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn what_is_nearly_right_gets_a_tip() {
    for (arguments, tip) in [
        (&["check", "nope.toml"][..], "tip: name a file with --config nope.toml"),
        (&["serve", "nope.toml"], "tip: name a file with --config nope.toml"),
        (&["three.toml"], "tip: name a file with --config three.toml"),
        (&["config", "effective", "x"], "tip: name a file with --config x"),
        (&["bench", "127.0.0.1:7000"], "tip: oread bench echo 127.0.0.1:7000"),
        (
            &["echo", ":0", "--set", "listener.echo.bind=:1"],
            "the address is given twice: ADDR and --set listener.echo.bind",
        ),
        (
            &["relay", ":0", "--set", "listener.rooms.bind=:1"],
            "the address is given twice: ADDR and --set listener.rooms.bind",
        ),
    ] {
        let output = oread(arguments).assert().code(64);
        let told = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(told.contains(tip), "{arguments:?} should say {tip:?}: {told}");
    }
}

#[test]
fn help_and_version_are_data() {
    assert!(data(&["--help"]).contains("completions"));
    assert!(data(&["echo", "--help"]).contains("ADDR"));
    assert!(data(&["relay", "--help"]).contains("--plain"));
    let version = data(&["--version"]);
    assert!(version.starts_with(concat!("oread ", env!("CARGO_PKG_VERSION"), "\ncommit ")), "{version}");
    assert_eq!(data(&["-V"]), concat!("oread ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_configuration_is_shown_in_its_forms() {
    assert_eq!(data(&["config", "default"]), oread::config::reference());
    assert_eq!(data(&["config", "schema"]).parse::<serde_json::Value>().unwrap(), oread::config::schema());
    let variables = data(&["config", "env", "--listener", "my-echo"]);
    assert!(variables.contains("\nOREAD__LISTENER__MY_ECHO__BIND "), "{variables}");
    let effective = data(&["config", "effective", "--set", "log.level=debug"]);
    assert!(
        effective.contains("level = \"debug\"") && effective.contains("# --set log.level"),
        "{effective}"
    );
    let json: serde_json::Value = data(&["config", "effective", "--json"]).parse().unwrap();
    assert_eq!(json["listener.echo.limits.sessions"]["value"], 10_000);
    assert_eq!(json["listener.echo.limits.sessions"]["origin"], "built in");
}

#[test]
fn every_shell_has_completions_and_every_command_a_page() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(data(&["completions", shell]).contains("oread"), "{shell}");
    }
    assert!(data(&["man"]).contains(".TH oread 1"));
    for command in [
        &["serve"][..],
        &["echo"],
        &["relay"],
        &["check"],
        &["config"],
        &["config", "effective"],
        &["completions"],
        &["man"],
    ] {
        let page = data(&[&["man"], command].concat());
        assert!(page.contains(&format!(".TH oread-{} 1", command.join("-"))), "{page}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = Process::new(env!("CARGO_BIN_EXE_oread"))
        .args(["config", "schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
