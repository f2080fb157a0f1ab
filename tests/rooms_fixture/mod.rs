//! Clients of a relay over real sockets, which hold the daemon to its promise: each position of a room comes once, in order, or is announced
//! missing, or is one's own. Not a test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test uses its part"
)]

mod cast;
mod guest;
mod ledger;
mod random;
pub mod storm;

pub use cast::{Audience, END, Speaker, hear_to_the_end, is_end};
pub use guest::{Ears, Guest, Heard, LOBBY, Mouth, Quiet};
pub use ledger::{Chronicle, Ledger};
pub use random::Random;

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use oread::settings::{
    CodecSettings, FrameSettings, RelayProtocol, RelaySettings, RoomSettings, ServiceKind, Settings,
};
use socket2::{Domain, Socket, Type};

#[cfg(unix)]
use crate::support::Program;
use crate::support::{self, PATIENCE, Wire};

/// The kernel's buffers in these tests, at each end: small, so that a member that does not read is soon behind.
pub const KERNEL: u32 = 16 << 10;
/// The longest frame of these listeners.
pub const FRAME: u64 = 64 << 10;

/// A relay of protocol 1 on the listener `echo`, whose rooms have these limits.
pub fn relay(room: RoomSettings) -> Settings {
    with(RelaySettings { room, keepalive: Duration::ZERO, ..RelaySettings::default() })
}

/// A relay in plain mode.
pub fn plain(room: RoomSettings) -> Settings {
    let protocol = RelayProtocol::Plain { room: LOBBY.into() };
    with(RelaySettings { protocol, room, ..RelaySettings::default() })
}

/// A relay with these settings.
pub fn with(relay: RelaySettings) -> Settings {
    let mut settings = support::settings();
    let listener = &mut settings.listeners[0];
    listener.service = ServiceKind::Relay(Box::new(relay));
    listener.codec = CodecSettings::LengthDelimited(FrameSettings { max: FRAME, ..FrameSettings::default() });
    listener.socket.send_buffer = Some(KERNEL);
    settings
}

/// The same in a process of its own, with more settings.
#[cfg(unix)]
pub fn program(settings: &[&str]) -> Program {
    let relay = [
        "listener.echo.service=relay",
        "listener.echo.relay.keepalive=0s",
        "listener.echo.frame.max=64KiB",
        "listener.echo.room.log_bytes=256KiB",
        "listener.echo.socket.send_buffer=16KiB",
        "log.format=json",
    ];
    Program::start(&[&relay[..], settings].concat())
}

/// A client of the listener `echo` without a protocol. Its buffer is small before it is connected: a window must not shrink.
pub fn narrow(address: SocketAddr) -> Wire {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(KERNEL as usize).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    Wire(stream)
}

/// Plays the clients' part, on this thread. The daemon outlives it, since it may not end where clients are awaited.
pub fn play<T>(part: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(part)
}

/// Waits until `holds`, while other tasks go on.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let all = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    in_time(what, all).await;
}

/// This, within the patience of a test.
pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("it never came to this: {what}"))
}
