//! The process's limit of open descriptors (`RLIMIT_NOFILE`), raised as far as it goes without rights.
//!
//! The soft limit is what counts and is often 1,024, for programs that use `select`. The hard limit is what the
//! administrator allows. Windows has no such limit.

use std::fmt;

/// The limit after [`raise`]. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptorLimit {
    /// How many the process may have open.
    pub now: Option<u64>,
    /// What it was at start.
    pub before: Option<u64>,
    /// How far it could be raised.
    pub hard: Option<u64>,
    /// Why it could not be raised, if so.
    pub failure: Option<String>,
}

impl DescriptorLimit {
    #[cfg(not(unix))]
    const NONE: Self = Self { now: None, before: None, hard: None, failure: None };
}

impl fmt::Display for DescriptorLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now, before, hard, failure } = self;
        match (failure, now == before) {
            (Some(why), _) => {
                write!(
                    f,
                    "descriptor limit {} stays below the hard limit {}: {why}",
                    Words(*now),
                    Words(*hard)
                )
            }
            (None, true) => write!(f, "descriptor limit {}", Words(*now)),
            (None, false) => write!(f, "descriptor limit raised from {} to {}", Words(*before), Words(*now)),
        }
    }
}

struct Words(Option<u64>);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => limit.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// Raises the soft limit to the hard one. Children inherit it.
#[cfg(unix)]
pub fn raise() -> DescriptorLimit {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let found = getrlimit(Resource::Nofile);
    let attempt = if found.current == found.maximum {
        Ok(())
    } else {
        setrlimit(Resource::Nofile, Rlimit { current: found.maximum, maximum: found.maximum })
    };
    DescriptorLimit {
        now: getrlimit(Resource::Nofile).current,
        before: found.current,
        hard: found.maximum,
        failure: attempt.err().map(|error| std::io::Error::from(error).to_string()),
    }
}

/// Windows limits handles by memory only.
#[cfg(not(unix))]
pub fn raise() -> DescriptorLimit {
    DescriptorLimit::NONE
}
