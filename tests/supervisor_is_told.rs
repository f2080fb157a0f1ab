//! Promise: systemd hears what becomes of the daemon: ready, reloading and ready again, stopping, and in between that its control loop still
//! turns.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

#[test]
fn the_supervisor_is_told_of_every_stage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    supervisor.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut daemon = Daemon(
        Command::new(env!("CARGO_BIN_EXE_oread"))
            .args(["serve", "--set", "listener.echo.bind=tcp://127.0.0.1:0", "--set", "admin.bind=off"])
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "100000")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );

    wait_for(&supervisor, "READY=1");
    wait_for(&supervisor, "WATCHDOG=1");
    daemon.signal(rustix::process::Signal::HUP);
    let reloading = wait_for(&supervisor, "RELOADING=1");
    assert!(
        reloading.contains("MONOTONIC_USEC="),
        "without it systemd cannot tell old answers from new: {reloading:?}"
    );
    wait_for(&supervisor, "READY=1");
    daemon.signal(rustix::process::Signal::TERM);
    wait_for(&supervisor, "STOPPING=1");
    assert!(daemon.0.wait().unwrap().success());
}

/// The next message that says `word`; fails when none comes.
fn wait_for(supervisor: &UnixDatagram, word: &str) -> String {
    let mut message = [0; 512];
    loop {
        let length =
            supervisor.recv(&mut message).unwrap_or_else(|error| panic!("{word} was never said: {error}"));
        let message = String::from_utf8_lossy(&message[..length]).into_owned();
        if message.lines().any(|line| line == word) {
            return message;
        }
    }
}

/// A daemon that does not outlive its test.
struct Daemon(Child);

impl Daemon {
    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _ = self.0.wait();
    }
}
