//! Tips for command lines that are nearly right: a file without `--config`, an address without `echo`. Changes nothing about what
//! is refused.

use std::ffi::{OsStr, OsString};

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::tools::Target;

/// `refusal` of what was `typed`, with a tip if there is one.
pub(super) fn add(mut refusal: Error, typed: &[OsString]) -> Error {
    if let Some(tip) = tip(&refusal, typed) {
        refusal.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    refusal
}

fn tip(refusal: &Error, typed: &[OsString]) -> Option<String> {
    let (is_command, context) = match refusal.kind() {
        ErrorKind::InvalidSubcommand => (true, ContextKind::InvalidSubcommand),
        ErrorKind::UnknownArgument => (false, ContextKind::InvalidArg),
        _ => return None,
    };
    let Some(ContextValue::String(word)) = refusal.get(context) else { return None };
    let first = typed.get(1).and_then(|word| word.to_str())?;
    match (is_command, first) {
        (true, "bench") if word.parse::<Target>().is_ok() => Some(format!("oread bench echo {word}")),
        (true, _) if first == word && looks_like_file(word) => Some(with_config(word)),
        (false, _) if !word.starts_with('-') && takes_files(first, typed.get(2)) => Some(with_config(word)),
        _ => None,
    }
}

/// Whether the command line that begins so takes `--config`.
fn takes_files(first: &str, second: Option<&OsString>) -> bool {
    match first {
        "serve" | "check" | "probe" | "sessions" | "rooms" | "kick" => true,
        "config" => second.is_some_and(|word| word == OsStr::new("effective")),
        _ => false,
    }
}

fn looks_like_file(word: &str) -> bool {
    word.contains(['.', '/']) && !word.contains(':')
}

fn with_config(word: &str) -> String {
    format!("name a file with --config {word}")
}
