//! What a reload would change, key by key, and what becomes of each change.

use std::fmt;

use super::effective::{Effective, Entry, fallback};
use super::options::Reload;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key; `listener.NAME` for a listener that comes or goes, `listener.NAME.rooms.PATTERN` for rooms by name that do.
    pub key: String,
    /// What was in force; `None` for what comes.
    pub old: Option<String>,
    /// What would be in force; `None` for what goes.
    pub new: Option<String>,
    /// What a reload does with it.
    pub reload: Reload,
}

/// What differs between two configurations, as a file would say it; secrets differ without being shown.
pub fn diff(old: &Effective, new: &Effective) -> Vec<Change> {
    let (before, after) = (old.listeners(), new.listeners());
    let gone = before.iter().filter(|name| after.binary_search(name).is_err());
    let come = after.iter().filter(|name| before.binary_search(name).is_err());
    let mut changes: Vec<_> = gone.map(|name| listener(name, bind(old, name), None)).collect();
    for entry in new {
        let Some(before) = old.find(&entry.key).filter(|before| before.value != entry.value) else {
            continue;
        };
        changes.push(Change {
            key: entry.key.clone(),
            old: Some(before.shown()),
            new: Some(entry.shown()),
            reload: entry.option.reload,
        });
    }
    let stay = after.iter().filter(|name| before.binary_search(name).is_ok());
    changes.extend(stay.flat_map(|name| rooms(name, old, new)));
    changes.extend(come.map(|name| listener(name, None, bind(new, name))));
    changes
}

/// Tables of rooms by name that come or go.
fn rooms(listener: &str, old: &Effective, new: &Effective) -> Vec<Change> {
    let (before, after) = (old.rooms(listener), new.rooms(listener));
    let key = |pattern: &String| format!("listener.{listener}.rooms.{pattern}");
    let change = |key: String, old, new| Change { key, old, new, reload: Reload::NewRooms };
    let gone = before.iter().filter(|pattern| !after.contains(pattern)).map(key);
    let gone = gone.map(|key| change(key.clone(), Some(own(old, &key)), None));
    let come = after.iter().filter(|pattern| !before.contains(pattern)).map(key);
    let come = come.map(|key| change(key.clone(), None, Some(own(new, &key))));
    gone.chain(come).collect()
}

/// What the table at `path` says other than the one that it falls back to.
fn own(effective: &Effective, path: &str) -> String {
    let other = |entry: &&Entry| {
        entry.key.rsplit_once('.').is_some_and(|(table, _)| table == path)
            && fallback(&entry.key)
                .and_then(|key| effective.find(&key))
                .is_some_and(|room| room.value != entry.value)
    };
    let said =
        effective.iter().filter(other).map(|entry| format!("{} = {}", entry.option.name, entry.shown()));
    let said: Vec<_> = said.collect();
    if said.is_empty() { "nothing of its own".into() } else { said.join(", ") }
}

fn listener(name: &str, old: Option<String>, new: Option<String>) -> Change {
    Change { key: format!("listener.{name}"), old, new, reload: Reload::Live }
}

fn bind(effective: &Effective, name: &str) -> Option<String> {
    effective.find(&format!("listener.{name}.bind")).map(Entry::shown)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.key.contains(".rooms.") { "with" } else { "on" };
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => {
                write!(f, "{}: {old} becomes {new} ({})", self.key, self.reload.words())
            }
            (Some(old), None) => write!(f, "{}: goes, it was {at} {old} ({})", self.key, self.reload.words()),
            (None, Some(new)) => write!(f, "{}: comes, {at} {new} ({})", self.key, self.reload.words()),
            (None, None) => f.write_str(&self.key),
        }
    }
}
