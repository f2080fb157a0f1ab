//! Promise: whatever is written, the answer is settings or problems: never a panic, never an empty list of problems, never a doubtful place.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::config::{self, Assignment, Loaded, Place, Problems, Sources};
use proptest::prelude::*;

fn is_sound(answer: Result<Loaded, Problems>, text: &str) -> Result<(), TestCaseError> {
    let Err(problems) = answer else { return Ok(()) };
    prop_assert!(!problems.is_empty());
    for problem in &problems {
        prop_assert!(!problem.what.is_empty());
        prop_assert!(!problem.what.contains("disagree"), "{}", problem);
        if let Place::Spot { line, column, .. } = &problem.place {
            let written = text.split('\n').nth(line - 1);
            prop_assert!(
                written.is_some_and(|written| *column <= written.chars().count() + 1),
                "{}",
                problem
            );
        }
    }
    prop_assert!(problems.to_json().to_string().len() > 2);
    Ok(())
}

/// Words that lead deep into the tables, and some that lead nowhere.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "listener",
        "echo",
        "frame",
        "limits",
        "outbox",
        "socket",
        "log",
        "level",
        "bind",
        "max",
        "sessions",
        "keepalive",
        "idle",
        "relay",
        "room",
        "rooms",
        "join",
        "linger",
        "\"game-*\"",
        "\"a.b\"",
        "service",
        "codec",
        "runtime",
        "workers",
        "admin",
        "mode",
        "a-b",
        "a_b",
        "\"a b\"",
        "x",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|on| on.to_string()),
        Just("1.5".to_owned()),
        Just("1979-05-27".to_owned()),
        "[a-zA-Z0-9:/.\\[\\] _-]{0,24}".prop_map(|text| format!("\"{text}\"")),
        prop::sample::select(vec![
            "\"auto\"",
            "\"1MiB\"",
            "\"30s\"",
            "\"lines\"",
            "\"bytes\"",
            "\":7000\"",
            "\"unix:///x\"",
            "\"relay\"",
            "\"plain\"",
            "[\"game-*\"]",
            "\"0660\"",
            "false"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(", "))),
            prop::collection::btree_map(word(), inner, 0..4).prop_map(|table| {
                let pairs: Vec<_> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_text_is_answered(text: String) {
        is_sound(config::parse_str("f", &text), &text)?;
    }

    #[test]
    fn arbitrary_bytes_are_answered(bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes);
        is_sound(config::parse_str("f", &text), &text)?;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f.toml");
        std::fs::write(&path, &bytes).unwrap();
        let _ = config::load(&Sources { files: vec![path], ..Sources::default() });
    }

    #[test]
    fn arbitrary_trees_are_answered_on_each_system(
        lines in prop::collection::vec((prop::collection::vec(word(), 1..5), value()), 0..12),
        os in prop::sample::select(vec!["linux", "macos", "windows"]),
    ) {
        let lines: Vec<_> = lines.iter().map(|(path, value)| format!("{} = {value}\n", path.join("."))).collect();
        let text = lines.concat();
        is_sound(config::parse_for(os, "f", &text), &text)?;
    }

    #[test]
    fn arbitrary_variables_and_arguments_are_answered(
        path in prop::collection::vec(word(), 1..5),
        value: String,
        noise: String,
    ) {
        let env = vec![
            (format!("OREAD__{}", path.join("__").to_uppercase()), value.clone()),
            (format!("OREAD_{noise}"), value.clone()),
        ];
        let set = vec![Assignment::set(format!("{}={value}", path.join("."))), Assignment::set(noise)];
        is_sound(config::load(&Sources { env, set, ..Sources::default() }), "")?;
    }
}
