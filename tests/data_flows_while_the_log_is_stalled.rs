//! Promise: the daemon whose log nobody takes starts, echoes, answers its operators, drains on TERM and ends in order, as if nothing were the
//! matter.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod operator;

use std::io::{BufRead, BufReader, ErrorKind, PipeWriter, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use operator::{Answer, PATIENCE, exposition};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};

/// A pipe that takes no byte more: the next write to it waits for ever.
fn full_pipe() -> (std::io::PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let flags = fcntl_getfl(writer.as_fd()).unwrap();
    fcntl_setfl(writer.as_fd(), flags | OFlags::NONBLOCK).unwrap();
    for size in [4096, 1] {
        while writer.write(&vec![b'x'; size]).is_ok() {}
    }
    assert_eq!(writer.write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    fcntl_setfl(writer.as_fd(), flags).unwrap();
    (reader, writer)
}

struct Daemon {
    process: Child,
    echo: SocketAddr,
    admin: SocketAddr,
}

impl Daemon {
    fn start(log: PipeWriter) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_oread"))
            .args(["serve", "--set", "listener.echo.bind=tcp://127.0.0.1:0"])
            .args(["--set", "admin.bind=127.0.0.1:0", "--set", "log.level=trace"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut banner = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = |scheme: &str| {
            let line = banner.find_map(|line| Some(line.unwrap().split_once(scheme)?.1.to_owned()));
            line.expect("a line of the banner").parse().unwrap()
        };
        let (echo, admin) = (address("tcp://"), address("http://"));
        Self { process, echo, admin }
    }

    fn echo(&self, payload: &[u8]) {
        let mut stream = connect(self.echo);
        let frame = [&u32::try_from(payload.len()).unwrap().to_be_bytes(), payload].concat();
        stream.write_all(&frame).unwrap();
        let mut answer = vec![0; frame.len()];
        stream.read_exact(&mut answer).expect("the frame comes back");
        assert_eq!(answer, frame);
    }

    fn get(&self, path: &str) -> Answer {
        let mut stream = connect(self.admin);
        write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Answer::parse(&text)
    }

    /// Waits for something that may take a moment.
    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        }
    }

    fn terminate(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let start = Instant::now();
        while self.process.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "the end waits for the log");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Only an assertion that failed finds it alive.
        let _ = self.process.kill();
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn it_echoes_answers_and_drains() {
    let (unread, log) = full_pipe();
    let daemon = Daemon::start(log);
    daemon.until("ready", |daemon| daemon.get("/readyz").code == 200);
    for nth in 0..200_u32 {
        daemon.echo(&nth.to_be_bytes());
    }
    let closed = |daemon: &Daemon| {
        let shown = exposition::read(&daemon.get("/metrics").body);
        let closed = &shown["oread_sessions_closed_total"].samples;
        closed.iter().find(|sample| sample.label("reason") == "peer_closed").unwrap().value
    };
    daemon.until("every session ended", |daemon| closed(daemon) > 199.5);
    let status: serde_json::Value = serde_json::from_str(&daemon.get("/status").body).unwrap();
    assert_eq!(status["listeners"][0]["closed"]["peer_closed"], 200);
    daemon.terminate();
    drop(unread);
}
