//! Promise: everything that is wrong is reported at once, each with file, line, column, key and remedy: word for word as an operator reads it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::config::{self, Problems, Sources};
use serde_json::json;

fn problems(text: &str) -> Problems {
    config::parse_for("linux", "oread.toml", text).map(|loaded| loaded.settings).unwrap_err()
}

#[track_caller]
fn reads(text: &str, expected: &str) {
    assert_eq!(problems(text).to_string(), expected.trim_matches('\n'));
}

#[test]
fn a_file_full_of_mistakes_is_answered_in_one_go() {
    reads(
        r#"
[listner.echo]
bind = "tcp://127.0.0.1:7000"
[runtime]
workers = 0
[log]
level = "inof"
[listener.chat]
bind = "tcp://0.0.0.0:9464"
codec = "length-delimted"
idle = "5m"
[listener.chat.limits]
idel = "5s"
frame = 30
sessions = "many"
"#,
        r#"
oread.toml:2:2: listner: there is no such key
    did you mean `listener`?
oread.toml:5:11: runtime.workers: 0 is out of range
    write a whole number from 1 to 1024, or "auto"
oread.toml:7:9: log.level: `inof` is not a level
    did you mean "info"? It may be off, error, warn, info, debug, trace
oread.toml:9:8: listener.chat.bind: 0.0.0.0:9464 overlaps 127.0.0.1:9464 of admin.bind (built in)
    give it another port, or set admin.bind to another or to "off"
oread.toml:10:9: listener.chat.codec: `length-delimted` is not one of its values
    did you mean "length-delimited"? It may be length-delimited, lines, bytes
oread.toml:11:1: listener.chat.idle: there is no such key
    did you mean `listener.chat.limits.idle`?
oread.toml:13:1: listener.chat.limits.idel: there is no such key
    did you mean `listener.chat.limits.idle`?
oread.toml:14:9: listener.chat.limits.frame: 30 has no unit
    write "30s" for seconds, "30ms" for milliseconds
oread.toml:15:12: listener.chat.limits.sessions: "many" is a string
    write a whole number from 1 to 100_000_000, such as 10
9 problems in the configuration; nothing was started
"#,
    );
}

#[test]
fn wrong_types_are_told_from_right_ones() {
    reads(
        "[log]\nlevel = 3\nformat = [\"json\"]\n[drain]\ngrace = 1.5\n[listener.echo.socket]\nnodelay = \"yes\"\nmode = 0o660\nkeepalive = 60\n",
        r#"
oread.toml:2:9: log.level: this is a number
    write off, error, warn, info, debug or trace, or such for each target, such as "info,oread::session=debug"
oread.toml:3:10: log.format: this is a list
    write one of "auto", "pretty" or "json", such as "auto"
oread.toml:5:9: drain.grace: this is a number with a fraction
    write a duration up to 24h, such as "30s"
oread.toml:7:11: listener.echo.socket.nodelay: "yes" is a string
    write true or false, such as true
oread.toml:8:8: listener.echo.socket.mode: permissions are text, in octal
    write "0660", with the quotes, or "auto"
oread.toml:9:13: listener.echo.socket.keepalive: this is a number, and a table is wanted
    write { idle = "60s", interval = "10s", count = 5 }, or false for none
6 problems in the configuration; nothing was started
"#,
    );
}

#[test]
fn values_that_are_nearly_right_get_the_right_one() {
    reads(
        "[echo]\nbind = \":7000\"\n[admin]\nbind = \"http://127.0.0.1:9464\"\n[listener.echo.limits]\nidle = -1\nsessions = \"5000\"\nlifetime = \"400d\"\nread_rate = \"1Mbit\"\n[listener.echo.socket]\nnodelay = \"true\"\n",
        r#"
oread.toml:1:2: echo: there is no such section
    a listener is written [listener.echo]
oread.toml:4:8: admin.bind: `http://127.0.0.1:9464` is not an address with a port
    leave out the scheme: "127.0.0.1:9464", or "off"
oread.toml:6:8: listener.echo.limits.idle: -1 is not a duration
    write a duration up to 365d, such as "30s"
oread.toml:7:12: listener.echo.limits.sessions: "5000" is a string
    write 5000, without quotes
oread.toml:8:12: listener.echo.limits.lifetime: 400d is out of range
    write a duration up to 365d
oread.toml:9:13: listener.echo.limits.read_rate: `1Mbit` is not a size
    its unit may be B, KiB, MiB, GiB or TiB; or KB, MB, GB, TB for powers of 1000
oread.toml:11:11: listener.echo.socket.nodelay: "true" is a string
    write true, without quotes
7 problems in the configuration; nothing was started
"#,
    );
}

#[test]
fn broken_toml_is_reported_together_with_what_could_be_read() {
    reads(
        "[log]\nlevel = \nfromat = \"json\"\n[drain]\ngrace = \"30\"\n",
        r#"
oread.toml:2:9: string values must be quoted, expected literal string
oread.toml:3:1: log.fromat: there is no such key
    did you mean `log.format`?
oread.toml:5:9: drain.grace: 30 has no unit
    write "30s" for seconds, "30ms" for milliseconds
3 problems in the configuration; nothing was started
"#,
    );
}

#[test]
fn what_stands_twice_is_named() {
    reads(
        "[listener.echo]\ncodec = \"lines\"\n[listener.echo]\n[log]\nlevel = \"info\"\nlevel = \"warn\"\n",
        r"
oread.toml:3:11: listener.echo: this table stands twice
    merge them
oread.toml:6:1: level: this key stands twice
    remove one
2 problems in the configuration; nothing was started
",
    );
}

#[test]
fn what_is_not_built_yet_is_refused_by_name() {
    reads(
        "[listener.far]\nbind = \"wss://127.0.0.1:7001\"\nservice = \"forward\"\n[listener.far.forward]\nto = \"x\"\n",
        r#"
oread.toml:2:8: listener.far.bind: wss:// is not built yet
    this version listens on tcp:// and unix://
oread.toml:3:11: listener.far.service: the service "forward" is not built yet
    this version has "echo", "relay"
oread.toml:4:15: listener.far.forward: this section belongs to the forward service, which is not built yet
    remove the section; this version has the services "echo" and "relay"
3 problems in the configuration; nothing was started
"#,
    );
}

#[test]
fn listeners_are_tables_with_a_name_and_an_address() {
    reads(
        "[listener]\n",
        "oread.toml:1:2: listener: it names no listener\n    name one, such as [listener.echo], or remove it\n1 problem in the configuration; nothing was started",
    );
    reads(
        "[listener]\nbind = \":7000\"\ncodec = \"lines\"\n",
        "oread.toml:2:1: listener.bind: a listener has a name\n    write [listener.echo] above it\n1 problem in the configuration; nothing was started",
    );
    reads(
        "[[listener]]\nbind = \":7000\"\n",
        "oread.toml:1:3: listener: this is a list, and listeners are tables with a name\n    write [listener.NAME] instead of [[listener]]\n1 problem in the configuration; nothing was started",
    );
    reads(
        "[listener.one]\nbind = \":7000\"\n[listener.two]\n[listener.\"a b\"]\n[listener.ONE.limits]\nidle = \"1m\"\n",
        r#"
oread.toml:3:11: listener.two: this listener does not say where it listens
    add an address, such as bind = "tcp://127.0.0.1:7001"
oread.toml:4:11: listener: `a b` cannot be the name of a listener
    use at most 63 letters and digits, joined by single - or _
oread.toml:5:11: listener.ONE: `ONE` and `one` (oread.toml:1:11) are the same to the environment
    give them names that differ in more than case and - or _
3 problems in the configuration; nothing was started
"#,
    );
}

#[test]
fn a_file_that_is_not_there_does_not_hide_the_other_mistakes() {
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path().join("there.toml");
    std::fs::write(&there, b"[log]\nlevle = \"info\"\n").unwrap();
    let binary = directory.path().join("binary.toml");
    std::fs::write(&binary, b"[log]\n# caf\xe9\n").unwrap();
    let sources = Sources {
        files: vec![directory.path().join("missing.toml"), there, binary, directory.path().to_path_buf()],
        ..Sources::default()
    };
    let told = config::load(&sources).unwrap_err().to_string();
    for expected in [
        "missing.toml: there is no such file",
        "there.toml:2:1: log.levle",
        "binary.toml:2:6: this is not UTF-8",
    ] {
        assert!(told.contains(expected), "{expected} is missing:\n{told}");
    }
    assert!(told.ends_with("4 problems in the configuration; nothing was started"), "{told}");
}

#[test]
fn no_mistake_follows_from_another() {
    let broken = "[listener.chat]\nbind = 7000\n[listener.chat.frame]\nmax = \"2MiB\"\n[listener.chat.outbox]\nbytes = \"2M\"\n";
    let keys: Vec<_> = problems(broken).iter().map(|problem| problem.key.clone()).collect();
    assert_eq!(
        keys,
        ["listener.chat.bind", "listener.chat.outbox.bytes"],
        "neither the address nor the outbox is reported twice"
    );
}

#[test]
fn a_program_gets_the_same_as_json() {
    let told = problems("[log]\nlevle = \"info\"\n").to_json();
    assert_eq!(
        told,
        json!({ "ok": false, "problems": [{
            "place": "oread.toml:2:1", "file": "oread.toml", "line": 2, "column": 1,
            "key": "log.levle", "problem": "there is no such key", "remedy": "did you mean `log.level`?",
        }] })
    );
}

#[test]
fn what_was_written_cannot_disturb_the_terminal() {
    let told = problems("[log]\nlevel = \"\\u001b[2J\"\n\"\\u001b[31m\" = 1\n").to_string();
    assert!(!told.contains('\x1b'), "{told:?}");
    assert!(told.contains("`\\u{1b}[2J` is not a level"), "{told}");
}

#[test]
fn a_thousand_mistakes_are_counted_and_a_hundred_shown() {
    let text: String = (0..1000).map(|number| ["key", &number.to_string(), " = 1\n"].concat()).collect();
    let told = problems(&text).to_string();
    assert_eq!(told.matches("there is no such key").count(), 100);
    assert!(
        told.ends_with("… and 900 more\n1000 problems in the configuration; nothing was started"),
        "{told}"
    );
}
