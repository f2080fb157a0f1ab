//! Promise: values that are right by themselves and wrong together are refused before anything is bound; what merely looks odd is not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::config::parse_for;

/// The problems of `text` on `os`, each in one line.
fn on(os: &str, text: &str) -> Vec<String> {
    match parse_for(os, "f", text) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            problems.iter().map(|problem| problem.to_string().replace("\n    ", " | ")).collect()
        }
    }
}

/// A listener on an address of its own, and more about it.
fn listener(more: &str) -> String {
    format!("[listener.x]\nbind = \":7000\"\n{more}")
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(on("linux", text), [expected], "{text}");
}

#[track_caller]
fn allowed(text: &str) {
    assert_eq!(on("linux", text), [""; 0], "{text}");
}

fn two(one: &str, other: &str) -> String {
    format!("[listener.a]\nbind = \"{one}\"\n[listener.b]\nbind = \"{other}\"\n")
}

#[test]
fn an_address_has_one_owner() {
    refused(
        &two("127.0.0.1:7000", "127.0.0.1:7000"),
        "f:4:8: listener.b.bind: 127.0.0.1:7000 is also claimed by listener.a.bind (f:2:8) | give one of them another port",
    );
    refused(
        &two("unix:///run/x", "unix:///run/x"),
        "f:4:8: listener.b.bind: unix:///run/x is also claimed by listener.a.bind (f:2:8) | give one of them another path",
    );
    for overlapping in [
        ("0.0.0.0:1", "127.0.0.1:1"),
        ("[::]:1", "0.0.0.0:1"),
        ("10.0.0.1:1", "[::]:1"),
        ("[::]:1", "[::1]:1"),
        ("[::ffff:10.0.0.1]:1", "10.0.0.1:1"),
    ] {
        let told = on("linux", &two(overlapping.0, overlapping.1));
        assert_eq!(told.len(), 1, "{overlapping:?}: {told:?}");
    }
    for apart in [
        ("127.0.0.1:1", "127.0.0.2:1"),
        ("127.0.0.1:1", "127.0.0.1:2"),
        ("[::1]:1", "127.0.0.1:1"),
        ("0.0.0.0:1", "[::1]:1"),
        (":0", ":0"),
    ] {
        allowed(&two(apart.0, apart.1));
    }
    allowed(&(two("[::]:1", "0.0.0.0:1") + "[listener.a.socket]\nonly_v6 = true\n"));
}

#[test]
fn the_admin_address_is_an_owner_too() {
    let on_admin = "[listener.x]\nbind = \"0.0.0.0:9464\"\n";
    refused(
        on_admin,
        "f:2:8: listener.x.bind: 0.0.0.0:9464 overlaps 127.0.0.1:9464 of admin.bind (built in) | give it another port, or set admin.bind to another or to \"off\"",
    );
    allowed(&format!("{on_admin}[admin]\nbind = \"off\"\n"));
    refused(
        "[admin]\nbind = \"127.0.0.1:7000\"\n",
        "f:2:8: admin.bind: 127.0.0.1:7000 is also claimed by listener.echo.bind (built in) | give one of them another port",
    );
}

#[test]
fn a_length_can_say_the_longest_frame() {
    refused(
        &listener("[listener.x.frame]\nlength_bytes = 2\n"),
        "f:4:16: listener.x.frame.length_bytes: frame.max = \"1MiB\" (built in) is more than the length can say with frame.length_bytes = 2 | lower frame.max to \"65535B\" or raise frame.length_bytes",
    );
    let with_max = |bytes: u8, includes: bool, max: u64| {
        listener(&format!(
            "[listener.x.frame]\nlength_bytes = {bytes}\nlength_includes_header = {includes}\nmax = {max}\n"
        ))
    };
    allowed(&with_max(1, false, 255));
    allowed(&with_max(1, true, 254));
    allowed(&with_max(8, true, 1 << 20));
    assert_eq!(on("linux", &with_max(1, true, 255)).len(), 1);
    assert_eq!(on("linux", &with_max(2, false, 65_536)).len(), 1);
}

#[test]
fn a_header_that_fills_its_own_length_has_the_other_remedy() {
    let told = on(
        "linux",
        &listener(
            "[listener.x.frame]\nlength_bytes = 1\nlength_offset = 64\nlength_includes_header = true\nmax = 191\n",
        ),
    );
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("lower frame.max to \"190B\""), "{told:?}");
}

#[test]
fn what_holds_frames_holds_the_longest() {
    refused(
        &listener("[listener.x.frame]\nmax = \"4MiB\"\n"),
        "f:4:7: listener.x.frame.max: outbox.bytes = \"1MiB\" (built in) holds less than the longest frame, frame.max = \"4MiB\" | raise outbox.bytes to \"4MiB\" or lower frame.max",
    );
    refused(
        "[limits]\npartial_frames = \"64KiB\"\n",
        "f:2:18: limits.partial_frames: limits.partial_frames = \"64KiB\" holds less than the longest frame, frame.max = \"1MiB\" (built in) | raise limits.partial_frames to \"1MiB\" or lower frame.max",
    );
    refused(
        "[limits]\nqueued = \"64KiB\"\n[listener.echo]\n",
        "f:2:10: limits.queued: limits.queued = \"64KiB\" holds less than one outbox, outbox.bytes = \"1MiB\" (built in) | raise limits.queued to \"1MiB\" or lower outbox.bytes",
    );
    allowed(&listener("codec = \"bytes\"\n[listener.x.outbox]\nbytes = \"4KiB\"\n"));
}

#[test]
fn a_listener_has_no_more_sessions_than_the_process_when_both_are_given() {
    refused(
        &("[limits]\nsessions = 100\n".to_owned() + &listener("[listener.x.limits]\nsessions = 200\n")),
        "f:6:12: listener.x.limits.sessions: the listener's limits.sessions = 200 is more than the process's limits.sessions = 100 (f:2:12) | lower the listener's, or raise the process's",
    );
    allowed("[limits]\nsessions = 100\n");
}

#[test]
fn a_slow_read_rate_is_allowed_since_the_clock_of_a_frame_stands_still_while_we_do_not_read() {
    allowed(&listener("[listener.x.limits]\nread_rate = \"10KiB\"\n"));
}

#[test]
fn what_has_no_frames_drops_none() {
    refused(
        &listener("codec = \"bytes\"\n[listener.x.outbox]\nwhen_full = \"drop-newest\"\n"),
        "f:5:13: listener.x.outbox.when_full: outbox.when_full = \"drop-newest\" drops frames, and with codec = \"bytes\" (f:3:9) there are none | write \"block\" or \"disconnect\", or choose another codec",
    );
    allowed(&listener("codec = \"bytes\"\n[listener.x.outbox]\nwhen_full = \"disconnect\"\n"));
}

#[test]
fn clocks_of_different_lengths_do_not_contradict_each_other() {
    allowed(&listener(
        "[listener.x.limits]\nidle = \"1s\"\nframe = \"1m\"\nhandshake = \"1h\"\nlifetime = \"2s\"\nsessions_per_ip = 20_000\n",
    ));
}

#[test]
fn an_option_without_a_meaning_is_refused_unless_it_is_the_default() {
    refused(
        &listener("codec = \"lines\"\n[listener.x.frame]\nlength_bytes = 2\nbyte_order = \"big\"\n"),
        "f:5:16: listener.x.frame.length_bytes: it has no meaning with codec \"lines\" | remove it",
    );
    refused(
        &listener("[listener.x.socket]\nmode = \"0660\"\nnodelay = true\n"),
        "f:4:8: listener.x.socket.mode: it has no meaning with tcp://0.0.0.0:7000 | remove it",
    );
    refused(
        "[listener.x]\nbind = \"unix:///run/x\"\n[listener.x.socket]\nnodelay = false\nbacklog = 5\n",
        "f:4:11: listener.x.socket.nodelay: it has no meaning with unix:///run/x | remove it",
    );
    refused(
        &listener("[listener.x.socket]\nonly_v6 = true\n"),
        "f:4:11: listener.x.socket.only_v6: it has no meaning with tcp://0.0.0.0:7000 | remove it",
    );
}

#[test]
fn a_system_that_lacks_an_option_says_so() {
    let linux_only = listener("[listener.x.socket]\nuser_timeout = \"20s\"\n");
    allowed(&linux_only);
    assert_eq!(
        on("macos", &linux_only),
        ["f:4:16: listener.x.socket.user_timeout: this option needs Linux, and this is macos | remove it"]
    );
    let unix_only = listener("[listener.x.socket]\ndscp = 46\n");
    assert_eq!(on("macos", &unix_only), [""; 0]);
    assert_eq!(
        on("windows", &unix_only),
        ["f:4:8: listener.x.socket.dscp: this option needs Unix, and this is windows | remove it"]
    );
    assert_eq!(
        on("windows", "[listener.x]\nbind = \"unix:///x\"\n"),
        ["f:2:8: listener.x.bind: Unix sockets need Unix, and this is windows | listen on tcp://"]
    );
}
