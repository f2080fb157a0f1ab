//! Kinds read what people write, refuse what is nearly right with the remedy, and show what they read.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn loose(text: &str) -> Written {
    Written::Loose(text.into())
}

#[test]
fn every_default_is_read_and_shown_as_it_stands() {
    for (key, option) in crate::config::options::keys(["echo"]) {
        let value = option.kind.read(&loose(option.default)).expect(&key);
        let again = option.kind.read(&loose(&option.kind.show(&value))).expect(&key);
        assert_eq!(value, again, "{key}");
    }
}

#[test]
fn sizes_have_units_of_1024_and_of_1000() {
    let kind = Kind::Size(0, u64::MAX);
    for (text, bytes) in
        [("64KiB", 65_536), ("1 MiB", 1 << 20), ("10MB", 10_000_000), ("1_000", 1000), ("0", 0), ("7b", 7)]
    {
        assert_eq!(kind.read(&loose(text)), Ok(Value::Number(bytes)), "{text}");
    }
    for text in ["", "MiB", "1M", "-1", "1.5MiB", "_1", "99999999999TiB", "1 2B", "0x10"] {
        assert!(kind.read(&loose(text)).is_err(), "{text}");
    }
}

#[test]
fn a_duration_without_a_unit_is_refused_with_the_remedy() {
    let kind = Kind::Time(Duration::ZERO, Duration::from_hours(1));
    let remedy = kind.read(&Written::Number(600)).unwrap_err().remedy;
    assert_eq!(remedy, "write \"600s\" for seconds, \"600ms\" for milliseconds");
    assert_eq!(kind.read(&loose("600")).unwrap_err().remedy, remedy);
    assert_eq!(kind.read(&loose("0")), Ok(Value::Time(Duration::ZERO)));
    assert!(kind.read(&loose("2h")).is_err(), "beyond its bound");
}

#[test]
fn a_fraction_of_a_second_is_refused_where_the_kernel_counts_seconds() {
    assert!(Kind::Seconds(0, 60).read(&loose("500ms")).is_err());
    assert_eq!(Kind::Seconds(0, 60).read(&loose("2s")), Ok(Value::Time(Duration::from_secs(2))));
}

#[test]
fn a_secret_stays_as_it_was_written() {
    for secret in ["007", "true", "\"quoted\"", " 1e3 ", ""] {
        assert_eq!(Kind::Secret.read(&loose(secret)), Ok(Value::Text(secret.into())));
    }
}

#[test]
fn a_word_that_is_no_level_is_refused() {
    for level in ["info", "off", "info,oread::session=debug", "warn, hyper=off"] {
        assert!(Kind::Level.read(&loose(level)).is_ok(), "{level}");
    }
    assert_eq!(Kind::Level.read(&loose("warn, hyper = off")), Ok(Value::Text("warn,hyper=off".into())));
    for level in ["inof", "", "INFO", "info,", "oread=", "=info", "oread session=debug"] {
        assert!(Kind::Level.read(&loose(level)).is_err(), "{level}");
    }
}

#[test]
fn keepalive_is_taken_whole_and_from_text_too() {
    let some = Some(Keepalive { count: 3, ..Keepalive::default() });
    assert_eq!(Kind::Probes.read(&loose("{ count = 3 }")), Ok(Value::Probes(some)));
    assert_eq!(Kind::Probes.read(&loose("false")), Ok(Value::Probes(None)));
    for wrong in
        ["5", "true", "{ idel = \"3s\" }", "{ count = 0 }", "{ idle = \"1500ms\" }", "60s", "\"60s\"", "["]
    {
        assert!(Kind::Probes.read(&loose(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn an_address_that_is_nearly_right_gets_the_right_one() {
    let remedy = |text: &str| Kind::Listen.read(&loose(text)).unwrap_err().remedy;
    assert_eq!(
        remedy("localhost:7000"),
        "names are not resolved; write \"127.0.0.1:7000\" or \"[::1]:7000\""
    );
    assert_eq!(remedy("127.0.0.1"), "add the port: \"127.0.0.1:7000\"");
    assert_eq!(remedy("::1"), "add the port: \"[::1]:7000\"");
    assert_eq!(remedy("::1:7000"), "put an IPv6 address in brackets: \"[::1]:7000\"");
    assert_eq!(remedy("*:80"), "write \"[::]:80\" for every address, \"0.0.0.0:80\" for every IPv4 address");
    assert_eq!(remedy("tpc://127.0.0.1:1"), "write \"tcp://127.0.0.1:1\"");
    assert_eq!(remedy("tls://127.0.0.1:1"), "this version listens on tcp:// and unix://");
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back(number: u64, millis in 0_u64..1 << 44, mode in 0_u64..=0o777) {
        for (kind, value) in [
            (Kind::Number(0, u64::MAX), Value::Number(number)),
            (Kind::Size(0, u64::MAX), Value::Number(number)),
            (Kind::Rate(u64::MAX), Value::Number(number)),
            (Kind::Mode, Value::Number(mode)),
            (Kind::Time(Duration::ZERO, Duration::MAX), Value::Time(Duration::from_millis(millis))),
        ] {
            prop_assert_eq!(kind.read(&loose(&kind.show(&value))), Ok(value));
        }
    }

    #[test]
    fn no_text_makes_a_kind_panic(text: String) {
        for (_, option) in crate::config::options::keys(["echo"]) {
            let _ = option.kind.read(&loose(&text));
            let _ = option.kind.read(&Written::Text(text.clone()));
        }
    }
}
