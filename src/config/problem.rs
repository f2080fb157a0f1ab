//! What is wrong with a configuration: all of it at once, each with its place, its key, and what to do.

use std::collections::HashSet;
use std::fmt;

use serde_json::{Value as Json, json};

use super::place::Place;

/// Problems that a person is shown at once.
const SHOWN: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Where it was written.
    pub place: Place,
    /// The key that it concerns; empty when it concerns a whole file.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead; empty when there is nothing to add.
    pub remedy: String,
}

impl Problem {
    /// A problem without a remedy.
    pub fn new(place: Place, key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place, key: key.into(), what: what.into(), remedy: String::new() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// For a person: `place: key: what`, and the remedy on a line of its own; the place stands out where
    /// there is colour.
    fn to_text(&self, colour: bool) -> String {
        let (bold, reset) = if colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        let place = plain(&self.place.to_string());
        let mut text = format!("{bold}{place}{reset}: ");
        if !self.key.is_empty() && !place.ends_with(&self.key) {
            text = text + &plain(&self.key) + ": ";
        }
        text.push_str(&plain(&self.what));
        if !self.remedy.is_empty() {
            text = text + "\n    " + &plain(&self.remedy);
        }
        text
    }

    fn to_json(&self) -> Json {
        let mut object = json!({
            "place": self.place.to_string(),
            "key": self.key,
            "problem": self.what,
            "remedy": self.remedy,
        });
        match &self.place {
            Place::Spot { file, line, column } => {
                object["file"] = json!(file);
                object["line"] = json!(line);
                object["column"] = json!(column);
            }
            Place::File(file) => object["file"] = json!(file),
            Place::Variable(name) => object["variable"] = json!(name),
            Place::Flag(flag) => object["flag"] = json!(flag),
            Place::BuiltIn => {}
        }
        object
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(false))
    }
}

/// Everything that is wrong, in the order of its places. Never empty where it stands as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// The same, by their places: file by file from top to bottom, then variables, then arguments. What is wrong with several
    /// listeners for one reason is told once.
    #[must_use]
    pub(super) fn in_order(mut self) -> Self {
        self.0.sort_by(|a, b| a.place.cmp(&b.place));
        let mut told = HashSet::new();
        self.0.retain(|problem| told.insert(problem.clone()));
        self
    }

    /// For a person: each with its remedy, then their number.
    pub fn to_text(&self, colour: bool) -> String {
        let each: String = self.0.iter().take(SHOWN).map(|problem| problem.to_text(colour) + "\n").collect();
        let more = self.0.len().saturating_sub(SHOWN);
        let rest = if more == 0 { String::new() } else { format!("… and {more} more\n") };
        let count = match self.0.len() {
            1 => "1 problem".into(),
            count => format!("{count} problems"),
        };
        format!("{each}{rest}{count} in the configuration; nothing was started")
    }

    /// For a program: `{"ok": false, "problems": [{place, key, problem, remedy, file, line, column}]}`.
    pub fn to_json(&self) -> Json {
        json!({ "ok": self.0.is_empty(), "problems": self.0.iter().map(Problem::to_json).collect::<Vec<_>>() })
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Problem> for Problems {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        self.0.extend(problems);
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(false))
    }
}

impl std::error::Error for Problems {}

/// Text in which a person's own words cannot move the cursor or colour the terminal.
fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
