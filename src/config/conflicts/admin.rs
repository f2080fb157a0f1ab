//! What a token may not be: guessable, given twice, or on the command line, where everyone on the host reads it.

use super::super::effective::{Effective, Entry};
use super::super::kind::Value;
use super::super::place::Place;
use super::Conflict;
use crate::secret::Secret;

const ANOTHER_WAY: &str = "name a file with admin.token_file, or set OREAD__ADMIN__TOKEN";

pub(super) fn find(effective: &Effective) -> Vec<Conflict> {
    let given = |key: &str| effective.find(key).filter(|entry| entry.value != Value::Absent);
    let (token, file) = (given("admin.token"), given("admin.token_file"));
    let twice = token.zip(file).map(|(token, file)| {
        Conflict::between(token, file, "admin.token_file is given too", "remove one of the two")
    });
    let shown = token
        .filter(|token| matches!(token.place, Place::Flag(_)))
        .map(|token| Conflict::of(token, "everyone on this host can read the command line", ANOTHER_WAY));
    let without_use = token.or(file).zip(no_address(effective)).map(|(token, bind)| {
        Conflict::between(
            token,
            bind,
            "it has no meaning without an admin address",
            "set admin.bind, or remove it",
        )
    });
    token.and_then(bad).into_iter().chain(twice).chain(shown).chain(without_use).collect()
}

fn bad(token: &Entry) -> Option<Conflict> {
    let Value::Text(text) = &token.value else { return None };
    let why = Secret::new(text).err()?;
    let (what, remedy) = why.split_once(": ").unwrap_or((why, ANOTHER_WAY));
    Some(Conflict::of(token, what, remedy))
}

/// `admin.bind`, where it says that there is none.
fn no_address(effective: &Effective) -> Option<&Entry> {
    effective.find("admin.bind").filter(|bind| bind.value == Value::Absent)
}
