//! What a load cost: the server's CPU and memory, when its pid is known, and the client's own CPU.

use std::fmt;

use serde::Serialize;

use super::conductor::Window;
use super::course::Course;
use crate::tools::quantity::bytes;

impl Window {
    /// Its length.
    pub(super) fn seconds(&self) -> f64 {
        (self.end.at - self.begin.at).as_secs_f64()
    }

    /// What was counted in it.
    pub(super) fn messages(&self) -> u64 {
        self.end.messages - self.begin.messages
    }

    /// Cores that this client kept busy.
    pub(super) fn client_cores(&self) -> Option<f64> {
        let (from, to) = self.begin.client.zip(self.end.client)?;
        Some(to.saturating_sub(from).as_secs_f64() / self.seconds())
    }
}

/// What the server used.
#[derive(Debug, Serialize)]
pub(super) struct Server {
    pid: u32,
    cpu_seconds: f64,
    /// User and system time a message, in microseconds; none when there were none.
    cpu_us_per_message: Option<f64>,
    /// Cores that it kept busy in the window.
    cores: f64,
    /// Before the first connection, and at both ends of the window.
    rss_before: u64,
    rss_begin: u64,
    rss_end: u64,
    /// Growth from before the first connection to the window's end, for each connection.
    rss_per_connection: f64,
    /// A message, as a person calls it.
    #[serde(skip)]
    message: &'static str,
}

impl Server {
    /// None when nobody asked. `message` is what one is called, with its article.
    #[expect(clippy::cast_precision_loss, reason = "counts and bytes of a run are far below 2^52")]
    pub(super) fn of(course: &Course, window: &Window, message: &'static str) -> Option<Self> {
        let pid = course.pid?;
        let (from, to) = window.begin.server.zip(window.end.server)?;
        let messages = window.messages();
        let cpu = to.saturating_sub(from).as_secs_f64();
        let before = window.rss_before.unwrap_or_default();
        let after = window.end.rss.unwrap_or_default();
        Some(Self {
            pid,
            cpu_seconds: cpu,
            cpu_us_per_message: (messages > 0).then(|| cpu * 1e6 / messages as f64),
            cores: cpu / window.seconds(),
            rss_before: before,
            rss_begin: window.begin.rss.unwrap_or_default(),
            rss_end: after,
            rss_per_connection: (after as f64 - before as f64) / f64::from(course.connections),
            message,
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self
            .cpu_us_per_message
            .map_or(String::new(), |each| format!("{each:.3} µs of CPU {}, ", self.message));
        write!(f, "  server    {each}{:.1} % of a core, pid {}\n            ", self.cores * 100.0, self.pid)?;
        write!(f, "RSS {} → {}: ", bytes(self.rss_before), bytes(self.rss_end))?;
        match self.rss_per_connection {
            growth if growth > 0.0 => write!(f, "{growth:.0} B a connection"),
            _ => write!(f, "no growth: start the server afresh to measure"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_did_not_grow_has_no_share() {
        let told = |rss_per_connection| {
            Server {
                pid: 1,
                cpu_seconds: 0.0,
                cpu_us_per_message: None,
                cores: 0.0,
                rss_before: 1 << 20,
                rss_begin: 1 << 20,
                rss_end: 1 << 20,
                rss_per_connection,
                message: "an echo",
            }
            .to_string()
        };
        assert!(told(812.4).ends_with(": 812 B a connection"));
        for none in [0.0, -82.0] {
            assert!(told(none).ends_with(": no growth: start the server afresh to measure"));
        }
    }
}
