//! Promise: the JSON Schema knows every key and no other, so that an editor marks what `oread check` would refuse.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::config::{options, schema};
use serde_json::Value;

/// What the schema says at `path`; a listener's name is found by its pattern.
fn at<'a>(schema: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(schema, |at, part| match at["properties"].get(part) {
        Some(inner) => inner,
        None => at["patternProperties"]
            .as_object()
            .and_then(|names| names.values().next())
            .unwrap_or(&Value::Null),
    })
}

#[test]
fn every_key_is_in_it_with_its_reason() {
    let schema = schema();
    for (key, option) in options::keys(["echo"]) {
        let told = at(&schema, &key)["description"].as_str().expect(&key);
        assert!(told.starts_with(option.why), "{key}: {told}");
    }
}

#[test]
fn no_other_key_is_allowed_anywhere() {
    let schema = schema();
    let tables = [
        "runtime",
        "admin",
        "log",
        "drain",
        "limits",
        "listener",
        "listener.x",
        "listener.x.frame",
        "listener.x.socket",
        "listener.x.relay",
        "listener.x.room",
    ];
    for table in tables {
        assert_eq!(at(&schema, table)["additionalProperties"], false, "{table}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn rooms_by_name_have_the_keys_of_a_room_and_no_other() {
    let schema = schema();
    let (rooms, room) = (at(&schema, "listener.x.rooms"), at(&schema, "listener.x.room"));
    let by_name = &rooms["additionalProperties"];
    assert_eq!(rooms["properties"].as_object().unwrap().len(), 2);
    assert_eq!(by_name["additionalProperties"], false);
    let keys = |table: &Value| table["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(by_name), keys(room));
}
