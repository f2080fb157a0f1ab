//! Promise: the JSON of `bench relay` has these keys in this order, whatever was measured, so that programs may rely on it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;
mod tools_fixture;

use oread::settings::ServiceKind;
use support::Daemon;
use tools_fixture::{code, complained, oread, said};

const LATENCY: &str = "count min_ns mean_ns stdev_ns p50_ns p90_ns p99_ns p999_ns p9999_ns max_ns";

/// The keys of the object that follows `name`, in the order of the text; of nothing: of the whole.
fn keys(text: &str, name: &str) -> String {
    let begin =
        if name.is_empty() { 1 } else { text.find(&format!("\"{name}\":{{")).unwrap() + name.len() + 4 };
    let mut depth = 0;
    let mut found = Vec::new();
    for (at, byte) in text[begin..].bytes().enumerate() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            b':' if depth == 0 && text[..begin + at].ends_with('"') => {
                found.push(text[..begin + at - 1].rsplit('"').next().unwrap());
            }
            _ => {}
        }
    }
    found.join(" ")
}

#[test]
fn its_keys_are_these() {
    let mut settings = support::settings();
    settings.listeners[0].service = ServiceKind::Relay(Box::default());
    let daemon = Daemon::start(settings);
    let address = daemon.address("echo").to_string();
    let words = ["--members", "2", "--duration", "200ms", "--warmup", "0s", "--receipts", "--json"];
    let output = oread(&[&["bench", "relay", &address], &words[..]].concat());
    let text = said(&output);
    assert_eq!((code(&output), text.lines().count()), (0, 1), "{text}{}", complained(&output));
    assert_eq!(
        keys(&text, ""),
        "target protocol codec shape rooms members stalled publishers size depth rate batch threads \
         window_seconds deliveries deliveries_per_second bytes_per_second latency receipts account failures \
         server client_cores"
    );
    assert_eq!(keys(&text, "latency"), LATENCY);
    assert_eq!(keys(&text, "receipts"), "received latency");
    assert_eq!(
        keys(&text, "account"),
        "published due received announced_missing gaps lost duplicates out_of_order corrupted inexact_gaps \
         foreign unsent"
    );
    assert_eq!(keys(&text, "failures"), "count sessions first");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["protocol"], "oread");
    assert_eq!(report["shape"], "closed");
    for nothing in ["codec", "rate", "server"] {
        assert!(report[nothing].is_null(), "{nothing} of {text}");
    }
}
