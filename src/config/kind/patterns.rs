//! Lists of patterns of rooms' names: `["lobby", "game-*"]`; from where there is only text, `lobby, game-*` too.

use super::{Fault, Value, Written, choice};
use crate::config::path;
use crate::settings::NamePattern;

/// The longest pattern in bytes: that of a room's name.
const LONGEST: usize = 128;
/// Patterns in one list, and tables of rooms by name in one listener: each room's name is held against all.
pub(in crate::config) const MOST: usize = 256;

const EXAMPLE: &str = "write a list of patterns, such as [\"lobby\", \"game-*\"]";

pub(super) fn read(written: &Written) -> Result<Value, Fault> {
    match written {
        Written::List(list) => list_of(list),
        Written::Loose(text) if text.trim_start().starts_with('[') => parse(text, text),
        Written::Loose(text) if text.contains('"') => parse(&format!("[{text}]"), text),
        Written::Loose(text) => patterns(text.split(',').map(str::trim)),
        Written::Text(text) => {
            let parts: Vec<_> = text.split(',').map(|part| path::quoted(part.trim())).collect();
            Err(Fault::new("this is a string", format!("write [{}]", parts.join(", "))))
        }
        other => Err(Fault::new(format!("this is {}", other.type_name()), EXAMPLE)),
    }
}

/// Reads `list`, of which a person wrote `text`.
fn parse(list: &str, text: &str) -> Result<Value, Fault> {
    match toml::de::DeValue::parse(list).map(|value| Written::from(value.get_ref())) {
        Ok(Written::List(list)) => list_of(&list),
        _ => Err(Fault::new(format!("`{text}` is not a list"), EXAMPLE)),
    }
}

fn list_of(list: &[Written]) -> Result<Value, Fault> {
    let text = |written: &Written| match written {
        Written::Text(text) => Ok(text.clone()),
        other => Err(Fault::new(format!("{} is in the list", other.type_name()), EXAMPLE)),
    };
    let texts = list.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    patterns(texts.iter().map(String::as_str))
}

fn patterns<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Value, Fault> {
    let patterns = texts.map(pattern).collect::<Result<Vec<_>, _>>()?;
    if patterns.len() > MOST {
        let what = format!("the list has {} patterns", patterns.len());
        return Err(Fault::new(what, format!("write at most {MOST}; a * stands for anything in a name")));
    }
    Ok(Value::Patterns(patterns))
}

/// One pattern.
pub(in crate::config) fn pattern(text: &str) -> Result<NamePattern, Fault> {
    if text.is_empty() {
        return Err(Fault::new("a pattern is empty", "write \"*\" for every room, or [] for none"));
    }
    choice::text(text, LONGEST).map(|_| NamePattern::new(text))
}

/// As [`read`] takes it, from a file too.
pub(super) fn show(patterns: &[NamePattern]) -> String {
    let each: Vec<_> = patterns.iter().map(|pattern| path::quoted(pattern.as_str())).collect();
    format!("[{}]", each.join(", "))
}
