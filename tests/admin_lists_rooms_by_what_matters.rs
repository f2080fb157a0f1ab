//! Promise: rooms and sessions of protocol 1 are listed under the numbers that stand on the wire, in the order that is asked for; and one that
//! an operator ends is told so.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use oread::protocol::ErrorCode;
use oread::secret::Secret;
use oread::settings::{Address, ListenerSettings, RelaySettings};
use relay_fixture::{Client, PUBLISH_ONLY, Wish};
use serde_json::Value as Json;
use support::{Daemon, ask};

const TOKEN: &str = "a-token-of-24-characters";

/// A relay, and another beside it.
fn daemon() -> Daemon {
    let mut settings = support::settings();
    settings.admin.token = Some(Secret::new(TOKEN).unwrap());
    let relay = |name| {
        ListenerSettings::relay(name, Address::Tcp(([127, 0, 0, 1], 0).into()), RelaySettings::default())
    };
    settings.listeners = vec![relay("rooms"), relay("zoo")];
    Daemon::start(settings)
}

fn rows(daemon: &Daemon, path: &str, rows: &str) -> Vec<Json> {
    ask(daemon.admin, &format!("GET {path}"), None).json()[rows].as_array().unwrap().clone()
}

fn names(daemon: &Daemon, query: &str) -> Vec<String> {
    let rooms = rows(daemon, &format!("/rooms{query}"), "rooms");
    rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn rooms_come_in_the_order_that_is_asked_for() {
    let daemon = daemon();
    let mut kept = Vec::new();
    for (name, members, messages) in [("middle", 2, 5), ("a-few", 1, 9), ("crowd", 4, 1)] {
        for _ in 0..members {
            kept.push(Client::in_room(&daemon, name, Wish::default()));
        }
        let (last, place) = kept.last_mut().unwrap();
        for _ in 0..messages {
            last.publish_and_hear(place.room, b"x");
        }
    }
    assert_eq!(names(&daemon, ""), ["middle", "a-few", "crowd"], "by number: the oldest first");
    assert_eq!(names(&daemon, "?sort=name"), ["a-few", "crowd", "middle"]);
    assert_eq!(names(&daemon, "?sort=members"), ["crowd", "middle", "a-few"]);
    assert_eq!(names(&daemon, "?sort=members&limit=1&offset=1"), ["middle"]);
    assert_eq!(names(&daemon, "?after=1&listener=rooms"), ["a-few", "crowd"]);
    assert!(names(&daemon, "?listener=zoo").is_empty());
    let (_, place) = &kept[0];
    let first = &rows(&daemon, "/rooms", "rooms")[0];
    assert_eq!(
        (first["room"].as_u64(), first["epoch"].as_u64()),
        (Some(place.room.into()), Some(place.epoch))
    );
    assert_eq!((first["members"].as_u64(), first["newest"].as_u64()), (Some(2), Some(5)));
}

#[test]
fn a_session_shows_its_number_and_the_rooms_that_it_listens_to() {
    let daemon = daemon();
    let mut busy = Client::welcome(&daemon);
    busy.join("one", Wish::default());
    busy.join("two", Wish::default());
    busy.join("three", PUBLISH_ONLY);
    let idle = Client::welcome(&daemon);
    let sessions = rows(&daemon, "/sessions?sort=rooms", "sessions");
    let shown: Vec<_> = sessions.iter().map(|row| (row["session"].as_u64(), row["rooms"].as_u64())).collect();
    assert_eq!(shown, [(Some(busy.session), Some(2)), (Some(idle.session), Some(0))]);
    let members: Vec<_> =
        rows(&daemon, "/rooms", "rooms").iter().map(|room| room["members"].clone()).collect();
    assert_eq!(members, [1, 1, 1], "who only publishes is a member too");
}

#[test]
fn who_is_kicked_is_told_so_and_not_to_come_back() {
    let daemon = daemon();
    let mut kicked = Client::in_room(&daemon, "lobby", Wish::default()).0;
    let mut other = Client::in_room(&daemon, "lobby", Wish::default()).0;
    let answer = ask(daemon.admin, &format!("POST /sessions/{}/kick", kicked.session), Some(TOKEN));
    assert_eq!(answer.code, 202, "{answer:?}");
    kicked.expect_end(ErrorCode::Kicked);
    assert!(!ErrorCode::Kicked.temporary(), "a good client stays away");
    other.expect_life();
    daemon.until_active(1);
    assert_eq!(rows(&daemon, "/rooms", "rooms")[0]["members"], 1);
}

#[test]
fn a_session_that_came_back_is_listed_and_ended_under_its_old_number() {
    let daemon = daemon();
    let first = Client::welcome(&daemon);
    let (number, ticket) = (first.session, first.ticket.clone());
    drop(first);
    let mut back = Client::resume(&daemon, &ticket);
    assert_eq!(back.session, number);
    daemon.until_active(1);
    assert_eq!(rows(&daemon, "/sessions", "sessions")[0]["session"].as_u64(), Some(number));
    assert_eq!(ask(daemon.admin, &format!("POST /sessions/{number}/kick"), Some(TOKEN)).code, 202);
    back.expect_end(ErrorCode::Kicked);
}
