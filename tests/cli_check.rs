//! Promise: a bad configuration ends with code 78 within 200 ms of a processor and binds nothing; a good one with 0.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use assert_cmd::Command;

fn oread() -> Command {
    clean(env!("CARGO_BIN_EXE_oread"))
}

/// A program that finds no settings in its environment.
fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OREAD_")) {
        command.env_remove(name);
    }
    command.timeout(Duration::from_secs(20));
    command
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oread.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_good_configuration_is_0() {
    let (_directory, path) = file("[listener.a]\nbind = \"127.0.0.1:7000\"\n");
    let output = oread().arg("check").arg("--config").arg(path).assert().code(0);
    assert!(output.get_output().stdout.is_empty(), "diagnostics go to stderr");
}

#[test]
fn a_bad_configuration_is_78_for_every_command_that_reads_it() {
    let (_directory, path) = file("[log]\nlevle = \"info\"\n");
    for command in [&["check"][..], &["serve"], &[], &["config", "effective"]] {
        let output = oread().args(command).arg("--config").arg(&path).assert().code(78);
        let told = stderr(output.get_output());
        assert!(told.contains("oread.toml:2:1: log.levle: there is no such key"), "{told}");
        assert!(output.get_output().stdout.is_empty(), "{command:?}");
        assert!(!told.contains('\x1b'), "no colour where no terminal reads");
    }
    oread().args(["echo", "localhost:7000"]).assert().code(78);
}

#[test]
fn a_program_is_answered_in_json_on_stdout() {
    let (_directory, path) = file("[log]\nlevle = \"info\"\n");
    for command in [&["check"][..], &["config", "effective"]] {
        let output = oread().args(command).arg("--json").arg("--config").arg(&path).assert().code(78);
        let told: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!(told["ok"], false);
        assert_eq!(told["problems"][0]["line"], 2);
    }
    let output = oread().args(["check", "--json"]).assert().code(0);
    assert_eq!(output.get_output().stdout, b"{\"ok\":true,\"problems\":[]}\n");
}

#[test]
fn the_environment_is_read() {
    let output =
        oread().arg("check").env("OREAD__LOG__LEVEL", "inof").env("OREAD_LOG", "x").assert().code(78);
    let told = stderr(output.get_output());
    assert!(told.contains("OREAD__LOG__LEVEL: log.level: `inof` is not a level"), "{told}");
    assert!(told.ends_with("2 problems in the configuration; nothing was started\n"), "{told}");
}

#[test]
fn nothing_is_bound_while_anything_is_wrong() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("[listener.a]\nbind = \"{}\"\n[log]\nlevle = \"info\"\n", taken.local_addr().unwrap());
    let (_directory, path) = file(&text);
    let output = oread().arg("serve").arg("--config").arg(&path).assert().code(78);
    assert!(
        stderr(output.get_output()).starts_with(&format!("{}:4:1: log.levle", path.display())),
        "the taken port was not tried"
    );
}

/// Of a processor: what else the machine does meanwhile is not the program's.
#[cfg(unix)]
#[test]
fn it_takes_less_than_200_ms() {
    let (_directory, path) = file("[log]\nlevle = \"info\"\n[listener.a]\nbind = \"nowhere\"\n");
    let script = r#""$@"; code=$?; times; exit $code"#;
    let words = ["-c", script, "sh", env!("CARGO_BIN_EXE_oread"), "serve", "--config"];
    let ended = clean("sh").args(words).arg(path).env("LC_ALL", "C").assert().code(78);
    // The shell's own times, then those of its children: user and system, each such as 0m0.012s.
    let times = String::from_utf8(ended.get_output().stdout.clone()).unwrap();
    let spent: f64 = times.lines().last().unwrap().split(' ').map(seconds).sum();
    assert!(spent < 0.2, "{times}");
}

#[cfg(unix)]
fn seconds(time: &str) -> f64 {
    let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
    minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
}
