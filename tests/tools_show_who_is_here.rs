//! Promise: `oread sessions` and `oread rooms` show a daemon's lists as a table for people and as JSON for programs, `oread kick` ends a
//! session with the token of the configuration, and each says what to do when it cannot.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;
mod tools_fixture;

use std::process::Output;

use oread::secret::Secret;
use oread::settings::{ListenerSettings, RelayProtocol, RelaySettings};
use support::{Daemon, Wire};
use tools_fixture::{code, complained, json, nobody, said, serve};

const TOKEN: &str = "a-token-of-24-characters";

/// Without the environment of whoever runs the tests.
fn oread(words: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = assert_cmd::Command::cargo_bin("oread").unwrap();
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OREAD_")) {
        command.env_remove(name);
    }
    command.args(words).envs(env.iter().copied()).output().unwrap()
}

/// The tool `words[0]`, of the daemon at `admin`.
fn of(admin: &str, words: &[&str], env: &[(&str, &str)]) -> Output {
    oread(&[words, &["--admin", admin]].concat(), env)
}

fn daemon() -> Daemon {
    let mut settings = support::settings();
    settings.admin.token = Some(Secret::new(TOKEN).unwrap());
    let relay =
        RelaySettings { protocol: RelayProtocol::Plain { room: "lobby".into() }, ..RelaySettings::default() };
    let bind = settings.listeners[0].bind.clone();
    settings.listeners.push(ListenerSettings::relay("talk", bind, relay));
    Daemon::start(settings)
}

#[test]
fn sessions_are_a_table_for_people_and_json_for_programs() {
    let daemon = daemon();
    let admin = daemon.admin.to_string();
    let clients: Vec<_> = (0..3).map(|_| daemon.connect()).collect();
    daemon.until_active(3);
    let table = of(&admin, &["sessions"], &[]);
    let lines: Vec<_> = said(&table).lines().map(str::to_owned).collect();
    assert_eq!((code(&table), lines.len()), (0, 4), "{lines:?}");
    assert!(lines[0].trim_start().starts_with("SESSION  LISTENER  PEER"), "{}", lines[0]);
    for (line, client) in lines[1..].iter().zip(&clients) {
        assert!(line.contains(&client.0.local_addr().unwrap().to_string()), "{line}");
        assert!(line.contains(" echo ") && line.ends_with("-       -     -"), "{line:?}");
    }
    let part = of(&admin, &["sessions", "--limit", "1", "--sort", "age"], &[]);
    assert_eq!((code(&part), said(&part).lines().count()), (0, 2));
    assert!(complained(&part).contains("1 of 3 sessions; --limit and --offset show others"));
    let listed = json(&of(&admin, &["sessions", "--json", "--sort", "owed", "--listener", "echo"], &[]));
    assert_eq!((&listed["total"], &listed["sort"]), (&3.into(), &"owed".into()));
}

#[test]
fn every_order_that_is_offered_is_understood() {
    let daemon = daemon();
    for (tool, sorts) in [
        ("sessions", &["number", "age", "owed", "rooms", "lag"][..]),
        ("rooms", &["number", "name", "members", "messages", "bytes", "lag"]),
    ] {
        for sort in sorts {
            let output = of(&daemon.admin.to_string(), &[tool, "--sort", sort], &[]);
            assert_eq!(code(&output), 0, "{tool} {sort}: {}", complained(&output));
        }
        assert_eq!(code(&oread(&[tool, "--sort", "colour"], &[])), 64);
    }
}

#[test]
fn rooms_are_a_table() {
    let daemon = daemon();
    let _members: Vec<_> = (0..2).map(|_| Wire::connect(daemon.address("talk"))).collect();
    daemon.until("both are in the room", |metrics| metrics.sum("oread_room_members", &[]) == 2);
    let table = of(&daemon.admin.to_string(), &["rooms"], &[]);
    let lines: Vec<_> = said(&table).lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("LISTENER  ROOM  NAME   MEMBERS"), "{lines:?}");
    assert!(lines[1].starts_with("talk         1  lobby        2") && lines[1].contains("skip"), "{lines:?}");
}

#[test]
fn a_session_is_ended_with_the_token_of_environment_or_file() {
    let daemon = daemon();
    let admin = daemon.admin.to_string();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    for env in [("OREAD__ADMIN__TOKEN", TOKEN), ("OREAD__ADMIN__TOKEN_FILE", file.to_str().unwrap())] {
        let mut client = daemon.connect();
        client.echo(b"here");
        let number = json(&of(&admin, &["sessions", "--json"], &[]))["sessions"][0]["session"].to_string();
        let output = of(&admin, &["kick", &number], &[env]);
        assert_eq!(said(&output), format!("session {number} was told to end\n"), "{}", complained(&output));
        assert_eq!(code(&output), 0);
        client.expect_close();
        daemon.until_active(0);
    }
}

#[test]
fn a_kick_that_fails_says_why() {
    let daemon = daemon();
    let admin = daemon.admin.to_string();
    for (env, exit, told) in [
        (&[][..], 77, "set OREAD__ADMIN__TOKEN"),
        (&[("OREAD__ADMIN__TOKEN", "another-token-of-30-characters")], 77, "needs the daemon's token"),
        (&[("OREAD__ADMIN__TOKEN", "short")], 78, "shorter than 16 bytes"),
        (&[("OREAD__ADMIN__TOKEN_FILE", "/nowhere/token")], 78, "admin.token_file /nowhere/token: "),
        (&[("OREAD__ADMIN__TOKEN", TOKEN)], 69, "no session 99999"),
    ] {
        let output = of(&admin, &["kick", "99999"], env);
        let text = complained(&output);
        assert_eq!(code(&output), exit, "{text}");
        assert!(text.contains(told) && !text.contains(TOKEN), "{told}: {text}");
    }
    assert_eq!(code(&oread(&["kick", "99999", "--token", TOKEN], &[])), 64, "never on the command line");
}

#[test]
fn nobody_and_strangers_are_69_with_what_to_look_at() {
    let stranger = serve(|_, mut stream| {
        let mut request = [0; 1024];
        let _ = std::io::Read::read(&mut stream, &mut request);
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n\r\nhello\n");
    });
    let old = serve(|_, mut stream| {
        let mut request = [0; 1024];
        let _ = std::io::Read::read(&mut stream, &mut request);
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 404 Not Found\r\n\r\nnothing here\n");
    });
    for (admin, told) in [
        (nobody(), "is the daemon running"),
        (stranger, "is the daemon of this version?"),
        (old, "is the daemon of this version?"),
    ] {
        for tool in ["sessions", "rooms"] {
            let output = of(&admin, &[tool], &[]);
            assert_eq!((code(&output), said(&output)), (69, String::new()), "{tool}");
            assert!(complained(&output).contains(told), "{tool}: {}", complained(&output));
        }
    }
    let off = oread(&["sessions"], &[("OREAD__ADMIN__BIND", "off")]);
    assert_eq!(code(&off), 69);
    assert!(complained(&off).contains("admin.bind is \"off\""), "{}", complained(&off));
    let daemon = daemon();
    let unknown = of(&daemon.admin.to_string(), &["rooms", "--listener", "a b"], &[]);
    assert_eq!(code(&unknown), 64);
    assert!(
        complained(&unknown).contains("no listener \"a b\"; there are: echo, talk"),
        "{}",
        complained(&unknown)
    );
}
