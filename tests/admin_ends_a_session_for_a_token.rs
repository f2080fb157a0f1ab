//! Promise: a session is ended by its number, for those who bring the daemon's token and for nobody else; the token comes from the
//! environment or a file, and shows nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::Write;
use std::time::Duration;

use oread::app::App;
use oread::config::{self, Assignment, Sources};
use oread::secret::Secret;
use oread::settings::Settings;
use support::{Daemon, ask, frames, settings, until};

const TOKEN: &str = "a-token-of-24-characters";

fn guarded() -> Settings {
    let mut settings = settings();
    settings.admin.token = Some(Secret::new(TOKEN).unwrap());
    settings
}

/// The numbers of those who are here.
fn numbers(daemon: &Daemon) -> Vec<u64> {
    let sessions = ask(daemon.admin, "GET /sessions", None).json();
    sessions["sessions"].as_array().unwrap().iter().map(|row| row["session"].as_u64().unwrap()).collect()
}

#[test]
fn the_one_that_was_named_ends_and_the_others_go_on() {
    let daemon = Daemon::start(guarded());
    let mut first = daemon.connect();
    first.echo(b"one");
    let number = numbers(&daemon)[0];
    let mut second = daemon.connect();
    second.echo(b"two");
    let answer = ask(daemon.admin, &format!("POST /sessions/{number}/kick"), Some(TOKEN));
    assert_eq!(answer.code, 202, "{answer:?}");
    assert_eq!((&answer.json()["session"], &answer.json()["reason"]), (&number.into(), &"kicked".into()));
    first.expect_close();
    second.echo(b"three");
    let metrics = daemon.until("it is accounted for", |metrics| metrics.closed("kicked") == 1);
    assert_eq!(metrics.active(), 1);
    let again = ask(daemon.admin, &format!("POST /sessions/{number}/kick"), Some(TOKEN));
    assert_eq!(again.code, 404, "{again:?}");
    assert!(again.body.contains(&format!("no session {number}")), "{}", again.body);
}

#[test]
fn one_that_does_not_read_ends_too_whatever_it_is_owed() {
    let mut settings = guarded();
    settings.listeners[0].limits.write_stall = Duration::from_hours(1);
    settings.listeners[0].limits.idle = Duration::ZERO;
    let daemon = Daemon::start(settings);
    let mut client = daemon.connect();
    client.0.set_nonblocking(true).unwrap();
    let load = frames(64, 16 << 10);
    let mut sent = 0;
    until("it is owed something", || {
        // The same frames over and over, each whole.
        sent = (sent + client.0.write(&load[sent..]).unwrap_or(0)) % load.len();
        let sessions = ask(daemon.admin, "GET /sessions", None).json();
        sessions["sessions"][0]["owed_bytes"].as_u64().is_some_and(|owed| owed > 0)
    });
    let call = format!("POST /sessions/{}/kick", numbers(&daemon)[0]);
    assert_eq!(ask(daemon.admin, &call, Some(TOKEN)).code, 202);
    daemon.until("it has ended", |metrics| metrics.closed("kicked") == 1);
    assert_eq!(daemon.until_active(0).closed("write_stall"), 0);
}

#[test]
fn a_number_that_is_none_is_not_found() {
    let daemon = Daemon::start(guarded());
    for number in ["99999", "0", "-1", "x", "", "18446744073709551616"] {
        let answer = ask(daemon.admin, &format!("POST /sessions/{number}/kick"), Some(TOKEN));
        assert_eq!(answer.code, 404, "{number:?}");
    }
}

#[test]
fn without_the_token_nobody_is_ended() {
    let daemon = Daemon::start(guarded());
    let mut client = daemon.connect();
    client.echo(b"one");
    let call = format!("POST /sessions/{}/kick", numbers(&daemon)[0]);
    let longer = format!("{TOKEN}x");
    for token in [None, Some(""), Some("wrong"), Some(&TOKEN[1..]), Some(&longer)] {
        let answer = ask(daemon.admin, &call, token);
        assert_eq!(answer.code, 401, "{token:?}");
        assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        assert!(answer.body.contains("admin.token_file") && !answer.body.contains(TOKEN), "{}", answer.body);
    }
    client.echo(b"two");
}

#[test]
fn a_daemon_without_a_token_ends_nobody_and_says_how_it_would() {
    let daemon = Daemon::start(settings());
    let mut client = daemon.connect();
    client.echo(b"one");
    let answer = ask(daemon.admin, &format!("POST /sessions/{}/kick", numbers(&daemon)[0]), Some(TOKEN));
    assert_eq!(answer.code, 403);
    assert!(answer.body.contains("set admin.token_file or OREAD__ADMIN__TOKEN"), "{}", answer.body);
    client.echo(b"two");
}

#[test]
fn only_post_ends_a_session() {
    let daemon = Daemon::start(guarded());
    for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
        let answer = ask(daemon.admin, &format!("{method} /sessions/1/kick"), Some(TOKEN));
        assert_eq!(answer.code, 405, "{method}");
        assert!(
            answer.head.contains("allow: post\r\n") || answer.head.ends_with("allow: post"),
            "{}",
            answer.head
        );
    }
}

#[test]
fn the_token_may_stand_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let with_file = || {
        let mut settings = settings();
        settings.admin.token_file = Some(file.clone());
        settings
    };
    let refusal = App::build(with_file()).err().unwrap().to_string();
    assert!(refusal.starts_with("admin.token_file ") && refusal.contains("(os error 2)"), "{refusal}");
    std::fs::write(&file, "short\n").unwrap();
    let refusal = App::build(with_file()).err().unwrap().to_string();
    assert!(refusal.contains("shorter than 16 bytes") && !refusal.contains("short\n"), "{refusal}");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let daemon = Daemon::start(with_file());
    assert_eq!(ask(daemon.admin, "POST /sessions/99999/kick", Some(TOKEN)).code, 404);
    assert_eq!(ask(daemon.admin, "POST /sessions/99999/kick", Some("wrong")).code, 401);
}

#[test]
fn the_token_is_configured_where_nobody_reads_it_and_shows_nowhere() {
    let env = |value: &str| vec![("OREAD__ADMIN__TOKEN".to_owned(), value.to_owned())];
    let loaded = config::load(&Sources { env: env(TOKEN), ..Sources::default() }).unwrap();
    assert!(loaded.settings.admin.token.as_ref().unwrap().is(TOKEN.as_bytes()));
    for shown in [
        loaded.effective.to_string(),
        loaded.effective.to_json().to_string(),
        format!("{:?}", loaded.settings),
    ] {
        assert!(shown.contains("***") && !shown.contains(TOKEN), "{shown}");
    }
    let refused = |sources: Sources| config::load(&sources).unwrap_err().to_string();
    let typed =
        refused(Sources { set: vec![Assignment::set(format!("admin.token={TOKEN}"))], ..Sources::default() });
    assert!(typed.contains("can read the command line") && !typed.contains(TOKEN), "{typed}");
    let short = refused(Sources { env: env("swordfish"), ..Sources::default() });
    assert!(short.contains("shorter than 16 bytes") && !short.contains("swordfish"), "{short}");
    let file = Assignment::set("admin.token_file=/run/token");
    let twice = refused(Sources { env: env(TOKEN), set: vec![file], ..Sources::default() });
    assert!(twice.contains("admin.token_file is given too") && !twice.contains(TOKEN), "{twice}");
    let idle = Assignment::set("admin.bind=off");
    let idle = refused(Sources { env: env(TOKEN), set: vec![idle], ..Sources::default() });
    assert!(idle.contains("no meaning without an admin address"), "{idle}");
}
