//! The layer of the environment: `OREAD__LISTENER__ECHO__BIND` is `listener.echo.bind`.
//!
//! Two underscores stand between the parts of a key. A variable that begins with `OREAD_` and names no key is
//! a mistake, with two exceptions: those that a build reads, and those that Kubernetes puts there by itself
//! when a service is called `oread`.

use std::collections::BTreeMap;

use super::super::nearest;
use super::super::options::{self, Found, Opt};
use super::super::place::Place;
use super::super::problem::{Problem, Problems};
use super::{Layer, Names, unknown};

const PREFIX: &str = "OREAD__";

/// Variables that others read.
const FOREIGN: [&str; 1] = ["OREAD_BUILD_COMMIT"];

/// Variables that one who knows other programs tries first, and what does the same here.
const HINTS: [(&str, &str); 2] =
    [("OREAD_LOG", "set OREAD__LOG__LEVEL"), ("OREAD_CONFIG", "name files with --config FILE")];

/// One variable of `oread config env`.
#[derive(Debug)]
pub(in crate::config) struct Variable {
    pub(in crate::config) name: String,
    pub(in crate::config) key: String,
    pub(in crate::config) option: &'static Opt,
}

/// The variable of every key, with `names` as the listeners.
pub(in crate::config) fn variables<'a>(names: impl IntoIterator<Item = &'a str> + Clone) -> Vec<Variable> {
    let variable = |(key, option): (String, _)| Variable { name: name_of(&key), key, option };
    options::keys(names).into_iter().map(variable).collect()
}

pub(in crate::config) fn read(env: &[(String, String)], names: &mut Names, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut ours: Vec<_> =
        env.iter().filter(|(name, value)| name.starts_with("OREAD_") && !is_foreign(name, value)).collect();
    ours.sort();
    for (name, value) in ours {
        let place = Place::Variable(name.clone());
        let Some(path) = key_of(name, names) else {
            problems.push(misnamed(name, place, names));
            continue;
        };
        let key = path.join(".");
        if let Some(other) = seen.insert(key.clone(), name) {
            problems.push(
                Problem::new(place, key, format!("{other} gives the same key")).remedy("unset one of them"),
            );
            continue;
        }
        let parts: Vec<_> = path.iter().map(String::as_str).collect();
        match (options::find(&parts), &parts[..]) {
            // A variable could not say its case, nor its stars.
            (_, ["listener", _, "rooms", _, ..]) if parts.len() > 4 => {
                let what = "rooms by name are not to be reached from the environment";
                problems.push(Problem::new(place, key, what).remedy("write them in a file, or with --set"));
            }
            (Found::Key(option), _) => {
                if names.note_owner(&parts, &place, problems) {
                    layer.take_text(key, option, value, place, problems);
                }
            }
            // `OREAD__LISTENER__ECHO_BIND` looks like a listener of that name.
            (Found::Nothing, _) | (Found::Section, ["listener", _] | ["listener", _, "rooms", _]) => {
                problems.push(misnamed(name, place, names));
            }
            _ => problems.extend(unknown(&key, place, names)),
        }
    }
    layer
}

/// The parts of the key that `name` stands for, if it is formed like one.
fn key_of(name: &str, names: &Names) -> Option<Vec<String>> {
    let mut parts: Vec<_> = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
    if let [table, listener, ..] = &mut parts[..]
        && table == "listener"
    {
        *listener = names.meant_by(listener);
    }
    Some(parts)
}

fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('-', "_").replace('.', "__"))
}

fn misnamed(name: &str, place: Place, names: &Names) -> Problem {
    let problem = Problem::new(place, "", "this variable names no key");
    if let Some((_, hint)) = HINTS.iter().find(|(wrong, _)| *wrong == name) {
        return problem.remedy(*hint);
    }
    match meant(name, names) {
        Some(meant) => {
            problem.remedy(format!("did you mean {meant}? Two underscores stand between the parts of a key"))
        }
        None => {
            problem.remedy("`oread config env` lists every variable; unset it if it is not meant for oread")
        }
    }
}

fn meant(name: &str, names: &Names) -> Option<String> {
    let doubled = name.strip_prefix("OREAD_").map(|rest| format!("{PREFIX}{}", rest.trim_start_matches('_')));
    let fixed = doubled.filter(|fixed| fixed != name && leads_to_key(fixed, names));
    let listener =
        name.split("LISTENER").nth(1).and_then(|rest| rest.trim_start_matches('_').split("__").next());
    let own = listener.map(|listener| names.meant_by(listener));
    let known = variables(names.iter().chain(own.iter().map(String::as_str)).chain(["echo"]));
    // Compared without the doubled underscores, which are what is most often got wrong.
    let flat = |text: &str| text.replace("__", "_");
    let flats: Vec<_> = known.iter().map(|variable| flat(&variable.name)).collect();
    let near = nearest::word(&flat(name), flats.iter().map(String::as_str));
    let near = near.and_then(|near| known.iter().find(|variable| flat(&variable.name) == near));
    fixed.or_else(|| near.map(|variable| variable.name.clone()))
}

fn leads_to_key(name: &str, names: &Names) -> bool {
    let path = key_of(name, names).unwrap_or_default();
    matches!(options::find(&path.iter().map(String::as_str).collect::<Vec<_>>()), Found::Key(_))
}

/// Whether others put it there: a build, or Kubernetes (`OREAD_SERVICE_HOST`, `OREAD_PORT_7000_TCP=tcp://…`
/// and the like).
fn is_foreign(name: &str, value: &str) -> bool {
    if FOREIGN.contains(&name) {
        return true;
    }
    if name.starts_with(PREFIX) {
        return false;
    }
    let of_service = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    let of_port = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.split('_');
        let number = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
        number && parts.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"))
    });
    let of_url = name.ends_with("_PORT") && value.contains("://");
    of_service || of_port || of_url
}
