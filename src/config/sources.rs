//! Where a configuration comes from: files, environment and `--set`, as they were given and not yet read.

use std::path::PathBuf;

/// The layers above the defaults, each stronger than the one before: files in their order, environment,
/// `--set`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Files in the order in which they were given; a later one overrides an earlier.
    pub files: Vec<PathBuf>,
    /// Environment variables; those that do not begin with `OREAD_` are passed over.
    pub env: Vec<(String, String)>,
    /// Values given on the command line.
    pub set: Vec<Assignment>,
    /// Names of services, besides `echo` and `relay`, that the embedding program has registered.
    pub services: Vec<String>,
}

impl Sources {
    /// These files and values with the environment of this process.
    pub fn of_process(files: Vec<PathBuf>, set: Vec<Assignment>) -> Self {
        let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
        let env = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { files, env, set, services: Vec::new() }
    }
}

/// `key=value` from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The argument that brought it, such as `--set`.
    pub flag: String,
    /// `key=value`.
    pub text: String,
}

impl Assignment {
    /// As given with `--set`.
    pub fn set(text: impl Into<String>) -> Self {
        Self { flag: "--set".into(), text: text.into() }
    }

    /// As given by the argument `flag`, which stands for the key.
    pub fn by(flag: &str, key: &str, value: &str) -> Self {
        Self { flag: flag.into(), text: format!("{key}={value}") }
    }
}
