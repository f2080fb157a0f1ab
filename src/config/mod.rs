//! What a person wrote: files, environment and `--set` in, [`Settings`] or all [`Problems`] at once out.
//!
//! ```text
//! files ──┐
//! env ────┼─► layers ─► merge ─► effective ─► conflicts ─► settings
//! --set ──┘   checked    config   value and    between      what the
//!             by kind    crate    origin       values       program uses
//! ```
//! Nothing is bound, and nothing but the named files is read. [`options`] says once what every key takes,
//! why, and its default; all else here is made from that.

mod conflicts;
mod diff;
mod effective;
pub mod kind;
mod layers;
mod nearest;
pub mod options;
mod path;
mod place;
mod problem;
mod reference;
mod schema;
mod settle;
mod sources;

use std::collections::HashSet;
use std::env::consts::OS;

pub use diff::{Change, diff};
pub use effective::{Effective, Entry};
pub use place::Place;
pub use problem::{Problem, Problems};
pub use reference::{environment, handbook, reference};
pub use schema::schema;
pub use sources::{Assignment, Sources};

use crate::settings::Settings;
use layers::{Names, Text};

/// A configuration without problems.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the program uses.
    pub settings: Settings,
    /// Each key's value and where it came from.
    pub effective: Effective,
}

/// Reads, merges and checks `sources`.
pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
    let mut problems = Problems::default();
    let mut texts = Vec::new();
    for path in &sources.files {
        match layers::open(path) {
            Ok(text) => texts.push(text),
            Err(problem) => problems.push(problem),
        }
    }
    understand(&texts, sources, OS, problems)
}

/// The same for one text by itself, called `name`, without files or environment. Pure.
pub fn parse_str(name: &str, text: &str) -> Result<Loaded, Problems> {
    understand(&[Text::new(name, text)], &Sources::default(), OS, Problems::default())
}

/// The same on another system, by the name that `std::env::consts::OS` has there. Pure.
pub fn parse_for(os: &str, name: &str, text: &str) -> Result<Loaded, Problems> {
    understand(&[Text::new(name, text)], &Sources::default(), os, Problems::default())
}

/// `problems` are those of files that could not be read.
fn understand(
    texts: &[Text],
    sources: &Sources,
    os: &str,
    mut problems: Problems,
) -> Result<Loaded, Problems> {
    let mut whole = problems.is_empty();
    let mut names = Names::default();
    let mut stack = Vec::new();
    for text in texts {
        let (layer, understood) = text.read(&mut names, &mut problems);
        whole &= understood;
        stack.push(layer);
    }
    let set = layers::assignments(&sources.set, &mut names, &mut problems);
    stack.push(layers::environment(&sources.env, &mut names, &mut problems));
    stack.push(set);
    let names = names.or_embedded();
    stack.insert(0, layers::built_in(&names, &mut problems));
    let effective = match layers::merge(stack) {
        Ok(leaves) => Effective::new(leaves),
        Err(fault) => return Err(with_bug(problems, &fault.to_string())),
    };
    let between = conflicts::find(&effective, &sources.services, os);
    let between = between.into_iter().chain(conflicts::without_address(&effective, &names));
    problems.extend(certain(between, &effective, whole, &problems));
    if !problems.is_empty() {
        return Err(problems.in_order());
    }
    match settle::settle(&effective, os) {
        Ok(settings) => Ok(Loaded { settings, effective }),
        Err(settle::Bug(key)) => {
            Err(with_bug(problems, &format!("the table and the field of {key} disagree")))
        }
    }
}

/// Those conflicts that stand whatever the values were meant to be that could not be read. A file that is not
/// `whole` may have meant any.
fn certain(
    conflicts: impl Iterator<Item = conflicts::Conflict>,
    effective: &Effective,
    whole: bool,
    problems: &Problems,
) -> Vec<Problem> {
    let doubtful: HashSet<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let written = |key: &String| effective.find(key).is_some_and(|entry| entry.place != Place::BuiltIn);
    let stands = |key: &String| !doubtful.contains(key.as_str()) && (whole || written(key));
    conflicts.filter(|conflict| conflict.keys.iter().all(stands)).map(|conflict| conflict.problem).collect()
}

fn with_bug(mut problems: Problems, what: &str) -> Problems {
    let remedy = "please report this: it is a mistake in oread, not in the configuration";
    problems.push(Problem::new(Place::BuiltIn, "", what).remedy(remedy));
    problems
}
