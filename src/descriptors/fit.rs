//! How many sessions the descriptor limit carries. Pure: numbers in, a decision out.

use std::fmt;

use super::Demand;
use crate::settings::SessionLimit;

/// A session limit that the descriptors carry: `sessions + reserve <= descriptors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitted {
    /// Sessions of the whole process; `u64::MAX` where neither settings nor descriptors limit them.
    pub sessions: u64,
    /// The descriptor limit; `None` is no limit.
    pub descriptors: Option<u64>,
    /// Descriptors left for everything that is not a session.
    pub reserve: u64,
    /// Whether `sessions` was worked out (`"auto"`) rather than asked for.
    pub auto: bool,
}

impl fmt::Display for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.descriptors, self.auto) {
            (Some(limit), true) => write!(
                f,
                "limits.sessions = \"auto\" is {}: descriptor limit {limit}, {} of them kept for the rest",
                self.sessions, self.reserve
            ),
            (None, true) => {
                f.write_str("limits.sessions = \"auto\" is no limit: descriptors are not limited here")
            }
            (_, false) => write!(f, "limits.sessions = {}", self.sessions),
        }
    }
}

/// The descriptor limit is too low for what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Sessions asked for; 1 for `"auto"`, which carries at least one.
    pub sessions: u64,
    /// The descriptor limit.
    pub descriptors: u64,
    /// What stands in the way.
    pub demand: Demand,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reserve = self.demand.total();
        let needed = self.sessions.saturating_add(reserve);
        write!(
            f,
            "limits.sessions = {} needs {needed} descriptors, the limit is {}",
            self.sessions, self.descriptors
        )?;
        write!(f, ": a session takes one, {reserve} are for")?;
        for (at, (item, count)) in self.demand.items().iter().enumerate() {
            write!(f, "{} {item} {count}", if at == 0 { "" } else { "," })?;
        }
        match self.descriptors.checked_sub(reserve) {
            None | Some(0) => f.write_str("; ")?,
            Some(most) => write!(f, "; set at most {most} or \"auto\", or ")?,
        }
        write!(
            f,
            "raise the limit to {needed} (`ulimit -Hn`, systemd: LimitNOFILE=, containers: --ulimit nofile=)"
        )
    }
}

impl std::error::Error for Unfit {}

/// Fits the session limit to the descriptor limit (`None`: there is none).
///
/// `"auto"` takes what the limit carries; a number is taken as it is or refused with the arithmetic.
pub fn fit(limit: SessionLimit, demand: Demand, descriptors: Option<u64>) -> Result<Fitted, Unfit> {
    let reserve = demand.total();
    let (asked, auto) = match limit {
        SessionLimit::Auto => (1, true),
        SessionLimit::Exactly(sessions) => (sessions, false),
    };
    let carried = descriptors.map_or(u64::MAX, |limit| limit.saturating_sub(reserve));
    if let Some(descriptors) = descriptors.filter(|_| asked > carried) {
        return Err(Unfit { sessions: asked, descriptors, demand });
    }
    Ok(Fitted { sessions: if auto { carried } else { asked }, descriptors, reserve, auto })
}
