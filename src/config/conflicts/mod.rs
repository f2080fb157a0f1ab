//! What is wrong between values that are each right: two claims to one address, limits that contradict each
//! other, options without a meaning.
//!
//! Pure: the system and the services are arguments, and nothing is bound or looked up.

mod addresses;
mod admin;
mod limits;
mod meaning;
mod relay;

use super::effective::{Effective, Entry, listener_of};
use super::kind::Value;
use super::layers::Names;
use super::nearest;
use super::options;
use super::place::Place;
use super::problem::Problem;

/// A problem and the keys whose values it follows from. If one of those could not be read, it may be no
/// problem at all.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) keys: Vec<String>,
    pub(super) problem: Problem,
}

impl Conflict {
    /// Between `culprit`, where the problem is shown, and `other`. If only `other` was written by a person,
    /// it is shown there.
    fn between(culprit: &Entry, other: &Entry, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let shown = shown(culprit, other);
        Self {
            keys: vec![culprit.key.clone(), other.key.clone()],
            problem: Problem::new(shown.place.clone(), shown.key.clone(), what).remedy(remedy),
        }
    }

    /// The same, where the sentence names both: `what` gets them in words, with the place of the one that is
    /// not shown.
    fn of_two(
        culprit: &Entry,
        other: &Entry,
        what: impl Fn(&str, &str) -> String,
        remedy: impl Into<String>,
    ) -> Self {
        let shown = shown(culprit, other);
        let tell = |entry: &Entry| if entry.key == shown.key { saying(entry) } else { told(entry) };
        Self::between(culprit, other, what(&tell(culprit), &tell(other)), remedy)
    }

    /// Of one value by itself.
    fn of(entry: &Entry, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::between(entry, entry, what, remedy)
    }
}

/// All conflicts of `effective` on the system `os`, where `services` are known besides our own.
pub(super) fn find(effective: &Effective, services: &[String], os: &str) -> Vec<Conflict> {
    let mut conflicts = addresses::find(effective);
    conflicts.extend(admin::find(effective));
    for name in effective.listeners() {
        let listener = Listener { effective, name };
        conflicts.extend(limits::find(&listener));
        conflicts.extend(meaning::find(&listener, services, os));
        conflicts.extend(relay::find(&listener));
    }
    conflicts
}

/// Listeners that do not say where they listen.
pub(super) fn without_address(effective: &Effective, names: &Names) -> Vec<Conflict> {
    let silent = names.iter().filter(|name| effective.find(&format!("listener.{name}.bind")).is_none());
    let conflict = |name: &str| {
        let problem = Problem::new(
            names.place(name),
            format!("listener.{name}"),
            "this listener does not say where it listens",
        )
        .remedy(format!("{}add an address, such as bind = \"tcp://127.0.0.1:7001\"", meant(name, names)));
        Conflict { keys: vec![format!("listener.{name}.bind")], problem }
    };
    silent.map(conflict).collect()
}

/// The listener that was meant by `name`, or those that there are if `name` is a variable's or an argument's
/// own.
fn meant(name: &str, names: &Names) -> String {
    let others = names.iter().filter(|other| *other != name);
    if let Some(near) = nearest::word(name, others.clone()) {
        return format!("did you mean the listener `{near}`? Else ");
    }
    match names.place(name) {
        Place::Variable(_) | Place::Flag(_) if names.iter().nth(1).is_some() => {
            format!("the others are {}; to have one more, ", others.take(5).collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    }
}

/// One listener's part of what is in force.
struct Listener<'a> {
    effective: &'a Effective,
    name: &'a str,
}

impl<'a> Listener<'a> {
    /// The entry of `name`, such as `frame.max`.
    fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.effective.find(&format!("listener.{}.{name}", self.name))
    }

    fn codec(&self) -> Option<(&'a Entry, &'a str)> {
        self.word("codec")
    }

    /// The entry of `name`, and the word that it holds.
    fn word(&self, name: &str) -> Option<(&'a Entry, &'a str)> {
        let entry = self.entry(name)?;
        if let Value::Text(word) = &entry.value { Some((entry, word)) } else { None }
    }

    /// Its keys, such as `frame.max`, with those of rooms by name.
    fn keys(&self) -> Vec<String> {
        let rooms = self.effective.rooms(self.name);
        let prefix = format!("listener.{}.", self.name);
        let keys = options::keys_with([self.name], |_| rooms).into_iter();
        keys.filter_map(|(key, _)| key.strip_prefix(&prefix).map(str::to_owned)).collect()
    }
}

/// Those of `names` that are given although they mean nothing with `reason`, which is `there`.
fn idle(listener: &Listener<'_>, names: &[&str], reason: &Entry, there: &str, remedy: &str) -> Vec<Conflict> {
    let given = names.iter().filter_map(|name| listener.entry(name)).filter(|entry| !entry.is_default());
    given
        .map(|entry| Conflict::between(entry, reason, format!("it has no meaning with {there}"), remedy))
        .collect()
}

fn number(entry: &Entry) -> u64 {
    if let Value::Number(number) = entry.value { number } else { 0 }
}

/// Where a problem between two is shown: never at what no person wrote, if there is a choice.
fn shown<'a>(culprit: &'a Entry, other: &'a Entry) -> &'a Entry {
    if culprit.place == Place::BuiltIn { other } else { culprit }
}

/// An entry in a sentence: its key within its listener, and what it says.
fn saying(entry: &Entry) -> String {
    let key = listener_of(&entry.key)
        .and_then(|name| entry.key.strip_prefix(&format!("listener.{name}.")))
        .unwrap_or(&entry.key);
    format!("{key} = {}", entry.shown())
}

/// The same, and where it was written.
fn told(entry: &Entry) -> String {
    format!("{} ({})", saying(entry), entry.place)
}
