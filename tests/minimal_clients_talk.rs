//! Promise: the minimal clients that newcomers copy talk to the daemon, and the one in Python comes back when it is cut, hearing nothing twice
//! and missing nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cuttable;
#[allow(dead_code, unreachable_pub)]
#[path = "../examples/minimal_client.rs"]
mod minimal_client;
mod support;

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use cuttable::Cuttable;
use oread::settings::{Address, ListenerSettings, RelaySettings, Settings};
use support::{Daemon, PATIENCE, settings};

/// What lines begin with that are said until someone hears them.
const CALL: &str = "hey, ";

/// A client that runs: what it is told, what it shows.
struct Chatter {
    keyboard: Box<dyn Write>,
    screen: Receiver<String>,
    process: Option<Child>,
}

fn relay() -> Settings {
    let mut settings = settings();
    let mut relay = RelaySettings::default();
    relay.room.history = PATIENCE;
    settings.listeners =
        vec![ListenerSettings::relay("rooms", Address::Tcp(([127, 0, 0, 1], 0).into()), relay)];
    settings
}

#[test]
fn two_in_rust_chat() {
    let daemon = Daemon::start(relay());
    let (mut ada, mut bob) = (rust(daemon.address("rooms")), rust(daemon.address("rooms")));
    acquaint(&mut ada, &mut bob);
    ada.types("hé, bob");
    bob.shows("hé, bob");
    bob.types("hello, ada");
    ada.shows("hello, ada");
}

#[test]
fn python_and_rust_chat_and_python_comes_back() {
    let daemon = Daemon::start(relay());
    let way = Cuttable::to(daemon.address("rooms"));
    // Passed over where there is no python3.
    let Some(mut ada) = python(way.address) else { return };
    let mut bob = rust(daemon.address("rooms"));
    acquaint(&mut ada, &mut bob);
    for round in 0..5 {
        way.cut();
        // Said while ada is away, or before it knows, or after it is back.
        for line in 0..20 {
            bob.types(&format!("line {round}.{line}"));
        }
        for line in 0..20 {
            ada.shows(&format!("line {round}.{line}"));
        }
        ada.until_heard_by(&mut bob, &format!("ada is back from {round}"));
    }
}

/// Both are in the room once each has heard the other.
fn acquaint(one: &mut Chatter, other: &mut Chatter) {
    one.until_heard_by(other, "is anyone here?");
    other.until_heard_by(one, "I am");
}

impl Chatter {
    fn types(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Asserts that the next message shown is this one.
    fn shows(&mut self, line: &str) {
        let shown = self.next();
        assert!(shown.ends_with(&format!(": {line}")), "{shown:?} is not {line:?}");
    }

    /// Says it until the other shows it: a line that is said into a connection that is cut is lost.
    fn until_heard_by(&mut self, other: &mut Self, line: &str) {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            self.types(&format!("{CALL}{line}"));
            let wait = std::time::Duration::from_millis(20);
            while let Ok(shown) = other.screen.recv_timeout(wait) {
                if shown.ends_with(line) {
                    return;
                }
            }
            assert!(std::time::Instant::now() < deadline, "nobody hears {line:?}");
        }
    }

    fn next(&mut self) -> String {
        loop {
            let line = self.screen.recv_timeout(PATIENCE).expect("a line in time");
            // What was called again and again may still come.
            if !line.starts_with("-- ") && !line.contains(CALL) {
                return line;
            }
            assert!(!line.contains("missed") && !line.contains("error"), "{line}");
        }
    }
}

impl Drop for Chatter {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn python(address: SocketAddr) -> Option<Chatter> {
    Command::new("python3").arg("--version").output().ok()?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/minimal_client.py");
    let mut process = Command::new("python3")
        .args([script, &address.to_string(), "lobby", "ada"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let keyboard = Box::new(process.stdin.take().unwrap());
    let screen = lines_of(process.stdout.take().unwrap());
    Some(Chatter { keyboard, screen, process: Some(process) })
}

fn rust(address: SocketAddr) -> Chatter {
    let (keyboard, typed) = sync_channel::<Vec<u8>>(1024);
    let (shown, screen) = io::pipe().unwrap();
    thread::spawn(move || {
        let lines = typed.into_iter().map(|line| Ok(String::from_utf8(line).unwrap()));
        let _ = minimal_client::chat(&address.to_string(), "lobby", "bob", lines, screen);
    });
    Chatter { keyboard: Box::new(Keyboard(keyboard, Vec::new())), screen: lines_of(shown), process: None }
}

fn lines_of(shown: impl io::Read + Send + 'static) -> Receiver<String> {
    let (lines, screen) = sync_channel(4096);
    thread::spawn(move || {
        BufReader::new(shown).lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
    });
    screen
}

/// Hands over what was typed at the end of each line.
struct Keyboard(SyncSender<Vec<u8>>, Vec<u8>);

impl Write for Keyboard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        if self.1.ends_with(b"\n") {
            self.1.pop();
            self.0.send(std::mem::take(&mut self.1)).map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
