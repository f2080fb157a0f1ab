//! A secret: read, held, compared, never shown.

use std::fmt;
use std::hint::black_box;
use std::path::Path;

/// Text that proves who somebody is. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The shortest that is accepted, in bytes: long enough that nobody guesses it over the network.
    pub const LEAST: usize = 16;
    /// The longest, in bytes.
    pub const MOST: usize = 1024;

    /// This text without the white space around it, since files end with a line feed.
    ///
    /// # Errors
    /// What is wrong with it and the remedy, without showing it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() < Self::LEAST {
            return Err("it is shorter than 16 bytes: make one with `openssl rand -hex 32`");
        }
        if text.len() > Self::MOST {
            return Err("it is longer than 1024 bytes: make one with `openssl rand -hex 32`");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has other characters than visible ASCII: make one with `openssl rand -hex 32`");
        }
        Ok(Self(text.to_owned()))
    }

    /// The one in this file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no secret; with its path and the remedy.
    pub fn in_file(path: &Path) -> Result<Self, String> {
        let wrong = |why: &dyn fmt::Display| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
        Self::new(&text).map_err(|why| wrong(&why))
    }

    /// Whether `given` is it. Takes the same time wherever the two differ; only the length of `given` shows.
    pub fn is(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differing = given
            .iter()
            .enumerate()
            .fold(0, |differing, (at, byte)| black_box(differing | (byte ^ own[at % own.len()])));
        differing == 0 && given.len() == own.len()
    }

    /// The text, to be sent to whoever asks for it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_text_is_it_and_nothing_shows_it() {
        let secret = Secret::new("0123456789abcdef\n").unwrap_or_else(|why| unreachable!("{why}"));
        assert!(secret.is(b"0123456789abcdef"));
        for other in [
            "",
            "0",
            "0123456789abcdeF",
            "0123456789abcde",
            "0123456789abcdef0",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(!secret.is(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{secret:?}"), "***");
        for wrong in ["", "short", "0123456789 abcdef", "0123456789abcdé€f", &"x".repeat(2000)] {
            assert!(Secret::new(wrong).is_err(), "{wrong}");
        }
    }
}
