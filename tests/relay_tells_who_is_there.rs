//! Promise: who asks for presence is told who is in a room, then who comes, goes and is lost, in batches; in a large room only how many; and with
//! a roster first where names begin again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod relay_fixture;
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use oread::protocol::{ErrorCode, Hello, PresenceEvent, PresenceKind, SessionName};
use oread::settings::{CodecSettings, FrameSettings, NamePattern, RelaySettings};
use relay_fixture::{Client, Heard, PUBLISH_ONLY, Wish, hello, relay, relay_on};
use support::Daemon;

const PRESENCE: Wish = Wish { presence: true, own: false, publish_only: false, since: None };

fn soon(relay: &mut RelaySettings) {
    relay.presence_interval = Duration::from_millis(5);
}

fn named(daemon: &Daemon, name: &str) -> Client {
    Client::greet(daemon, Hello { name: SessionName::new(name.as_bytes()).unwrap(), ..hello() })
}

/// What a client knows of who is in its room.
#[derive(Debug, Default)]
struct Known {
    names: BTreeMap<u64, String>,
    lost: Vec<u64>,
    members: u32,
    kind: Option<PresenceKind>,
}

impl Known {
    /// Hears PRESENCE until this holds.
    fn until(&mut self, client: &mut Client, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            let Heard::Presence { members, kind, entries, .. } = client.hear() else {
                panic!("not PRESENCE")
            };
            let before = self.kind.replace(kind);
            self.members = members;
            match kind {
                PresenceKind::Roster => self.names.clear(),
                PresenceKind::CountOnly => assert_eq!(entries, []),
                PresenceKind::Changes => {
                    assert!(
                        matches!(before, Some(PresenceKind::Roster | PresenceKind::Changes)),
                        "no roster first"
                    );
                }
            }
            for (event, session, name) in entries {
                match event {
                    PresenceEvent::Joined => drop(self.names.insert(session, name)),
                    PresenceEvent::Left => drop(self.names.remove(&session)),
                    PresenceEvent::Lost => {
                        self.names.remove(&session);
                        self.lost.push(session);
                    }
                }
            }
        }
    }

    fn are(&self, sessions: &[(u64, &str)]) -> bool {
        let expected: BTreeMap<u64, String> =
            sessions.iter().map(|(session, name)| (*session, (*name).to_owned())).collect();
        self.names == expected && self.members as usize == sessions.len()
    }
}

#[test]
fn a_roster_comes_first_and_then_what_changes() {
    let daemon = relay(soon);
    let mut bob = named(&daemon, "bob");
    let place = bob.join("lobby", Wish::default());
    let mut ada = named(&daemon, "ada");
    ada.join("lobby", PRESENCE);
    let mut known = Known::default();
    known.until(&mut ada, |known| known.kind == Some(PresenceKind::Roster));
    assert!(known.are(&[(ada.session, "ada"), (bob.session, "bob")]));

    let mut cyd = Client::welcome(&daemon);
    cyd.join("lobby", PUBLISH_ONLY);
    let all = [(ada.session, "ada"), (bob.session, "bob"), (cyd.session, "")];
    known.until(&mut ada, |known| known.are(&all));
    bob.leave(place.room);
    known.until(&mut ada, |known| known.are(&[all[0], all[2]]));
    assert!(known.lost.is_empty());
    let lost = cyd.session;
    drop(cyd);
    known.until(&mut ada, |known| known.are(&all[..1]));
    assert_eq!(known.lost, [lost]);
    // Who did not ask was told nothing.
    bob.expect_life();
}

#[test]
fn presence_is_a_flag_of_a_second_join_too() {
    let daemon = relay(soon);
    let (mut ada, place) = Client::in_room(&daemon, "lobby", PRESENCE);
    let mut known = Known::default();
    known.until(&mut ada, |known| known.members == 1);
    let request = ada.request();
    ada.say_join(request, "lobby", Wish::default());
    while !matches!(ada.hear(), Heard::Joined { .. }) {}
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PRESENCE);
    Known::default().until(&mut bob, |known| known.members == 2);
    bob.publish(0, place.room, b"no news of him");
    assert_eq!(ada.message().0, 1);
    ada.join("lobby", PRESENCE);
    let mut known = Known::default();
    known.until(&mut ada, |known| known.kind == Some(PresenceKind::Roster));
    assert!(known.are(&[(ada.session, ""), (bob.session, "")]));
}

#[test]
fn a_large_room_is_told_its_number_and_a_small_one_its_names_again() {
    let daemon = relay(|relay| {
        soon(relay);
        relay.presence_members = 3;
    });
    let (mut ada, _) = Client::in_room(&daemon, "lobby", PRESENCE);
    let mut known = Known::default();
    known.until(&mut ada, |known| known.members == 1);
    let mut others: Vec<Client> =
        (0..4).map(|_| Client::in_room(&daemon, "lobby", Wish::default()).0).collect();
    known.until(&mut ada, |known| known.members == 5);
    assert_eq!(known.kind, Some(PresenceKind::CountOnly));
    // One who comes while it is large.
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PRESENCE);
    let mut bobs = Known::default();
    bobs.until(&mut bob, |known| known.members == 6);
    assert_eq!(bobs.kind, Some(PresenceKind::CountOnly));
    others.truncate(1);
    for (client, known) in [(&mut ada, &mut known), (&mut bob, &mut bobs)] {
        known.until(client, |known| known.members == 3 && known.kind != Some(PresenceKind::CountOnly));
    }
    assert!(known.are(&[(ada.session, ""), (bob.session, ""), (others[0].session, "")]), "{known:?}");
    assert!(bobs.are(&[(ada.session, ""), (bob.session, ""), (others[0].session, "")]), "{bobs:?}");
}

/// Its frames are too short for the names: whoever was told a number must not be told names without all of them.
#[test]
fn a_room_whose_roster_is_longer_than_a_frame_is_told_its_number() {
    let short = FrameSettings { max: 4096, ..FrameSettings::default() };
    let daemon = relay_on(|listener| listener.codec = CodecSettings::LengthDelimited(short), soon);
    let (mut ada, _) = Client::in_room(&daemon, "lobby", PRESENCE);
    let mut adas = Known::default();
    adas.until(&mut ada, |known| known.members == 1);
    let mut others: Vec<Client> =
        (100..140).map(|number| named(&daemon, &number.to_string().repeat(40))).collect();
    for other in &mut others {
        other.join("lobby", Wish::default());
    }
    // She has followed them by name; he cannot be told all of these.
    adas.until(&mut ada, |known| known.members == 41);
    let (mut bob, _) = Client::in_room(&daemon, "lobby", PRESENCE);
    let mut bobs = Known::default();
    bobs.until(&mut bob, |known| known.members == 42);
    assert_eq!(bobs.kind, Some(PresenceKind::CountOnly));
    others.pop();
    for (client, known) in [(&mut ada, &mut adas), (&mut bob, &mut bobs)] {
        known.until(client, |known| known.members == 41 && known.kind == Some(PresenceKind::CountOnly));
    }
    others.truncate(20);
    let left: Vec<_> =
        [ada.session, bob.session].into_iter().chain(others.iter().map(|other| other.session)).collect();
    for (client, known) in [(&mut ada, &mut adas), (&mut bob, &mut bobs)] {
        known.until(client, |known| known.members == 22 && known.kind != Some(PresenceKind::CountOnly));
        assert!(left.iter().all(|session| known.names.contains_key(session)), "{known:?}");
    }
}

#[test]
fn who_may_not_join_is_not_told_who_is_there() {
    let daemon = relay(|relay| relay.join = vec![NamePattern::new("open")]);
    let mut ada = Client::welcome(&daemon);
    let only = Wish { presence: true, ..PUBLISH_ONLY };
    ada.say_join(1, "closed", only);
    ada.expect_error(1, ErrorCode::NotPermitted);
    ada.join("closed", PUBLISH_ONLY);
    ada.say_join(2, "closed", only);
    ada.expect_error(2, ErrorCode::NotPermitted);
    ada.join("open", PRESENCE);
}

#[test]
fn a_session_that_resumes_is_lost_and_joins_again() {
    let daemon = relay(soon);
    let (mut ada, _) = Client::in_room(&daemon, "lobby", PRESENCE);
    let mut known = Known::default();
    let (bob, _) = Client::in_room(&daemon, "lobby", Wish::default());
    known.until(&mut ada, |known| known.members == 2);
    let mut again = Client::resume(&daemon, &bob.ticket);
    known.until(&mut ada, |known| known.lost == [again.session]);
    again.join("lobby", Wish::default());
    known.until(&mut ada, |known| known.names.contains_key(&again.session));
}

/// Comings and goings at once: every member ends up with the same picture.
#[test]
fn many_at_once_leave_one_picture() {
    let daemon = relay(soon);
    let mut watchers: Vec<Client> = (0..3).map(|_| Client::in_room(&daemon, "lobby", PRESENCE).0).collect();
    let mut stay = Vec::new();
    for number in 0..120 {
        let (client, _) = Client::in_room(&daemon, "lobby", Wish::default());
        if number % 4 == 0 {
            stay.push(client);
        }
    }
    let mut expected: Vec<u64> = watchers.iter().chain(&stay).map(|client| client.session).collect();
    expected.sort_unstable();
    for watcher in &mut watchers {
        let mut known = Known::default();
        known.until(watcher, |known| known.names.keys().copied().eq(expected.iter().copied()));
        assert_eq!(known.members as usize, expected.len());
    }
}
