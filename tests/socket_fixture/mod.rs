//! What the socket tests share: listeners on port 0, and a client and its accepted end. Not a test.

#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    reason = "each test uses its part"
)]

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use oread::settings::{Address, ListenerSettings};
use oread::socket::{Bound, Listening, OptionReading};

pub const PATIENCE: Duration = Duration::from_secs(10);

/// Whether this host has IPv6: some containers do not, and a test of it then says so and ends.
pub fn host_has_ipv6() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    if !has {
        eprintln!("not tested: this host has no IPv6");
    }
    has
}

/// An echo listener named `front` on an internet address.
pub fn listener(address: &str) -> ListenerSettings {
    ListenerSettings::echo("front", Address::Tcp(address.parse().unwrap()))
}

pub fn port(bound: &Bound) -> u16 {
    match &bound.local {
        Address::Tcp(address) => address.port(),
        Address::Unix(_) => panic!("not TCP"),
    }
}

pub fn connect(bound: &Bound) -> TcpStream {
    match &bound.local {
        Address::Tcp(address) => TcpStream::connect(address).unwrap(),
        Address::Unix(_) => panic!("not TCP"),
    }
}

/// The next connection of any of the listening sockets.
pub fn accept(bound: &Bound) -> TcpStream {
    let deadline = Instant::now() + PATIENCE;
    loop {
        for socket in tcp(bound) {
            match socket.accept() {
                Ok((accepted, _)) => return accepted,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
        }
        assert!(Instant::now() < deadline, "nothing to accept");
        thread::yield_now();
    }
}

pub fn tcp(bound: &Bound) -> impl Iterator<Item = &TcpListener> {
    bound.listeners.iter().map(|listening| match listening {
        Listening::Tcp(socket) => socket,
        #[cfg(unix)]
        Listening::Unix(_) => panic!("not TCP"),
    })
}

pub fn on<'a>(bound: &'a Bound, option: &str) -> &'a OptionReading {
    bound.readings.iter().find(|reading| reading.name == option).unwrap()
}
