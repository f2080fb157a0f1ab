//! Law: a configuration is understood or refused with problems that name a place; it never panics, and what is in force can be said.

use oread::config;

/// Reads `data` as one file, if it is text.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match config::parse_str("fuzzed.toml", text) {
        Ok(loaded) => assert!(!loaded.settings.listeners.is_empty(), "a daemon that listens nowhere"),
        Err(problems) => assert!(!problems.to_string().is_empty(), "refused without a word"),
    }
}
