//! Where a value was written: a spot in a file, a variable, a flag, or nowhere (built in).
//!
//! Every value keeps its place from the moment it is read until it is in force, so that a problem can name it
//! and `oread config effective` can show it.

use std::fmt;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// In no place: the default that is built in.
    BuiltIn,
    /// A file as a whole, such as one that does not exist.
    File(String),
    /// A spot in a file. Line and column count from 1; the column counts characters.
    Spot {
        /// The file as it was named on the command line.
        file: String,
        /// Its line.
        line: usize,
        /// The character in that line.
        column: usize,
    },
    /// An environment variable, by its name.
    Variable(String),
    /// An argument of the command line, such as `--set log.level`.
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(file) => f.write_str(file),
            Self::Spot { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}
