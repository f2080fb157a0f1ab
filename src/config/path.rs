//! Keys as paths of parts: `listener.x.rooms."game-*".linger`.
//!
//! A part that is no bare key of TOML stands in quotes, as it would in a file, so that a dot in the name of a room divides nothing.
//! Keys and parts are in this one spelling wherever they are compared.

use std::borrow::Cow;
use std::fmt::Write;

/// The parts of `key` as they stand in it.
pub(super) fn parts(key: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = key;
    while let Some((part, more)) = first(rest) {
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts
}

/// The first part of `key` and what stands behind its dot, if there is more than one.
pub(super) fn first(key: &str) -> Option<(&str, &str)> {
    let dot = outside_quotes(key, '.')?;
    Some((&key[..dot], &key[dot + 1..]))
}

/// Where `wanted` stands first in `text` outside of quotes. In quotes that never end, as in no quotes.
pub(super) fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quotes = Quotes::Closed;
    let at = text.char_indices().find(|(_, c)| {
        let here = quotes == Quotes::Closed && *c == wanted;
        quotes = quotes.after(*c);
        here
    });
    match at {
        Some((at, _)) => Some(at),
        None if quotes == Quotes::Closed => None,
        None => text.find(wanted),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Closed,
    Open,
    Escape,
}

impl Quotes {
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Closed, '"') | (Self::Escape, _) => Self::Open,
            (Self::Open, '\\') => Self::Escape,
            (Self::Open, '"') => Self::Closed,
            _ => self,
        }
    }
}

/// The key that these names lead to.
pub(super) fn join<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(part).collect::<Vec<_>>().join(".")
}

/// `name` as it stands in a key.
pub(super) fn part(name: &str) -> Cow<'_, str> {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(bare) {
        return name.into();
    }
    quoted(name).into()
}

/// `text` as a string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}

/// The name that stands in a key as `part`. Control characters stay escaped: no name that has a meaning holds one.
pub(super) fn name(part: &str) -> Cow<'_, str> {
    let Some(inner) = part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return part.into();
    };
    let mut name = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                name.push(escaped);
                chars.next();
            }
            _ => name.push(c),
        }
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_key_is_found_again_whatever_it_holds() {
        for name_in in
            ["lobby", "game-*", "a.b", "say \"hi\"", "back\\slash", "\\\"", "", "=", "ä", "\\u0041"]
        {
            let key = join(["listener", "x", "rooms", name_in, "linger"]);
            let found = parts(&key);
            assert_eq!((found.len(), found[4]), (5, "linger"), "{key}");
            assert_eq!(name(found[3]), name_in, "{key}");
        }
    }

    #[test]
    fn a_quote_that_never_ends_quotes_nothing() {
        assert_eq!(parts("a.\"b.c"), ["a", "\"b", "c"]);
        assert_eq!(outside_quotes("a.\"b=1", '='), Some(4));
        assert_eq!(outside_quotes("a.\"b=1\".c=2", '='), Some(9));
    }
}
