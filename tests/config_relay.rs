//! Promise: a relay is configured like all else: its keys become its settings, rooms by name fall back to those of each room, and what
//! contradicts itself is refused with its place and the remedy.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use oread::config::{self, Assignment, Loaded, Sources, diff, parse_for};
use oread::settings::{NamePattern, RelayProtocol, RelaySettings, ServiceKind, WhenBehind};

/// A relay listener, and more about it.
fn listener(more: &str) -> String {
    format!("[listener.x]\nbind = \":7001\"\nservice = \"relay\"\n{more}")
}

#[track_caller]
fn loaded(text: &str) -> Loaded {
    parse_for("linux", "f", text).unwrap_or_else(|problems| panic!("{problems}"))
}

#[track_caller]
fn relay_of(loaded: &Loaded) -> RelaySettings {
    match &loaded.settings.listeners[0].service {
        ServiceKind::Relay(relay) => (**relay).clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn relay(more: &str) -> RelaySettings {
    relay_of(&loaded(&listener(more)))
}

fn told(text: &str) -> Vec<String> {
    let Err(problems) = parse_for("linux", "f", text) else { return Vec::new() };
    problems.iter().map(|problem| problem.to_string().replace("\n    ", " | ")).collect()
}

#[track_caller]
fn refused(more: &str, expected: &str) {
    assert_eq!(told(&listener(more)), [expected], "{more}");
}

#[track_caller]
fn allowed(more: &str) {
    assert_eq!(told(&listener(more)), [""; 0], "{more}");
}

fn set(assignments: &[&str]) -> Result<Loaded, String> {
    let set = assignments.iter().copied().map(Assignment::set).collect();
    config::load(&Sources { set, ..Sources::default() }).map_err(|problems| problems.to_string())
}

#[test]
fn one_that_says_nothing_more_has_the_defaults() {
    assert_eq!(relay(""), RelaySettings::default());
}

#[test]
fn the_embedded_one_is_a_relay_wherever_it_is_named() {
    let service = |assignments: &[&str]| {
        let loaded = set(assignments).unwrap();
        loaded
            .settings
            .listeners
            .last()
            .map(|listener| (listener.name.clone(), listener.service.name().to_owned()))
    };
    let relay = Some(("rooms".to_owned(), "relay".to_owned()));
    assert_eq!(service(&[]), relay);
    assert_eq!(service(&["listener.rooms.room.linger=1m"]), relay);
    assert_eq!(service(&["listener.a.bind=:1", "listener.rooms.bind=:2"]), relay);
    let told = set(&["listener.a.bind=:1", "listener.rooms.room.linger=1m"]).unwrap_err();
    assert!(told.contains("listener.rooms: this listener does not say where it listens"), "{told}");
}

#[test]
fn what_is_written_is_what_the_program_uses() {
    let relay = relay(
        "[listener.x.relay]\nkeepalive = \"1m\"\nresume_for = \"0s\"\njoin = [\"lobby\", \"game-*\"]\npublish = []\n\
         [listener.x.room]\nwhen_behind = \"block\"\nblock_for = \"2s\"\n[listener.x.rooms]\nmax = 7\nmax_per_session = 3\n",
    );
    assert_eq!((relay.keepalive, relay.resume_for), (Duration::from_mins(1), Duration::ZERO));
    assert_eq!(relay.join, [NamePattern::new("lobby"), NamePattern::new("game-*")]);
    assert_eq!(relay.publish, []);
    assert_eq!((relay.room.when_behind, relay.room.block_for), (WhenBehind::Block, Duration::from_secs(2)));
    assert_eq!((relay.rooms_max, relay.rooms_per_session), (7, 3));
}

#[test]
fn a_plain_one_is_one_room_and_waits_for_no_first_frame() {
    let loaded = loaded(&listener(
        "codec = \"lines\"\n[listener.x.relay]\nprotocol = \"plain\"\nroom = \"tea\"\npublish_rate = 5\n",
    ));
    assert_eq!(relay_of(&loaded).protocol, RelayProtocol::Plain { room: "tea".into() });
    assert_eq!(loaded.settings.listeners[0].limits.handshake, Duration::ZERO);
}

#[test]
fn rooms_by_name_fall_back_to_each_room_and_the_most_particular_comes_first() {
    let relay = relay(
        "[listener.x.room]\nlinger = \"1m\"\nmembers = 50\n\
         [listener.x.rooms.\"*\"]\nhistory = \"9s\"\n\
         [listener.x.rooms.\"game-*\"]\nmembers = 5\n\
         [listener.x.rooms.\"*-game\"]\nmembers = 6\n\
         [listener.x.rooms.\"game-1*\"]\nlinger = \"3s\"\n\
         [listener.x.rooms.\"a.\\\"b\\\" = [c]\"]\nmembers = 8\n\
         [listener.x.rooms.lobby]\nwhen_behind = \"disconnect\"\n",
    );
    let order: Vec<_> = relay.rooms.iter().map(|(pattern, _)| pattern.as_str()).collect();
    assert_eq!(order, ["a.\"b\" = [c]", "game-1*", "*-game", "game-*", "lobby", "*"]);
    let of = |name: &str| {
        let room = relay.room(name);
        (room.members, room.linger.as_secs(), room.history.as_secs())
    };
    assert_eq!(of("game-12"), (50, 3, 0), "falls back to each room, not to the next that matches");
    assert_eq!(of("game-7"), (5, 60, 0));
    assert_eq!(of("x-game"), (6, 60, 0));
    assert_eq!(of("a.\"b\" = [c]"), (8, 60, 0));
    assert_eq!(of("other"), (50, 60, 9));
    assert_eq!(relay.room("lobby").when_behind, WhenBehind::Disconnect);
}

#[test]
fn what_is_in_force_names_rooms_by_name_and_can_be_loaded_again() {
    let before = loaded(&listener(
        "[listener.x.relay]\njoin = [\"a,b\", \"say \\\"hi\\\"\"]\n[listener.x.rooms.\"a.b *\"]\nmembers = 5\n",
    ));
    let shown = before.effective.to_string();
    assert!(shown.contains("\n[listener.x.rooms.\"a.b *\"]\nlog_bytes = \"4MiB\" "), "{shown}");
    assert!(shown.contains("join = [\"a,b\", \"say \\\"hi\\\"\"] "), "{shown}");
    assert_eq!(loaded(&shown).settings, before.settings);
    let json = before.effective.to_json();
    let entry = |key: &str| json[key]["value"].clone();
    assert_eq!(entry("listener.x.relay.join"), serde_json::json!(["a,b", "say \"hi\""]));
    assert_eq!(entry("listener.x.rooms.\"a.b *\".members"), 5);
    assert_eq!(json["listener.x.rooms.\"a.b *\".linger"]["origin"], "built in");
}

#[test]
fn layers_meet_in_rooms_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let first = listener(
        "[listener.x.rooms.\"game-*\"]\nmembers = 5\nlinger = \"1s\"\n[listener.x.rooms.\"lobby\"]\nmembers = 1\n",
    );
    let files = vec![file("a", &first), file("b", "[listener.x.rooms.\"game-*\"]\nlinger = \"2s\"\n")];
    let set = ["listener.x.rooms.\"game-*\".members=7", "listener.x.rooms.lobby.linger=9s"];
    let set = set.into_iter().map(Assignment::set).collect();
    let relay = relay_of(&config::load(&Sources { files, set, ..Sources::default() }).unwrap());
    assert_eq!(relay.rooms.len(), 2, "{:?}", relay.rooms);
    assert_eq!((relay.room("game-1").members, relay.room("game-1").linger.as_secs()), (7, 2));
    assert_eq!((relay.room("lobby").members, relay.room("lobby").linger.as_secs()), (1, 9));
}

#[test]
fn patterns_come_as_text_too() {
    let join = |text: &str| {
        let loaded = set(&[
            "listener.x.bind=:7001",
            "listener.x.service=relay",
            &format!("listener.x.relay.join={text}"),
        ])?;
        Ok::<_, String>(
            relay_of(&loaded).join.iter().map(|pattern| pattern.as_str().to_owned()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(join("lobby, game-*").unwrap(), ["lobby", "game-*"]);
    assert_eq!(join("[\"a,b\", 'c']").unwrap(), ["a,b", "c"]);
    assert_eq!(join("\"a\", \"b\"").unwrap(), ["a", "b"]);
    assert_eq!(join("[]").unwrap(), [""; 0]);
    assert!(
        join("a,,b")
            .unwrap_err()
            .contains("a pattern is empty\n    write \"*\" for every room, or [] for none")
    );
    assert!(join("[a").unwrap_err().contains("`[a` is not a list"));
    let env = vec![
        ("OREAD__LISTENER__X__BIND".into(), ":7001".into()),
        ("OREAD__LISTENER__X__SERVICE".into(), "relay".into()),
        ("OREAD__LISTENER__X__RELAY__PUBLISH".into(), "lobby,game-*".into()),
    ];
    let loaded = config::load(&Sources { env, ..Sources::default() }).unwrap();
    assert_eq!(relay_of(&loaded).publish, [NamePattern::new("lobby"), NamePattern::new("game-*")]);
}

#[test]
fn rooms_by_name_are_refused_in_the_environment() {
    let told = |name: &str| {
        let env = vec![(name.to_owned(), "1s".to_owned())];
        config::load(&Sources { env, ..Sources::default() }).unwrap_err().to_string()
    };
    let mistyped = told("OREAD__LISTENER__ECHO__ROOMS__MAXX");
    assert!(
        mistyped.contains("this variable names no key\n    did you mean OREAD__LISTENER__ECHO__ROOMS__MAX?"),
        "{mistyped}"
    );
    let told = told("OREAD__LISTENER__X__ROOMS__LOBBY__LINGER");
    assert!(told.contains("rooms by name are not to be reached from the environment\n    write them in a file, or with --set"), "{told}");
}

#[test]
fn mistakes_get_the_right_remedy() {
    refused(
        "[listener.x.relay]\njoin = \"lobby, game-*\"\n",
        "f:5:8: listener.x.relay.join: this is a string | write [\"lobby\", \"game-*\"]",
    );
    refused(
        "[listener.x.relay]\njoin = [\"a\", 5]\n",
        "f:5:8: listener.x.relay.join: a number is in the list | write a list of patterns, such as [\"lobby\", \"game-*\"]",
    );
    refused(
        "[listener.x.rooms]\nmxa = 5\n",
        "f:5:1: listener.x.rooms.mxa: there is no such key | did you mean `max`?",
    );
    refused(
        "[listener.x.rooms.\"game-*\"]\nlingr = \"1s\"\n",
        "f:5:1: listener.x.rooms.\"game-*\".lingr: there is no such key | did you mean `listener.x.rooms.\"game-*\".linger`?",
    );
    refused(
        "[listener.x.rooms.\"\"]\nlinger = \"1s\"\n",
        "f:4:19: listener.x.rooms.\"\": a pattern is empty | write [listener.NAME.rooms.\"PATTERN\"], where * stands for anything",
    );
    refused(
        "[listener.x.rooms]\nlobby = 5\n",
        "f:5:1: listener.x.rooms.lobby: there is no such key | it has max, max_per_session; limits of rooms by name are a table, such as [listener.x.rooms.lobby]",
    );
    refused(
        "[listener.x.rooms.lobby]\n",
        "f:4:19: listener.x.rooms.lobby: it says nothing of these rooms | give it a key, such as linger = \"30s\", or remove it",
    );
    refused(
        "[listener.x.relay]\npresence_members = 20_000\n",
        "f:5:20: listener.x.relay.presence_members: 20000 is out of range | write a whole number from 0 to 10_000",
    );
}

#[test]
fn only_a_relay_has_rooms() {
    let text = "[listener.x]\nbind = \":7001\"\n[listener.x.relay]\npublish_rate = 5\n[listener.x.room]\nlinger = \"1s\"\nmembers = 10_000\n[listener.x.rooms.\"a.b\"]\nmembers = 3\n";
    let meaningless = "it has no meaning with service \"echo\" | remove it, or write service = \"relay\"";
    assert_eq!(
        told(text),
        [
            format!("f:4:16: listener.x.relay.publish_rate: {meaningless}"),
            format!("f:6:10: listener.x.room.linger: {meaningless}"),
            format!("f:9:11: listener.x.rooms.\"a.b\".members: {meaningless}"),
        ]
    );
}

#[test]
fn the_protocol_brings_its_own_frames() {
    refused(
        "codec = \"lines\"\n",
        "f:4:9: listener.x.codec: codec = \"lines\" does not carry relay.protocol = \"oread\" (built in) | write codec = \"length-delimited\", or relay.protocol = \"plain\"",
    );
    for header in
        ["length_bytes = 8", "byte_order = \"little\"", "length_offset = 1", "length_includes_header = true"]
    {
        let told = told(&listener(&format!("[listener.x.frame]\n{header}\n")));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0]
                .contains("it has no meaning with relay.protocol = \"oread\" | remove it: its frames have"),
            "{told:?}"
        );
    }
    refused(
        "[listener.x.frame]\nmax = \"2KiB\"\n",
        "f:5:7: listener.x.frame.max: frame.max = \"2KiB\" is less than a first frame may have with relay.protocol = \"oread\" (built in) | raise frame.max to \"4KiB\"",
    );
    refused(
        "[listener.x.relay]\nroom = \"tea\"\n",
        "f:5:8: listener.x.relay.room: it has no meaning with relay.protocol = \"oread\" | remove it: a session names the rooms that it joins",
    );
    allowed("[listener.x.frame]\nmax = \"4KiB\"\nlength_bytes = 4\nbyte_order = \"big\"\n");
}

const PLAIN: &str = "[listener.x.relay]\nprotocol = \"plain\"\n";

#[test]
fn a_plain_one_has_nothing_of_the_protocol() {
    let meaningless = "it has no meaning with relay.protocol = \"plain\" | remove it";
    refused(
        &format!("{PLAIN}keepalive = \"1s\"\n"),
        &format!("f:6:13: listener.x.relay.keepalive: {meaningless}"),
    );
    refused(
        &format!("{PLAIN}[listener.x.rooms]\nmax = 5\n"),
        &format!("f:7:7: listener.x.rooms.max: {meaningless}"),
    );
    refused(
        &format!("{PLAIN}[listener.x.limits]\nhandshake = \"1m\"\n"),
        &format!("f:7:13: listener.x.limits.handshake: {meaningless}"),
    );
    refused(
        &format!("{PLAIN}[listener.x.rooms.lobby]\nmembers = 5\nlinger = \"1s\"\n"),
        "f:7:11: listener.x.rooms.lobby.members: there is one room with relay.protocol = \"plain\", and it has no other limits by name | write its limits in [listener.x.room]",
    );
    allowed(&format!("{PLAIN}[listener.x.frame]\nlength_bytes = 2\nmax = \"1KiB\"\n"));
}

#[test]
fn a_log_has_room_for_several_of_the_longest() {
    refused(
        "[listener.x.room]\nlog_bytes = \"1MiB\"\n",
        "f:5:13: listener.x.room.log_bytes: room.log_bytes = \"1MiB\" holds fewer than 4 of the longest frame, frame.max = \"1MiB\" (built in) | raise it to \"4MiB\", or lower frame.max",
    );
    refused(
        "[listener.x.frame]\nmax = \"2MiB\"\n[listener.x.outbox]\nbytes = \"2MiB\"\n[listener.x.rooms.a]\nlinger = \"1s\"\n",
        "f:5:7: listener.x.frame.max: room.log_bytes = \"4MiB\" (built in) holds fewer than 4 of the longest frame, frame.max = \"2MiB\" | raise it to \"8MiB\", or lower frame.max",
    );
    refused(
        "[listener.x.rooms.a]\nlog_bytes = \"2MiB\"\n",
        "f:5:13: listener.x.rooms.a.log_bytes: rooms.a.log_bytes = \"2MiB\" holds fewer than 4 of the longest frame, frame.max = \"1MiB\" (built in) | raise it to \"4MiB\", or lower frame.max",
    );
    refused(
        "[listener.x.room]\nlog_bytes = \"1GiB\"\n",
        "f:5:13: listener.x.room.log_bytes: limits.queued = \"256MiB\" (built in) holds less than the log of one room, room.log_bytes = \"1GiB\" | raise limits.queued to \"1GiB\", or lower the log's",
    );
    allowed("[listener.x.frame]\nmax = \"16KiB\"\n[listener.x.room]\nlog_bytes = \"64KiB\"\n");
}

#[test]
fn what_is_too_old_to_be_delivered_is_not_kept() {
    refused(
        "[listener.x.room]\nhistory = \"1h\"\nmax_age = \"1m\"\n",
        "f:5:11: listener.x.room.history: room.history = \"1h\" keeps what room.max_age = \"1m\" (f:6:11) no longer delivers | lower history, or raise max_age",
    );
    allowed("[listener.x.room]\nhistory = \"1h\"\n[listener.x.rooms.a]\nmax_age = \"2h\"\n");
    assert_eq!(
        told(&listener("[listener.x.room]\nhistory = \"1h\"\n[listener.x.rooms.a]\nmax_age = \"1m\"\n"))
            .len(),
        1
    );
}

#[test]
fn what_is_owed_is_not_dropped() {
    for word in ["drop-oldest", "drop-newest"] {
        refused(
            &format!("[listener.x.outbox]\nwhen_full = \"{word}\"\n"),
            &format!(
                "f:5:13: listener.x.outbox.when_full: outbox.when_full = \"{word}\" drops answers that service = \"relay\" (f:3:11) owes | write \"block\" or \"disconnect\""
            ),
        );
    }
    allowed("[listener.x.outbox]\nwhen_full = \"disconnect\"\n");
}

#[test]
fn what_has_no_borders_leaves_no_messages_out() {
    let bytes = |more: &str| format!("codec = \"bytes\"\n{PLAIN}{more}");
    refused(
        &bytes(""),
        "f:4:9: listener.x.codec: room.when_behind = \"skip\" (built in) leaves messages out, and with codec = \"bytes\" there are none | write \"block\" or \"disconnect\", or choose another codec",
    );
    for word in ["block", "disconnect"] {
        allowed(&bytes(&format!("[listener.x.room]\nwhen_behind = \"{word}\"\n")));
    }
    refused(
        &bytes("[listener.x.room]\nwhen_behind = \"block\"\nlog_bytes = \"512KiB\"\n"),
        "f:9:13: listener.x.room.log_bytes: room.log_bytes = \"512KiB\" holds fewer than 4 of what one read may bring with codec = \"bytes\" (f:4:9) | raise it to \"1MiB\", or choose another codec",
    );
}

#[test]
fn tables_of_rooms_are_bounded() {
    let table = |at: usize| format!("[listener.x.rooms.r{at:03}]\nmembers = 3\n");
    let tables = |count: usize| (0..count).map(table).collect::<Vec<_>>().concat();
    allowed(&tables(256));
    let told = told(&listener(&tables(257)));
    assert_eq!(
        told,
        [
            "f:517:11: listener.x.rooms.r256.members: the listener has 257 tables of rooms by name | write at most 256; a * stands for anything in a name"
        ]
    );
}

#[test]
fn a_reload_says_what_becomes_of_rooms() {
    let effective = |more: &str| loaded(&listener(more)).effective;
    let changes = |old: &str, new: &str| {
        diff(&effective(old), &effective(new)).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (a, b) = (
        "[listener.x.rooms.\"a*\"]\nmembers = 5\nlinger = \"1s\"\n",
        "[listener.x.rooms.\"a*\"]\nmembers = 6\n",
    );
    assert_eq!(changes(a, a), [""; 0]);
    assert_eq!(
        changes("", a),
        ["listener.x.rooms.\"a*\": comes, with linger = \"1s\", members = 5 (new rooms)"]
    );
    assert_eq!(changes(b, ""), ["listener.x.rooms.\"a*\": goes, it was with members = 6 (new rooms)"]);
    assert_eq!(
        changes(a, b),
        [
            "listener.x.rooms.\"a*\".linger: \"1s\" becomes \"30s\" (new rooms)",
            "listener.x.rooms.\"a*\".members: 5 becomes 6 (new rooms)",
        ]
    );
    assert_eq!(
        changes("", "[listener.x.relay]\njoin = [\"game-*\"]\n"),
        ["listener.x.relay.join: [\"*\"] becomes [\"game-*\"] (new sessions)"]
    );
}
