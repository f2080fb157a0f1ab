//! The names of the listeners: which there are, which are allowed, and how the environment reaches them.
//!
//! A name is of letters and digits, joined by single `-` or `_`. A variable cannot tell `-` from `_` nor `A`
//! from `a`, so two names that differ in nothing else are refused.

use std::collections::HashMap;

use super::super::place::Place;
use super::super::problem::{Problem, Problems};

/// The longest name: it becomes the value of a metric's label.
const LONGEST: usize = 63;

/// The listeners that are named, in the order in which they were met, each with its first place.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct Names {
    names: Vec<(String, Place)>,
    /// Where in `names` a folded name stands.
    folded: HashMap<String, usize>,
}

impl Names {
    /// Notes a name where it was met. False if it is no name: what stands under it is then passed over.
    pub(in crate::config) fn note(&mut self, name: &str, place: &Place, problems: &mut Problems) -> bool {
        if !is_name(name) {
            problems.push(
                Problem::new(
                    place.clone(),
                    "listener",
                    format!("`{}` cannot be the name of a listener", name.escape_debug()),
                )
                .remedy(format!("use at most {LONGEST} letters and digits, joined by single - or _")),
            );
            return false;
        }
        match self.known_as(name) {
            Some((known, _)) if known == name => true,
            Some((known, first)) => {
                let what = format!("`{name}` and `{known}` ({first}) are the same to the environment");
                problems.push(
                    Problem::new(place.clone(), format!("listener.{name}"), what)
                        .remedy("give them names that differ in more than case and - or _"),
                );
                false
            }
            None => {
                self.push(name, place.clone());
                true
            }
        }
    }

    /// The same for the listener that a key belongs to, if it belongs to one.
    pub(in crate::config) fn note_owner(
        &mut self,
        path: &[&str],
        place: &Place,
        problems: &mut Problems,
    ) -> bool {
        match path {
            ["listener", name, ..] => self.note(name, place, problems),
            _ => true,
        }
    }

    /// The listener that the environment calls `part`, such as `MY_ECHO` for `my-echo`; a new one is called
    /// as it stands, in lower case.
    pub(in crate::config) fn meant_by(&self, part: &str) -> String {
        self.known_as(part).map_or_else(|| part.to_lowercase(), |(name, _)| name.clone())
    }

    /// Each name.
    pub(in crate::config) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.names.iter().map(|(name, _)| name.as_str())
    }

    /// Whether `name` is among them.
    pub(in crate::config) fn contains(&self, name: &str) -> bool {
        self.known_as(name).is_some_and(|(known, _)| known == name)
    }

    /// Where `name` was first met.
    pub(in crate::config) fn place(&self, name: &str) -> Place {
        self.known_as(name).map_or(Place::BuiltIn, |(_, place)| place.clone())
    }

    /// Adds the listeners of the embedded configuration if no other is named.
    pub(in crate::config) fn or_embedded(mut self) -> Self {
        if self.names.is_empty() {
            for name in super::built_in::EMBEDDED {
                self.push(name, Place::BuiltIn);
            }
        }
        self
    }

    fn known_as(&self, name: &str) -> Option<&(String, Place)> {
        self.folded.get(&fold(name)).and_then(|at| self.names.get(*at))
    }

    fn push(&mut self, name: &str, place: Place) {
        self.folded.insert(fold(name), self.names.len());
        self.names.push((name.into(), place));
    }
}

/// What is left of a name in a variable.
fn fold(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

fn is_name(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name.len() <= LONGEST && name.split(['-', '_']).all(part)
}
