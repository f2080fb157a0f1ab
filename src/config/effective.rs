//! What is in force: each key with its value and the place that it came from. Secrets are held, and never
//! shown.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Value as Json, json};

use super::kind::{Kind, Value};
use super::layers::Leaf;
use super::options::{self, Opt};
use super::path;
use super::place::Place;
use crate::settings::NamePattern;

/// Every key in force, in the order of the reference file.
#[derive(Debug, Clone, Default)]
pub struct Effective {
    entries: Vec<Entry>,
    /// Where in `entries` a key stands.
    index: HashMap<String, usize>,
    /// The patterns of rooms by name of each listener that has any: as they stand in keys, the most particular first.
    rooms: HashMap<String, Vec<String>>,
}

/// One key in force.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key in full, such as `listener.echo.bind`.
    pub key: String,
    /// What the table says of it.
    pub option: &'static Opt,
    /// Its value.
    pub value: Value,
    /// Where that was written.
    pub place: Place,
}

impl Entry {
    /// The value as it stands in a file; `"***"` for a secret that there is.
    pub fn shown(&self) -> String {
        if self.hides() {
            return "\"***\"".into();
        }
        self.option.kind.quote(&self.option.kind.show(&self.value))
    }

    /// Whether there is a secret here.
    fn hides(&self) -> bool {
        self.option.kind.is_secret() && self.value != Value::Absent
    }

    /// Whether it says what the table says anyway.
    pub fn is_default(&self) -> bool {
        self.option.kind.read(&super::kind::Written::Loose(self.option.default.into())).as_ref()
            == Ok(&self.value)
    }
}

impl Effective {
    /// These leaves, one for each key, put in order.
    pub(super) fn new(leaves: Vec<Leaf>) -> Self {
        let mut names: Vec<_> =
            leaves.iter().filter_map(|leaf| listener_of(&leaf.key).map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        let rooms = rooms(&leaves);
        let found: HashMap<_, _> = leaves.into_iter().map(|leaf| (leaf.key.clone(), leaf)).collect();
        let patterns = |name: &str| rooms.get(name).map_or(&[][..], Vec::as_slice);
        let in_order = options::keys_with(names.iter().map(String::as_str), patterns);
        let entry = |(key, option): (String, &'static Opt)| {
            let leaf = found.get(&key).or_else(|| found.get(&fallback(&key)?))?;
            Some(Entry { key, option, value: leaf.value.clone(), place: leaf.place.clone() })
        };
        let entries: Vec<_> = in_order.into_iter().filter_map(entry).collect();
        let index = entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
        Self { entries, index, rooms }
    }

    /// The patterns of the rooms by name of `listener`: as they stand in keys, in the order in which they are held against a name.
    pub(super) fn rooms(&self, listener: &str) -> &[String] {
        self.rooms.get(listener).map_or(&[], Vec::as_slice)
    }

    /// Each key in force.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entry of `key`.
    pub fn find(&self, key: &str) -> Option<&Entry> {
        self.index.get(key).and_then(|at| self.entries.get(*at))
    }

    /// The names of the listeners, in order.
    pub fn listeners(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.entries.iter().filter_map(|entry| listener_of(&entry.key)).collect();
        names.dedup();
        names
    }

    /// For a program: `{"key": {"value": …, "origin": …}}`.
    pub fn to_json(&self) -> Json {
        let value = |entry: &Entry| match (&entry.option.kind, &entry.value) {
            _ if entry.hides() => json!("***"),
            (_, Value::Switch(on)) => json!(on),
            (Kind::Number(..) | Kind::OneOf(_), Value::Number(number)) => json!(number),
            (_, Value::Patterns(patterns)) => {
                json!(patterns.iter().map(NamePattern::as_str).collect::<Vec<_>>())
            }
            (kind, value) => json!(kind.show(value)),
        };
        let entry = |entry: &Entry| {
            (entry.key.clone(), json!({ "value": value(entry), "origin": entry.place.to_string() }))
        };
        Json::Object(self.entries.iter().map(entry).collect())
    }
}

impl<'a> IntoIterator for &'a Effective {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A file that says the same, with the origin of each value behind it.
impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .entries
            .iter()
            .map(|entry| entry.option.name.len() + entry.shown().len())
            .max()
            .unwrap_or(0)
            .min(48);
        let mut section = "";
        for entry in &self.entries {
            let (table, name) = entry.key.rsplit_once('.').unwrap_or(("", &entry.key));
            if table != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                writeln!(f, "{gap}[{table}]")?;
                section = table;
            }
            let shown = entry.shown();
            let pad = " ".repeat(width.saturating_sub(name.len() + shown.len()));
            writeln!(f, "{name} = {shown}{pad}  # {}", entry.place)?;
        }
        Ok(())
    }
}

/// The patterns of rooms by name that `leaves` have, by listener.
fn rooms(leaves: &[Leaf]) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for leaf in leaves {
        if let ["listener", listener, "rooms", pattern, _] = path::parts(&leaf.key)[..] {
            found.entry(listener.into()).or_default().push(pattern.into());
        }
    }
    for patterns in found.values_mut() {
        patterns.sort_by_cached_key(|part| NamePattern::new(&path::name(part)).precedence());
        patterns.dedup();
    }
    found
}

/// The key whose value counts where that of a room by name is not given.
pub(super) fn fallback(key: &str) -> Option<String> {
    match path::parts(key)[..] {
        ["listener", listener, "rooms", _, name] => Some(format!("listener.{listener}.room.{name}")),
        _ => None,
    }
}

/// The listener that `key` belongs to.
pub(super) fn listener_of(key: &str) -> Option<&str> {
    key.strip_prefix("listener.").and_then(|rest| rest.split('.').next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::{Reload, Systems};

    static TOKEN: Opt = Opt {
        name: "token",
        kind: Kind::Or("off", &Kind::Secret),
        default: "off",
        why: "Proves who may write.",
        reload: Reload::Live,
        on: Systems::All,
    };

    #[test]
    fn a_secret_is_masked_in_every_form() {
        let value = Value::Text("007-swordfish".into());
        let entry = Entry { key: "admin.token".into(), option: &TOKEN, value, place: Place::BuiltIn };
        let effective = Effective { entries: vec![entry], ..Effective::default() };
        for shown in [effective.to_string(), effective.to_json().to_string()] {
            assert!(shown.contains("***") && !shown.contains("swordfish"), "{shown}");
        }
    }
}
