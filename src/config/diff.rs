//! What a reload would change, key by key, and what becomes of each change.

use std::fmt;

use super::effective::Effective;
use super::options::Reload;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key; `listener.NAME` for a listener that comes or goes.
    pub key: String,
    /// What was in force; `None` for a listener that comes.
    pub old: Option<String>,
    /// What would be in force; `None` for a listener that goes.
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
    changes.extend(come.map(|name| listener(name, None, bind(new, name))));
    changes
}

fn listener(name: &str, old: Option<String>, new: Option<String>) -> Change {
    Change { key: format!("listener.{name}"), old, new, reload: Reload::Live }
}

fn bind(effective: &Effective, name: &str) -> Option<String> {
    effective.find(&format!("listener.{name}.bind")).map(super::effective::Entry::shown)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => {
                write!(f, "{}: {old} becomes {new} ({})", self.key, self.reload.words())
            }
            (Some(old), None) => write!(f, "{}: goes, it was on {old} ({})", self.key, self.reload.words()),
            (None, Some(new)) => write!(f, "{}: comes, on {new} ({})", self.key, self.reload.words()),
            (None, None) => f.write_str(&self.key),
        }
    }
}
