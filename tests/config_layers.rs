//! Promise: files, environment and `--set` override each other in that order, each value keeps its origin, and no variable is silently passed
//! over.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use oread::config::{self, Assignment, Loaded, Problems, Sources};

/// Sources of files with these contents, `a.toml`, `b.toml` and so on, in a directory that lives as long as
/// the first part.
fn sources(files: &[&str], env: &[(&str, &str)], set: &[&str]) -> (tempfile::TempDir, Sources) {
    let directory = tempfile::tempdir().unwrap();
    let write = |(text, name): (&&str, char)| -> PathBuf {
        let path = directory.path().join(format!("{name}.toml"));
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = files.iter().zip('a'..).map(write).collect();
    let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let set = set.iter().copied().map(Assignment::set).collect();
    (directory, Sources { files, env, set, ..Sources::default() })
}

fn load(files: &[&str], env: &[(&str, &str)], set: &[&str]) -> Result<Loaded, Problems> {
    let (_directory, sources) = sources(files, env, set);
    config::load(&sources)
}

#[track_caller]
fn loaded(files: &[&str], env: &[(&str, &str)], set: &[&str]) -> Loaded {
    load(files, env, set).unwrap_or_else(|problems| panic!("{problems}"))
}

#[track_caller]
fn refused(env: &[(&str, &str)]) -> String {
    load(&["[listener.my-echo]\nbind = \":7000\"\n"], env, &[]).unwrap_err().to_string()
}

/// A key's value and the last part of its origin.
#[track_caller]
fn entry(loaded: &Loaded, key: &str) -> (String, String) {
    let entry = loaded.effective.find(key).expect(key);
    let origin = entry.place.to_string();
    let file = origin.rsplit(['/', '\\']).next().unwrap_or_default();
    (entry.shown(), file.into())
}

#[track_caller]
fn is(loaded: &Loaded, key: &str, value: &str, origin: &str) {
    assert_eq!(entry(loaded, key), (value.into(), origin.into()), "{key}");
}

#[test]
fn each_layer_overrides_the_one_before_and_each_value_knows_its_origin() {
    let first = "[log]\nlevel = \"warn\"\nformat = \"json\"\n[drain]\ngrace = \"1s\"\ndelay = \"1s\"\n";
    let second = "[drain]\ngrace = \"2s\"\ndelay = \"2s\"\n";
    let env = [("OREAD__DRAIN__DELAY", "3s"), ("OREAD__LOG__LEVEL", "debug")];
    let loaded = loaded(&[first, second], &env, &["log.level=error"]);
    is(&loaded, "log.format", "\"json\"", "a.toml:3:10");
    is(&loaded, "drain.grace", "\"2s\"", "b.toml:2:9");
    is(&loaded, "drain.delay", "\"3s\"", "OREAD__DRAIN__DELAY");
    is(&loaded, "log.level", "\"error\"", "--set log.level");
    is(&loaded, "runtime.workers", "\"auto\"", "built in");
}

#[test]
fn layers_meet_within_a_listener_key_by_key() {
    let first = "[listener.chat]\nbind = \":7001\"\n[listener.chat.limits]\nidle = \"1m\"\nframe = \"1s\"\n";
    let loaded = loaded(
        &[first, "[listener.chat.limits]\nidle = \"2m\"\n"],
        &[("OREAD__LISTENER__CHAT__CODEC", "lines")],
        &[],
    );
    is(&loaded, "listener.chat.bind", "\"tcp://0.0.0.0:7001\"", "a.toml:2:8");
    is(&loaded, "listener.chat.limits.idle", "\"2m\"", "b.toml:2:8");
    is(&loaded, "listener.chat.limits.frame", "\"1s\"", "a.toml:5:9");
    is(&loaded, "listener.chat.codec", "\"lines\"", "OREAD__LISTENER__CHAT__CODEC");
}

#[test]
fn a_configuration_that_names_listeners_has_exactly_those() {
    let names = |files: &[&str], set: &[&str]| {
        let loaded = loaded(files, &[], set);
        loaded
            .settings
            .listeners
            .iter()
            .map(|listener| format!("{} {}", listener.name, listener.bind))
            .collect::<Vec<_>>()
    };
    let (echo, rooms) = ("echo tcp://127.0.0.1:7000", "rooms tcp://127.0.0.1:7001");
    assert_eq!(names(&[], &[]), [echo, rooms], "none is named");
    assert_eq!(names(&[], &["listener.echo.codec=lines"]), [echo], "one of the embedded is");
    assert_eq!(names(&[], &["listener.rooms.room.linger=1m"]), [rooms], "the other is");
    assert_eq!(
        names(&[], &["listener.echo.codec=lines", "listener.rooms.room.linger=1m"]),
        [echo, rooms],
        "both are"
    );
    assert_eq!(names(&[], &["listener.chat.bind=:7001"]), ["chat tcp://0.0.0.0:7001"], "another is");
    let both = ["[listener.b]\nbind = \":7002\"\n[listener.a]\nbind = \":7001\"\n"];
    assert_eq!(
        names(&both, &[]),
        ["a tcp://0.0.0.0:7001", "b tcp://0.0.0.0:7002"],
        "in the order of their names"
    );
}

#[test]
fn a_mistyped_listener_opens_no_port() {
    let told = refused(&[("OREAD__LISTENER__ECHO__LIMITS__IDLE", "1m")]);
    assert!(
        told.contains(
            "OREAD__LISTENER__ECHO__LIMITS__IDLE: listener.echo: this listener does not say where it listens"
        ),
        "{told}"
    );
    assert!(told.contains("the others are my-echo; to have one more, add an address"), "{told}");
    let near = refused(&[("OREAD__LISTENER__MY_ECO__LIMITS__IDLE", "1m")]);
    assert!(near.contains("did you mean the listener `my-echo`?"), "{near}");
}

#[test]
fn variables_reach_listeners_whatever_their_case_and_dashes() {
    let file = "[listener.My-Echo]\nbind = \":7000\"\n";
    let loaded = loaded(&[file], &[("OREAD__LISTENER__MY_ECHO__LIMITS__IDLE", "7s")], &[]);
    is(&loaded, "listener.My-Echo.limits.idle", "\"7s\"", "OREAD__LISTENER__MY_ECHO__LIMITS__IDLE");
}

#[test]
fn text_is_read_as_its_key_demands() {
    let env = [
        ("OREAD__LISTENER__ECHO__LIMITS__SESSIONS", "5_000"),
        ("OREAD__LISTENER__ECHO__SOCKET__NODELAY", "false"),
        ("OREAD__LISTENER__ECHO__SOCKET__KEEPALIVE", "{ idle = \"30s\", count = 3 }"),
        ("OREAD__LISTENER__ECHO__SOCKET__LINGER", "0s"),
        ("OREAD__LOG__LEVEL", "\"debug\""),
        ("OREAD__ADMIN__BIND", "off"),
    ];
    let loaded = loaded(&[], &env, &[]);
    let listener = &loaded.settings.listeners[0];
    assert_eq!(listener.limits.sessions, 5000);
    assert!(!listener.socket.nodelay);
    assert_eq!(
        listener.socket.keepalive.map(|probes| (
            probes.idle.as_secs(),
            probes.interval.as_secs(),
            probes.count
        )),
        Some((30, 10, 3))
    );
    assert_eq!(listener.socket.linger, Some(std::time::Duration::ZERO));
    assert_eq!(loaded.settings.log.level, "debug");
    assert_eq!(loaded.settings.admin.bind, None);
}

#[test]
fn a_variable_that_names_no_key_is_refused_with_the_nearest() {
    for (wrong, right) in [
        ("OREAD__LISTENER__MY_ECHO__LIMITS__IDEL", "OREAD__LISTENER__MY_ECHO__LIMITS__IDLE"),
        ("OREAD_LISTENER_MY_ECHO_BIND", "OREAD__LISTENER__MY_ECHO__BIND"),
        ("OREAD_LOG_LEVEL", "OREAD__LOG__LEVEL"),
        ("OREAD_LOG__LEVEL", "OREAD__LOG__LEVEL"),
        ("OREAD__LOG_LEVEL", "OREAD__LOG__LEVEL"),
        ("OREAD__LISTENER__MY_ECHO_BIND", "OREAD__LISTENER__MY_ECHO__BIND"),
        ("OREAD__LISTENER__OTHER__BNID", "OREAD__LISTENER__OTHER__BIND"),
        ("OREAD___LOG__LEVEL", "OREAD__LOG__LEVEL"),
    ] {
        let told = refused(&[(wrong, "x")]);
        let expected = format!("{wrong}: this variable names no key\n    did you mean {right}?");
        assert!(told.starts_with(&expected) && told.contains("\n1 problem "), "{told}");
    }
    assert!(refused(&[("OREAD_LOG", "debug")]).contains("set OREAD__LOG__LEVEL"));
    assert!(refused(&[("OREAD_QUUX", "x")]).contains("`oread config env` lists every variable"));
    assert!(refused(&[("OREAD__LOG", "x")]).contains("this is a section, not a value"));
}

#[test]
fn a_bad_value_in_a_variable_names_the_variable() {
    let told = refused(&[("OREAD__DRAIN__GRACE", "30"), ("OREAD__LOG__FORMAT", "jsno")]);
    assert!(told.contains("OREAD__DRAIN__GRACE: drain.grace: 30 has no unit"), "{told}");
    assert!(
        told.contains(
            "OREAD__LOG__FORMAT: log.format: `jsno` is not one of its values\n    did you mean \"json\"?"
        ),
        "{told}"
    );
}

#[test]
fn two_variables_for_one_key_are_refused() {
    let told = refused(&[("OREAD__LOG__LEVEL", "info"), ("OREAD__LOG__level", "debug")]);
    assert!(told.contains("OREAD__LOG__level: log.level: OREAD__LOG__LEVEL gives the same key"), "{told}");
}

#[test]
fn variables_of_kubernetes_and_of_others_are_passed_over() {
    let env = [
        ("OREAD_SERVICE_HOST", "10.0.0.1"),
        ("OREAD_SERVICE_PORT", "7000"),
        ("OREAD_SERVICE_PORT_ECHO", "7000"),
        ("OREAD_PORT", "tcp://10.0.0.1:7000"),
        ("OREAD_PORT_7000_TCP", "tcp://10.0.0.1:7000"),
        ("OREAD_PORT_7000_TCP_ADDR", "10.0.0.1"),
        ("OREAD_ADMIN_SERVICE_HOST", "10.0.0.2"),
        ("OREAD_ADMIN_PORT_9464_TCP_PROTO", "tcp"),
        ("OREAD_BUILD_COMMIT", "0123abc"),
        ("PATH", "/bin"),
        ("OREADS", "two"),
    ];
    loaded(&[], &env, &[]);
    assert!(refused(&[("OREAD_PORT", "7000")]).contains("OREAD_PORT: this variable names no key"));
}

#[test]
fn arguments_are_checked_like_all_else() {
    let told =
        load(&[], &[], &["log.levle=info", "drain.grace", "listener.echo.limits=5", "drain.delay=soon"])
            .unwrap_err()
            .to_string();
    for expected in [
        "--set log.levle: there is no such key\n    did you mean `log.level`?",
        "--set drain.grace: there is no `=` in it",
        "--set listener.echo.limits: this is a section, not a value\n    write a table [listener.echo.limits]; it has sessions, ",
        "--set drain.delay: `soon` is not a duration",
    ] {
        assert!(told.contains(expected), "{expected} is missing:\n{told}");
    }
}

#[test]
fn what_is_in_force_can_be_loaded_again() {
    let file = "[listener.a]\nbind = \"unix:///run/a.sock\"\n[listener.a.socket]\nmode = \"0600\"\n[listener.b]\nbind = \"[::]:7001\"\ncodec = \"bytes\"\n";
    let before = config::parse_for("linux", "a.toml", file).unwrap();
    let after = config::parse_for("linux", "effective", &before.effective.to_string()).unwrap();
    assert_eq!(before.settings, after.settings);
}

#[test]
fn a_mistake_that_a_stronger_layer_overrides_is_still_a_mistake() {
    let told = load(&["[log]\nlevel = \"inof\"\n"], &[], &["log.level=info"]).unwrap_err().to_string();
    assert!(told.contains("a.toml:2:9: log.level: `inof` is not a level"), "{told}");
}
