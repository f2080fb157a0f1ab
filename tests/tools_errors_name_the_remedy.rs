//! Promise: a tool that cannot do what was asked says why and what to do, with the exit code that says whose fault it is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tools_fixture;

use tools_fixture::{code, complained, echo, honest, nobody, oread, said, serve};

fn refused(words: &[&str], exit: i32, remedy: &str) {
    let output = oread(words);
    let text = complained(&output) + &said(&output);
    assert_eq!(code(&output), exit, "{words:?}: {text}");
    assert!(text.contains(remedy), "{words:?} should say {remedy:?}: {text}");
}

#[test]
fn nobody_listens() {
    refused(&["bench", "echo", &nobody()], 69, "does a server listen there?");
    refused(&["ping", &nobody(), "-c", "1"], 69, "does a server listen there?");
}

#[test]
fn somebody_listens_who_is_no_echo() {
    let silent = serve(|_, stream| {
        echo(stream, |_, answer| {
            answer.clear();
            true
        });
    });
    refused(
        &["bench", "echo", &silent, "--timeout", "100ms"],
        69,
        "is it an echo with this --codec and --size?",
    );
    refused(
        &["ping", &silent, "-c", "1", "-W", "100ms"],
        69,
        "no answer within 100ms: does its codec match --codec",
    );
}

#[test]
fn a_server_of_another_codec_is_suspected() {
    let closing = serve(|_, stream| echo(stream, |_, _| false));
    let told = "closed by the server with 1 frame unanswered: does its codec match --codec";
    refused(&["ping", &closing, "-c", "1"], 69, told);
    let changing = serve(|_, stream| {
        echo(stream, |_, answer| {
            answer[0] ^= 1;
            true
        });
    });
    refused(&["ping", &changing, "-c", "1"], 69, ": is this an echo with this --codec?");
}

#[test]
fn what_makes_no_sense_is_a_matter_of_usage() {
    let address = honest();
    let bench =
        |more: &[&'static str], remedy| refused(&[&["bench", "echo", &address], more].concat(), 64, remedy);
    bench(&["--rate", "0"], "above 0");
    bench(&["--rate", "5", "--depth", "2"], "cannot be used with");
    bench(&["--size", "0"], "such as 64B or 4KiB");
    bench(&["--size", "64MiB", "--connections", "100"], "lower one of the three");
    bench(&["--duration", "0s"], "give it a second or more");
    refused(&["ping", "localhost"], 64, "write HOST:PORT");
    refused(&["ping", "/tmp/e.sock"], 64, "a path? write unix:///tmp/e.sock");
    refused(&["ping", "udp://127.0.0.1:7"], 64, "use tcp:// or unix://");
}

#[test]
fn a_server_that_is_gone_has_no_figures() {
    let pid = if cfg!(target_os = "linux") { "no such process" } else { "which only Linux has" };
    refused(&["bench", "echo", &honest(), "--pid", "4000000000"], 69, pid);
}

#[cfg(target_os = "linux")]
#[test]
fn more_connections_than_descriptors_are_refused_before_the_first() {
    refused(&["bench", "echo", &honest(), "-c", "4000000000", "-s", "1B"], 64, "lower one of the three");
    let output = std::process::Command::new("prlimit")
        .args(["--nofile=100:100", env!("CARGO_BIN_EXE_oread"), "bench", "echo", &honest(), "-c", "90"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 64);
    assert!(
        complained(&output).contains("90 connections need 122 open files, but this process may have 100")
    );
}
