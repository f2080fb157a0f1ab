//! The layers of a configuration, from the weakest: built in, files, environment, `--set`.
//!
//! Reading a layer checks every value in it, also those that a stronger layer overrides: a mistake is a
//! mistake. What is good becomes a [`Leaf`] with its place; what is not becomes a problem. Merging is left to
//! the `config` crate ([`merge()`]).

mod assignments;
mod built_in;
mod environment;
mod file;
mod merge;
mod names;

pub(super) use assignments::read as assignments;
pub(super) use built_in::layer as built_in;
pub(super) use environment::read as environment;
pub(super) use environment::{Variable, variables};
pub(super) use file::{Text, open};
pub(super) use merge::merge;
pub(super) use names::Names;

use super::kind::{self, Kind, Value, Written};
use super::nearest;
use super::options::{self, Found, Opt};
use super::path;
use super::place::Place;
use super::problem::{Problem, Problems};

/// One good value of one layer.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Its key in full.
    pub(super) key: String,
    /// What the table says of it.
    pub(super) option: &'static Opt,
    /// What it says.
    pub(super) value: Value,
    /// Where it was written.
    pub(super) place: Place,
}

/// The good values of one layer.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer(pub(super) Vec<Leaf>);

impl Layer {
    /// Takes a value, or the problem with it.
    fn take(
        &mut self,
        key: String,
        option: &'static Opt,
        written: &Written,
        place: Place,
        problems: &mut Problems,
    ) {
        match option.kind.read(written) {
            Ok(value) => self.0.push(Leaf { key, option, value, place }),
            Err(fault) => problems.push(Problem::new(place, key, fault.what).remedy(fault.remedy)),
        }
    }

    /// The same for text from where there is only text. One who thinks in TOML may put quotes around it; a
    /// secret stays as it is, and the quotes of a list are its own.
    fn take_text(
        &mut self,
        key: String,
        option: &'static Opt,
        text: &str,
        place: Place,
        problems: &mut Problems,
    ) {
        let bare = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|_| !option.kind.is_secret() && option.kind != Kind::Patterns);
        self.take(key, option, &Written::Loose(bare.unwrap_or(text).into()), place, problems);
    }
}

/// The problem with a `key` that leads to no value; `None` if it does lead to one.
fn unknown(key: &str, place: Place, names: &Names) -> Option<Problem> {
    let path = path::parts(key);
    match options::find(&path) {
        Found::Key(_) => None,
        Found::Section if matches!(path[..], ["listener", _, "rooms", _]) => {
            Some(Problem::new(place, key, "there is no such key").remedy(meant_in_rooms(key, &path)))
        }
        Found::Section if is_nameless(&path) => Some(nameless(key, place)),
        Found::Section => {
            Some(Problem::new(place, key, "this is a section, not a value").remedy(inside(&path)))
        }
        Found::Later(owner) => Some(later(key, owner, place)),
        Found::Nothing => Some(Problem::new(place, key, "there is no such key").remedy(meant(key, names))),
    }
}

/// Whether `path` is a listener's key without the listener's name, such as `listener.bind`.
fn is_nameless(path: &[&str]) -> bool {
    matches!(path, ["listener", key] if matches!(options::find(&["listener", "NAME", key]), Found::Key(_)))
}

fn nameless(key: &str, place: Place) -> Problem {
    let remedy = match (&place, key.strip_prefix("listener.")) {
        (Place::Flag(_), Some(rest)) => format!("write listener.echo.{rest}"),
        _ => "write [listener.echo] above it".into(),
    };
    Problem::new(place, key, "a listener has a name").remedy(remedy)
}

fn later(key: &str, owner: &str, place: Place) -> Problem {
    Problem::new(place, key, format!("this section belongs to {owner}, which is not built yet"))
        .remedy("remove the section; this version has the services \"echo\" and \"relay\"")
}

/// What stands in the section at `path`.
fn inside(path: &[&str]) -> String {
    let known: Vec<_> = options::keys(["NAME"]).into_iter().map(|(key, _)| key).collect();
    let prefix = match path {
        ["listener"] => "listener.NAME.".into(),
        ["listener", _, rest @ ..] => {
            rest.iter().fold("listener.NAME.".to_owned(), |text, part| text + part + ".")
        }
        _ => path.join(".") + ".",
    };
    let within = known.iter().filter_map(|key| key.strip_prefix(&prefix)).filter(|rest| !rest.contains('.'));
    let table = path.join(".");
    match path {
        ["listener"] => "write a table for each listener, such as [listener.echo]".into(),
        _ => format!("write a table [{table}]; it has {}", within.collect::<Vec<_>>().join(", ")),
    }
}

/// What was meant by a value where a table of rooms by name stands.
fn meant_in_rooms(key: &str, path: &[&str]) -> String {
    let known = ["max", "max_per_session"];
    match path.last().and_then(|last| nearest::word(last, known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}; limits of rooms by name are a table, such as [{key}]", known.join(", ")),
    }
}

/// The problem with the pattern that names a table of rooms, if `path` leads to one that has a problem.
fn refused_pattern(path: &[&str], place: &Place) -> Option<Problem> {
    let ["listener", _, "rooms", pattern] = path else { return None };
    let fault = kind::pattern(pattern).err()?;
    let remedy = "write [listener.NAME.rooms.\"PATTERN\"], where * stands for anything";
    Some(Problem::new(place.clone(), path::join(path.iter().copied()), fault.what).remedy(remedy))
}

/// The tables that `keys` stand in, at each depth.
fn sections(keys: &[String]) -> Vec<String> {
    let parents = |key: &String| {
        let parts = path::parts(key);
        (1..parts.len()).map(|depth| parts[..depth].join(".")).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = keys.iter().flat_map(parents).collect();
    all.sort();
    all.dedup();
    all
}

/// "did you mean", or what there is.
fn meant(key: &str, names: &Names) -> String {
    let path = path::parts(key);
    let (own_name, own_rooms) = match path[..] {
        ["listener", name, "rooms", rooms, _, ..] => (Some(name), vec![rooms.to_owned()]),
        ["listener", name, ..] => (Some(name), Vec::new()),
        _ => (None, Vec::new()),
    };
    let mut known: Vec<_> = options::keys(names.iter()).into_iter().map(|(key, _)| key).collect();
    let any_name = names.iter().next().is_none().then_some("NAME");
    let other_name = own_name.or(any_name).filter(|name| !names.contains(name) || !own_rooms.is_empty());
    known.extend(options::keys_with(other_name, |_| &own_rooms).into_iter().map(|(key, _)| key));
    known.extend(sections(&known));
    match nearest::key(key, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`oread config default` shows every key".into(),
    }
}
