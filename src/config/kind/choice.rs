//! Words and texts: switches, choices, levels, names.

use super::{Fault, Value};
use crate::config::nearest;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// `true` or `false`, and no other spelling.
pub(super) fn switch(text: &str) -> Result<Value, Fault> {
    match text {
        "true" => Ok(Value::Switch(true)),
        "false" => Ok(Value::Switch(false)),
        _ => Err(Fault::new(format!("`{text}` is neither true nor false"), "write true or false")),
    }
}

/// One of `words`.
pub(super) fn word(text: &str, words: &[&str]) -> Result<Value, Fault> {
    if words.contains(&text) {
        return Ok(Value::Text(text.into()));
    }
    Err(Fault::new(format!("`{text}` is not one of its values"), among(text, words)))
}

/// Free text, neither empty nor longer than `most` bytes.
pub(super) fn text(text: &str, most: usize) -> Result<Value, Fault> {
    if text.is_empty() {
        return Err(Fault::new("it is empty", "leave it out to have the default"));
    }
    if text.len() > most || text.contains(char::is_control) {
        return Err(Fault::new(
            format!("{} is too long or holds control characters", text.escape_debug()),
            format!("write at most {most} bytes of plain text"),
        ));
    }
    Ok(Value::Text(text.into()))
}

/// `info`, or `info,oread::session=debug`; spaces around the parts are left out.
///
/// A word that is no level would be a target for the logger, and silence all else: it is refused.
pub(super) fn level(text: &str) -> Result<Value, Fault> {
    let directives = text.split(',').map(directive).collect::<Result<Vec<_>, _>>()?;
    Ok(Value::Text(directives.join(",")))
}

fn directive(text: &str) -> Result<String, Fault> {
    let (target, level) = match text.rsplit_once('=') {
        Some((target, level)) => (Some(target.trim()), level.trim()),
        None => (None, text.trim()),
    };
    if !LEVELS.contains(&level) {
        return Err(Fault::new(format!("`{level}` is not a level"), among(level, &LEVELS)));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-');
    match target {
        None => Ok(level.into()),
        Some(target) if !target.is_empty() && target.chars().all(plain) => Ok(format!("{target}={level}")),
        Some(target) => Err(Fault::new(
            format!("`{target}` is not a target"),
            "write the path of a module, such as \"info,oread::session=debug\"",
        )),
    }
}

/// The nearest of `words` if one is near, and all of them.
fn among(text: &str, words: &[&str]) -> String {
    let all = words.join(", ");
    match nearest::word(text, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"? It may be {all}"),
        None => format!("it may be {all}"),
    }
}
