//! Promise: in plain mode each frame goes, as it came, to everyone else in the listener's room, in one order, whatever the codec.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use oread::settings::{
    CodecSettings, LineSettings, ListenerSettings, RelayProtocol, RelaySettings, ServiceKind,
};
use support::{Daemon, PATIENCE, frame, until};

fn daemon(change: impl FnOnce(&mut ListenerSettings)) -> Daemon {
    let mut settings = support::settings();
    let protocol = RelayProtocol::Plain { room: "lobby".into() };
    settings.listeners[0].service =
        ServiceKind::Relay(Box::new(RelaySettings { protocol, ..RelaySettings::default() }));
    change(&mut settings.listeners[0]);
    Daemon::start(settings)
}

fn wait_for_members(daemon: &Daemon, count: i64) {
    until("everyone is in the room", || daemon.metrics().sum("oread_room_members", &[]) == count);
}

#[test]
fn two_terminals_chat() {
    let daemon = daemon(|listener| listener.codec = CodecSettings::Lines(LineSettings::default()));
    let connect = || {
        let stream = TcpStream::connect(daemon.address("echo")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let (mut anna, mut bert) = (connect(), connect());
    wait_for_members(&daemon, 2);
    let mut annas = BufReader::new(anna.try_clone().unwrap()).lines();
    let mut berts = BufReader::new(bert.try_clone().unwrap()).lines();
    for round in 0..3 {
        writeln!(anna, "hello {round}").unwrap();
        assert_eq!(berts.next().unwrap().unwrap(), format!("hello {round}"));
        writeln!(bert, "and to you {round}").unwrap();
        assert_eq!(annas.next().unwrap().unwrap(), format!("and to you {round}"));
    }
}

#[test]
fn everyone_else_gets_every_frame_in_one_order() {
    const ROUNDS: u8 = 50;
    let daemon = daemon(|_| {});
    let mut members: Vec<_> = (0..5).map(|_| daemon.connect()).collect();
    wait_for_members(&daemon, 5);
    for round in 0..ROUNDS {
        for (name, member) in (0..).zip(&mut members) {
            member.send(&frame(&[name, round]));
        }
    }
    let heard: Vec<Vec<Vec<u8>>> = members
        .iter_mut()
        .map(|member| (0..4 * usize::from(ROUNDS)).map(|_| member.receive()).collect())
        .collect();
    for (one, ones) in (0..).zip(&heard) {
        for (other, others) in (0..).zip(&heard) {
            let of_third = |heard: &[Vec<u8>]| -> Vec<Vec<u8>> {
                heard.iter().filter(|frame| ![one, other].contains(&frame[0])).cloned().collect()
            };
            assert_eq!(of_third(ones), of_third(others), "{one} and {other} saw the same order");
        }
        assert!(ones.iter().all(|frame| frame[0] != one), "{one} did not get its own");
    }
    assert_eq!(daemon.metrics().sum("oread_room_messages_delivered_total", &[]), 5 * 4 * i64::from(ROUNDS));
}
