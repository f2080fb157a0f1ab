//! Promise: the admin address lists every session and every room, in the order and the part that is asked for, with what each is owed and
//! how far it is behind; and says what cannot be asked.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::net::SocketAddr;

use oread::settings::{Address, ListenerSettings, RelayProtocol, RelaySettings};
use serde_json::Value as Json;
use support::{Daemon, Wire, ask, frame, frames, until};

/// An echo, and a plain relay with the room `lobby`.
fn daemon() -> Daemon {
    let mut settings = support::settings();
    let relay =
        RelaySettings { protocol: RelayProtocol::Plain { room: "lobby".into() }, ..RelaySettings::default() };
    let bind = Address::Tcp(([127, 0, 0, 1], 0).into());
    let mut relay = ListenerSettings::relay("talk", bind, relay);
    relay.limits.handshake = std::time::Duration::ZERO;
    settings.listeners.push(relay);
    Daemon::start(settings)
}

fn list(admin: SocketAddr, path: &str) -> Json {
    let answer = ask(admin, &format!("GET {path}"), None);
    assert_eq!(answer.code, 200, "{path}: {answer:?}");
    answer.json()
}

fn column(list: &Json, rows: &str, name: &str) -> Vec<u64> {
    list[rows].as_array().unwrap().iter().map(|row| row[name].as_u64().unwrap()).collect()
}

/// Members of the room `lobby`.
fn join(daemon: &Daemon, count: i64) -> Vec<Wire> {
    let members = (0..count).map(|_| Wire::connect(daemon.address("talk"))).collect();
    daemon.until("all are in the room", |metrics| metrics.sum("oread_room_members", &[]) == count);
    members
}

#[test]
fn every_session_is_listed_with_its_peer_and_listener() {
    let daemon = daemon();
    let mut clients: Vec<_> = (0..5).map(|_| daemon.connect()).collect();
    for client in &mut clients {
        client.echo(b"hello");
    }
    let sessions = list(daemon.admin, "/sessions");
    assert_eq!(sessions["total"], 5);
    for row in sessions["sessions"].as_array().unwrap() {
        assert_eq!(row["listener"], "echo");
        assert_eq!(row["owed_bytes"], 0);
        assert_eq!((&row["rooms"], &row["lag_messages"]), (&0.into(), &0.into()));
        assert!(row["age_seconds"].as_f64().unwrap() >= 0.0);
    }
    let mut peers: Vec<_> =
        sessions["sessions"].as_array().unwrap().iter().map(|row| row["peer"].clone()).collect();
    let mut own: Vec<Json> =
        clients.iter().map(|client| client.0.local_addr().unwrap().to_string().into()).collect();
    let by_text = |a: &Json, b: &Json| a.as_str().cmp(&b.as_str());
    peers.sort_by(by_text);
    own.sort_by(by_text);
    assert_eq!(peers, own);
    drop(clients);
    until("nobody is listed", || list(daemon.admin, "/sessions")["total"] == 0);
}

#[test]
fn pages_follow_each_other() {
    let daemon = daemon();
    let clients: Vec<_> = (0..7).map(|_| daemon.connect()).collect();
    daemon.until_active(7);
    let all = column(&list(daemon.admin, "/sessions"), "sessions", "session");
    assert!(all.is_sorted() && all.len() == 7, "{all:?}");
    let pages = ["limit=3", "limit=3&offset=3", "limit=3&offset=6"];
    let whole = pages
        .iter()
        .flat_map(|page| column(&list(daemon.admin, &format!("/sessions?{page}")), "sessions", "session"));
    assert_eq!(whole.collect::<Vec<_>>(), all);
    let after = list(daemon.admin, &format!("/sessions?after={}", all[4]));
    assert_eq!((column(&after, "sessions", "session"), &after["total"]), (all[5..].to_vec(), &7.into()));
    let oldest = column(&list(daemon.admin, "/sessions?sort=age&limit=1"), "sessions", "session");
    assert_eq!(oldest, all[..1]);
    drop(clients);
}

#[test]
fn who_is_owed_most_comes_first() {
    let daemon = daemon();
    let _idle = daemon.connect();
    let mut slow = daemon.connect();
    let _idle_too = daemon.connect();
    // It reads no answer: the kernel's buffers fill, then its outbox, then it is no longer read.
    slow.0.set_nonblocking(true).unwrap();
    let load = frames(64, 16 << 10);
    let mut sent = 0;
    until("something is owed", || {
        // The same frames over and over, each whole.
        sent = (sent + std::io::Write::write(&mut slow.0, &load[sent..]).unwrap_or(0)) % load.len();
        let sessions = list(daemon.admin, "/sessions?sort=owed&limit=2");
        let owed = column(&sessions, "sessions", "owed_bytes");
        // Who has connected is here a moment later.
        let [most, next] = owed[..] else { return false };
        assert!(most >= next, "{owed:?}");
        let first = &sessions["sessions"][0];
        most > 0 && first["peer"] == slow.0.local_addr().unwrap().to_string() && next == 0
    });
}

#[test]
fn a_room_is_listed_with_its_members_and_log() {
    let daemon = daemon();
    assert_eq!(list(daemon.admin, "/rooms")["total"], 0);
    let mut members = join(&daemon, 3);
    for number in 0..5 {
        members[0].send(&frame(&[number]));
        assert_eq!((members[1].receive(), members[2].receive()), (vec![number], vec![number]));
    }
    let rooms = list(daemon.admin, "/rooms");
    assert_eq!(rooms["total"], 1);
    let room = &rooms["rooms"][0];
    assert_eq!(
        (&room["listener"], &room["name"], &room["room"]),
        (&"talk".into(), &"lobby".into(), &1.into())
    );
    assert_eq!((&room["members"], &room["newest"]), (&3.into(), &5.into()));
    assert_eq!(room["when_behind"], "skip");
    assert!(room["epoch"].as_u64().is_some_and(|epoch| epoch > 0), "{room}");
    // Reading is accounted for a moment after the client has it.
    until("nobody is behind", || {
        let rooms = list(daemon.admin, "/rooms");
        let sessions = list(daemon.admin, "/sessions?listener=talk");
        assert_eq!(column(&sessions, "sessions", "rooms"), [1, 1, 1]);
        rooms["rooms"][0]["lag_messages"] == 0 && column(&sessions, "sessions", "lag_messages") == [0, 0, 0]
    });
}

#[test]
fn who_is_farthest_behind_comes_first() {
    const UNREAD: u64 = 1 << 20;
    let daemon = daemon();
    let mut members = join(&daemon, 3);
    let slow = members.pop().unwrap();
    let slow_peer = slow.0.local_addr().unwrap().to_string();
    let load = frames(16, 16 << 10);
    let mut sent = 0;
    until("it is behind", || {
        members[0].send(&load);
        sent += 16;
        for _ in 0..16 {
            members[1].receive();
        }
        let sessions = list(daemon.admin, "/sessions?sort=lag");
        let first = &sessions["sessions"][0];
        let behind = first["lag_bytes"].as_u64().unwrap() >= UNREAD;
        behind && first["peer"] == slow_peer.as_str() && first["lag_seconds"].as_f64().unwrap() > 0.0
    });
    let room = list(daemon.admin, "/rooms?sort=lag&listener=talk")["rooms"][0].clone();
    assert_eq!(room["newest"], sent);
    assert!(room["lag_bytes"].as_u64().unwrap() >= UNREAD, "{room}");
    assert!(room["log_bytes"].as_u64().unwrap() >= UNREAD, "{room}");
    assert!(room["lag_messages"].as_u64().unwrap() < sent, "what the kernel took is read: {room}");
    assert!(
        room["messages"].as_u64().unwrap()
            >= room["newest"].as_u64().unwrap() + 1 - room["oldest"].as_u64().unwrap()
    );
    daemon.until("the metric says so too", |metrics| {
        metrics.sum("oread_room_log_bytes", &[]) >= UNREAD.cast_signed()
    });
}

#[test]
fn a_listing_is_of_one_listener_if_asked() {
    let daemon = daemon();
    let _echo = daemon.connect();
    let _members = join(&daemon, 2);
    daemon.until_active(3);
    for (listener, count) in [("echo", 1), ("talk", 2)] {
        assert_eq!(
            list(daemon.admin, &format!("/sessions?listener={listener}"))["total"],
            count,
            "{listener}"
        );
    }
    assert_eq!(list(daemon.admin, "/rooms?listener=echo")["total"], 0);
    assert_eq!(list(daemon.admin, "/rooms?listener=talk")["total"], 1);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let daemon = daemon();
    for (path, told) in [
        ("/sessions?sort=name", "there are: number, age, owed, rooms, lag"),
        ("/rooms?sort=age", "there are: number, name, members, messages, bytes, lag"),
        ("/sessions?limit=5000", "from 1 to 1000"),
        ("/sessions?listener=nobody", "there are: echo, talk"),
        ("/rooms?room=lobby", "there are: sort, limit, offset, after, listener"),
        ("/rooms?after=1", "after goes with listener"),
    ] {
        let answer = ask(daemon.admin, &format!("GET {path}"), None);
        assert_eq!(answer.code, 400, "{path}");
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
    }
}
