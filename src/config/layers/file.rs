//! The layer of one file: TOML, parsed with its spans so that each value knows its line and column.

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::kind::Written;
use super::super::options::{self, Found};
use super::super::path;
use super::super::place::Place;
use super::super::problem::{Problem, Problems};
use super::{Layer, Names, is_nameless, nameless, refused_pattern};

/// The longest file. One beyond it is no configuration, whatever it is.
const LONGEST: u64 = 4 << 20;

/// A file that was read and not yet understood.
#[derive(Debug)]
pub(in crate::config) struct Text {
    name: String,
    content: String,
    /// The offset at which each line begins.
    lines: Vec<usize>,
}

/// Reads the file at `path`.
pub(in crate::config) fn open(path: &Path) -> Result<Text, Problem> {
    let name = path.display().to_string();
    let fault = |what: &str, remedy: String| Problem::new(Place::File(name.clone()), "", what).remedy(remedy);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(match error.kind() {
            ErrorKind::NotFound => fault("there is no such file", start_from(path)),
            ErrorKind::PermissionDenied => {
                fault("this user may not read it", "change its owner or its permissions".into())
            }
            ErrorKind::IsADirectory => {
                fault("this is a directory", "name the files in it, each with --config".into())
            }
            _ => fault(&format!("it cannot be read: {error}"), String::new()),
        });
    }
    if bytes.len() as u64 > LONGEST {
        return Err(fault("it is longer than 4MiB", "name a configuration".into()));
    }
    String::from_utf8(bytes).map(|text| Text::new(&name, &text)).map_err(|error| {
        let good =
            String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        Problem::new(Text::new(&name, &good).at(good.len()), "", "this is not UTF-8")
            .remedy("TOML is written in UTF-8")
    })
}

fn start_from(path: &Path) -> String {
    let from = if path.is_relative() { std::env::current_dir().ok() } else { None };
    let looked = from.map(|directory| format!("looked in {}; ", directory.display())).unwrap_or_default();
    format!("{looked}`oread config default` prints a file to start from")
}

impl Text {
    pub(in crate::config) fn new(name: &str, text: &str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), content: text.into(), lines }
    }

    /// Its good values. The flag says whether all of it was understood as TOML.
    pub(in crate::config) fn read(&self, names: &mut Names, problems: &mut Problems) -> (Layer, bool) {
        let (document, faults) = DeTable::parse_recoverable(&self.content);
        let whole = faults.is_empty();
        let mut reader = Reader { text: self, names, found: Problems::default(), layer: Layer::default() };
        reader.table(&[], document.get_ref());
        let Reader { found, layer, .. } = reader;
        // One mistake often makes the parser stumble several times, and what it makes of a broken line is a
        // guess: one problem a line.
        let mut broken = HashSet::new();
        for fault in faults {
            let place = self.at(fault.span().map_or(0, |span| span.start));
            if broken.insert(line(&place)) {
                problems.push(
                    self.twice(&fault, &place)
                        .unwrap_or_else(|| Problem::new(place, "", sentence(fault.message()))),
                );
            }
        }
        problems.extend(found.iter().filter(|problem| !broken.contains(&line(&problem.place))).cloned());
        (layer, whole)
    }

    /// The problem with a table or a key that stands there before, by its name.
    fn twice(&self, fault: &toml::de::Error, place: &Place) -> Option<Problem> {
        let span = fault.span().filter(|_| fault.message() == "duplicate key")?;
        let start = self.lines.get(line(place).checked_sub(1)?)?;
        let told = self.content.get(*start..span.end)?.trim_start();
        let (key, what, remedy) = match told.strip_prefix('[') {
            Some(table) => (table.trim_start_matches('['), "this table stands twice", "merge them"),
            None => (self.content.get(span)?, "this key stands twice", "remove one"),
        };
        Some(Problem::new(place.clone(), key, what).remedy(remedy))
    }

    fn at(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default();
        let before = self.content.get(start..offset).unwrap_or_default();
        Place::Spot { file: self.name.clone(), line: line.max(1), column: before.chars().count() + 1 }
    }
}

/// Walks the tables of a document.
struct Reader<'a> {
    text: &'a Text,
    names: &'a mut Names,
    found: Problems,
    layer: Layer,
}

impl Reader<'_> {
    fn table(&mut self, path: &[&str], table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let mut told = false;
        for (name, value) in entries {
            let path: Vec<_> = path.iter().copied().chain([name.get_ref().as_ref()]).collect();
            let place = self.text.at(name.span().start);
            // All keys of a listener without a name are one mistake.
            if is_nameless(&path) && !matches!(value.get_ref(), DeValue::Table(_)) {
                if !std::mem::replace(&mut told, true) {
                    self.found.push(nameless(&path::join(path.iter().copied()), place));
                }
                continue;
            }
            if let ["listener", listener] = path[..]
                && !self.names.note(listener, &place, &mut self.found)
            {
                continue;
            }
            if let DeValue::Table(_) = value.get_ref()
                && let Some(problem) = refused_pattern(&path, &place)
            {
                self.found.push(problem);
                continue;
            }
            self.entry(&path, place, value);
        }
    }

    fn entry(&mut self, path: &[&str], place: Place, value: &Spanned<DeValue<'_>>) {
        let key = path::join(path.iter().copied());
        match (options::find(path), value.get_ref()) {
            (Found::Key(option), written) => {
                let place = self.text.at(value.span().start);
                self.layer.take(key, option, &Written::from(written), place, &mut self.found);
            }
            (Found::Section, DeValue::Table(table)) => {
                if table.is_empty() {
                    self.found.extend(empty(path, key, place));
                }
                self.table(path, table);
            }
            (Found::Section, DeValue::Array(_)) => {
                let problem =
                    Problem::new(place, key, "this is a list, and listeners are tables with a name");
                self.found.push(problem.remedy("write [listener.NAME] instead of [[listener]]"));
            }
            (Found::Nothing, DeValue::Table(table)) if path.len() == 1 && looks_like_listener(table) => {
                let problem = Problem::new(place, key.clone(), "there is no such section");
                self.found.push(problem.remedy(format!("a listener is written [listener.{key}]")));
            }
            _ => self.found.extend(super::unknown(&key, place, self.names)),
        }
    }
}

/// The problem with a table that holds nothing, where that cannot have been meant.
fn empty(path: &[&str], key: String, place: Place) -> Option<Problem> {
    let (what, remedy) = match path {
        ["listener"] => ("it names no listener", "name one, such as [listener.echo], or remove it"),
        ["listener", _, "rooms", _] => {
            ("it says nothing of these rooms", "give it a key, such as linger = \"30s\", or remove it")
        }
        _ => return None,
    };
    Some(Problem::new(place, key, what).remedy(remedy))
}

fn looks_like_listener(table: &DeTable<'_>) -> bool {
    table.iter().any(|(key, _)| matches!(key.get_ref().as_ref(), "bind" | "service" | "codec"))
}

fn line(place: &Place) -> usize {
    if let Place::Spot { line, .. } = place { *line } else { 0 }
}

/// The parser's message on one line.
fn sentence(message: &str) -> String {
    message.trim().replace('\n', ", ")
}
