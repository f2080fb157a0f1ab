//! Promise: a token in HELLO is looked at by whoever decides who may be here, and refused unseen where others could have read it. The daemon
//! by itself takes any, where it may come at all.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

use oread::app::App;
use oread::peer::{Peer, SessionId};
use oread::protocol::{ClientFrame, ErrorCode, Hello};
use oread::relay::Authority;
use oread::settings::{Address, ListenerSettings, RelaySettings, Settings};
#[cfg(unix)]
use relay_fixture::bytes;
use relay_fixture::{Client, Heard, assert_settles, hello};
use support::{Daemon, Wire};

/// Lets in who knows the word, and remembers what it was shown.
#[derive(Clone, Default)]
struct Doorkeeper {
    shown: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Authority for Doorkeeper {
    fn may_join(&self, _: SessionId, _: Peer, _: &str) -> bool {
        true
    }

    fn may_publish(&self, _: SessionId, _: Peer, _: &str) -> bool {
        true
    }

    fn accepts(&self, _: Peer, token: &[u8]) -> bool {
        self.shown.lock().unwrap().push(token.to_vec());
        token == b"sesame"
    }
}

fn settings(address: Address, insecure_tokens: bool) -> Settings {
    let relay = RelaySettings { insecure_tokens, ..RelaySettings::default() };
    let mut settings = support::settings();
    settings.listeners = vec![ListenerSettings::relay("rooms", address, relay)];
    settings
}

fn here(insecure_tokens: bool) -> Settings {
    settings(Address::Tcp(([127, 0, 0, 1], 0).into()), insecure_tokens)
}

/// A daemon that can be reached from other hosts.
fn open_to_others(insecure_tokens: bool) -> Settings {
    settings(Address::Tcp(([0, 0, 0, 0], 0).into()), insecure_tokens)
}

fn guarded(settings: Settings) -> (Daemon, Doorkeeper) {
    let doorkeeper = Doorkeeper::default();
    (Daemon::run(App::builder(settings).authority(doorkeeper.clone())), doorkeeper)
}

/// Says HELLO with this token.
fn show(wire: Wire, token: &[u8]) -> Client {
    let mut client = Client::over(wire);
    client.say(&ClientFrame::Hello(Hello { token, ..hello() }));
    client
}

fn is_welcome(mut client: Client) {
    assert!(matches!(client.hear(), Heard::Welcome { .. }));
    client.expect_life();
}

/// An address of this host that is not loopback; none if it has no network.
fn outside() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    // Sends nothing: it asks from where one would be sent. (An address for documentation, RFC 5737.)
    socket.connect(("192.0.2.1", 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn the_daemon_by_itself_takes_any() {
    let daemon = Daemon::start(here(false));
    for token in [&b"sesame"[..], b"\0\xff", &[7; 4000]] {
        is_welcome(show(Wire::connect(daemon.address("rooms")), token));
    }
    assert_settles(&daemon);
}

#[cfg(unix)]
#[test]
fn a_unix_socket_may_carry_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rooms.sock");
    let (_daemon, doorkeeper) = guarded(settings(Address::Unix(path.clone()), false));
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    std::io::Write::write_all(
        &mut stream,
        &bytes(&ClientFrame::Hello(Hello { token: b"sesame", ..hello() })),
    )
    .unwrap();
    let mut answer = [0; 5];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(answer[4], 0x81, "not WELCOME");
    assert_eq!(*doorkeeper.shown.lock().unwrap(), [b"sesame"]);
}

#[test]
fn one_that_is_not_valid_or_missing_ends_the_session() {
    let (daemon, doorkeeper) = guarded(here(false));
    let address = daemon.address("rooms");
    for (token, why) in [(&b"open up"[..], "not valid"), (b"", "a token is needed here")] {
        let (before, text) = show(Wire::connect(address), token).expect_end(ErrorCode::BadToken);
        assert_eq!(before, []);
        assert!(text.contains(why), "{text}");
    }
    is_welcome(show(Wire::connect(address), b"sesame"));
    assert_eq!(*doorkeeper.shown.lock().unwrap(), [&b"open up"[..], b"", b"sesame"]);
    let metrics = assert_settles(&daemon);
    assert_eq!((metrics.closed("bad_token"), metrics.closed("token_exposed")), (2, 0));
}

#[test]
fn one_that_others_could_read_is_refused_unseen_unless_that_is_allowed() {
    let Some(outside) = outside() else { return };
    let (daemon, doorkeeper) = guarded(open_to_others(false));
    let there = |daemon: &Daemon| Wire::connect(SocketAddr::new(outside, daemon.address("rooms").port()));
    let (before, text) = show(there(&daemon), b"sesame").expect_end(ErrorCode::TokenExposed);
    assert_eq!(before, []);
    assert!(text.contains("should be considered known"), "{text}");
    assert_eq!(*doorkeeper.shown.lock().unwrap(), [[0; 0]; 0]);
    // The same listener, from this host.
    is_welcome(show(Wire::connect(([127, 0, 0, 1], daemon.address("rooms").port()).into()), b"sesame"));
    let metrics = assert_settles(&daemon);
    assert_eq!((metrics.closed("token_exposed"), metrics.closed("bad_token")), (1, 0));

    let (daemon, _) = guarded(open_to_others(true));
    is_welcome(show(there(&daemon), b"sesame"));
}
