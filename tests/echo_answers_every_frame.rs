//! Promise: what is sent comes back, byte for byte and in order: every size up to the maximum, pipelined or not, on every listener and codec.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use oread::settings::{Address, CodecSettings, LineSettings, ListenerSettings};
use support::{Daemon, Wire, frame, frames, settings};

fn beside(name: &str, address: &str, codec: CodecSettings) -> ListenerSettings {
    let bind = Address::Tcp(address.parse().unwrap());
    ListenerSettings { codec, ..ListenerSettings::echo(name, bind) }
}

#[test]
fn frames_of_every_size_come_back() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    for size in [0, 1, 2, 3, 4, 5, 100, 4096, 65_536, 262_140, 262_144, 262_148, 1 << 20] {
        let payload: Vec<u8> = (0..size).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
        client.echo(&payload);
    }
    drop(client);
    let metrics = daemon.assert_settles();
    assert_eq!((metrics.frames("received"), metrics.closed("peer_closed")), (13, 1));
}

#[test]
fn a_stream_of_pipelined_frames_comes_back_in_order() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    let sent = frames(20_000, 100);
    let mut writer = client.0.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| std::io::Write::write_all(&mut writer, &sent).unwrap());
        client.expect(&sent);
    });
    client.half_close();
    client.expect_close();
    assert_eq!(daemon.assert_settles().frames("sent"), 20_000);
}

#[test]
fn several_listeners_each_speak_their_codec() {
    let mut settings = settings();
    settings.listeners.push(beside("lines", "127.0.0.1:0", CodecSettings::Lines(LineSettings::default())));
    settings.listeners.push(beside("bytes", "127.0.0.1:0", CodecSettings::Bytes));
    let daemon = Daemon::start(settings);

    daemon.connect().echo(b"a frame");
    let mut lines = Wire::connect(daemon.address("lines"));
    lines.send(b"half a line, ").send(b"its end\r\nanother\n").expect(b"half a line, its end\r\nanother\n");
    let mut bytes = Wire::connect(daemon.address("bytes"));
    bytes.send(&[0, 255, 3]).expect(&[0, 255, 3]);
    drop((lines, bytes));

    let metrics = daemon.assert_settles();
    let received = |listener| metrics.sum("oread_frames_total", &[listener, "direction=\"received\""]);
    assert_eq!(received("listener=\"lines\""), 2);
}

#[test]
fn both_families_are_answered_on_a_dual_stack_address() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return; // a host without IPv6
    }
    let mut settings = settings();
    settings.listeners.push(beside("six", "[::1]:0", CodecSettings::default()));
    settings.listeners.push(beside("both", "[::]:0", CodecSettings::default()));
    let daemon = Daemon::start(settings);

    Wire::connect(daemon.address("six")).echo(b"over IPv6");
    let port = daemon.address("both").port();
    Wire::connect(([127, 0, 0, 1], port).into()).echo(b"over IPv4");
    Wire::connect(([0_u16, 0, 0, 0, 0, 0, 0, 1], port).into()).echo(b"over IPv6");
    assert_eq!(daemon.assert_settles().closed("peer_closed"), 3);
}

#[test]
fn what_was_sent_before_the_end_of_the_stream_is_answered_before_the_end() {
    let daemon = Daemon::start(settings());
    for size in [0, 10, 100_000] {
        let mut client = daemon.connect();
        client.send(&frame(&vec![7; size])).half_close();
        assert_eq!(client.receive(), vec![7; size]);
        client.expect_close();
    }
    daemon.assert_settles();
}
