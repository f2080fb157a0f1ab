//! What a run found, for people and for programs. Says nothing that was not counted.

use std::fmt;

use serde::Serialize;

use super::conductor::Snapshot;
use super::latency::Latency;
use super::plan::{Plan, Shape};
use super::tally::Tally;
use crate::tools::failure::Kind;
use crate::tools::quantity::{bytes, grouped};

/// The result of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    target: String,
    shape: &'static str,
    connections: u32,
    /// Payload bytes of a frame.
    size: u32,
    codec: &'static str,
    /// Frames in flight at most, on each connection.
    depth: u32,
    /// Open loop: frames a second that were asked for.
    rate: Option<f64>,
    threads: u32,
    /// The counted window.
    window_seconds: f64,
    /// Frames that came back in it.
    messages: u64,
    messages_per_second: f64,
    latency: Option<Latency>,
    failures: Failures,
    server: Option<Server>,
    /// Cores that this client kept busy.
    client_cores: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Failures {
    connections_corrupted: u64,
    connections_closed: u64,
    connections_reset: u64,
    connections_refused: u64,
    connections_overdue: u64,
    frames_missing: u64,
    frames_unsent: u64,
    first: Vec<String>,
}

/// What the server used.
#[derive(Debug, Serialize)]
struct Server {
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
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "counts and bytes of a run are far below 2^52")]
    pub(super) fn new(
        plan: &Plan,
        tally: &Tally,
        rss_before: Option<u64>,
        begin: &Snapshot,
        end: &Snapshot,
    ) -> Self {
        let window = (end.at - begin.at).as_secs_f64();
        let messages = end.frames - begin.frames;
        let server = plan.pid.zip(begin.server.zip(end.server)).map(|(pid, (from, to))| {
            let cpu = to.saturating_sub(from).as_secs_f64();
            let before = rss_before.unwrap_or_default();
            let after = end.rss.unwrap_or_default();
            Server {
                pid,
                cpu_seconds: cpu,
                cpu_us_per_message: (messages > 0).then(|| cpu * 1e6 / messages as f64),
                cores: cpu / window,
                rss_before: before,
                rss_begin: begin.rss.unwrap_or_default(),
                rss_end: after,
                rss_per_connection: (after as f64 - before as f64) / f64::from(plan.connections),
            }
        });
        let client = begin.client.zip(end.client);
        Self {
            target: plan.target.to_string(),
            shape: name(plan.shape),
            connections: plan.connections,
            size: plan.size,
            codec: plan.codec.name(),
            depth: plan.depth,
            rate: if let Shape::Open { rate } = plan.shape { Some(rate) } else { None },
            threads: plan.threads,
            window_seconds: window,
            messages,
            messages_per_second: messages as f64 / window,
            latency: Latency::of(&tally.latency),
            failures: Failures::of(tally),
            server,
            client_cores: client.map(|(from, to)| to.saturating_sub(from).as_secs_f64() / window),
        }
    }

    /// One object on one line.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
    }

    /// Whether every byte that was sent came back, in time and unchanged.
    pub(super) fn is_clean(&self) -> bool {
        self.failures.is_none()
    }

    fn headline(&self) -> String {
        let size = bytes(u64::from(self.size));
        let Self { connections, codec, depth, .. } = self;
        match self.rate {
            Some(rate) => {
                format!("open loop: {rate} frames/s of {size} ({codec}) over {connections} connections")
            }
            None if self.shape == "churn" => {
                format!("churn: {connections} at a time connect, echo {size} ({codec}), close")
            }
            None if self.shape == "idle" => {
                format!("idle: {connections} connections, one echo of {size} ({codec}) each")
            }
            None => {
                format!("closed loop: {connections} connections, {size} ({codec}), {depth} in flight on each")
            }
        }
    }
}

impl fmt::Display for Report {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate, shown in whole frames"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = self.window_seconds;
        writeln!(f, "{}\n  {}, counted for {window:.1} s\n", self.target, self.headline())?;
        let rate = grouped(self.messages_per_second as u64);
        let volume = bytes((self.messages_per_second * f64::from(self.size)) as u64);
        writeln!(f, "  echoes    {}   {rate} a second, {volume}/s each way", grouped(self.messages))?;
        if let Some(latency) = &self.latency {
            writeln!(f, "{latency}")?;
        }
        if let Some(server) = &self.server {
            writeln!(f, "{server}")?;
        }
        if let Some(cores) = self.client_cores {
            writeln!(f, "  client    {:.0} % of a core", cores * 100.0)?;
        }
        write!(f, "{}", self.failures)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each =
            self.cpu_us_per_message.map_or(String::new(), |each| format!("{each:.3} µs of CPU an echo, "));
        write!(f, "  server    {each}{:.1} % of a core, pid {}\n            ", self.cores * 100.0, self.pid)?;
        write!(f, "RSS {} → {}: ", bytes(self.rss_before), bytes(self.rss_end))?;
        match self.rss_per_connection {
            growth if growth > 0.0 => write!(f, "{growth:.0} B a connection"),
            _ => write!(f, "no growth: start the server afresh to measure"),
        }
    }
}

impl Failures {
    fn of(tally: &Tally) -> Self {
        Self {
            connections_corrupted: tally.count(Kind::Corrupted),
            connections_closed: tally.count(Kind::Closed),
            connections_reset: tally.count(Kind::Reset),
            connections_refused: tally.count(Kind::Unconnected),
            connections_overdue: tally.count(Kind::Lost),
            frames_missing: tally.missing,
            frames_unsent: tally.unsent,
            first: tally.told.clone(),
        }
    }

    /// Frames that an open loop could not send are the server's slowness, told but no loss.
    fn is_none(&self) -> bool {
        self.first.is_empty()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.frames_unsent > 0 {
            let unsent = grouped(self.frames_unsent);
            writeln!(
                f,
                "  behind    {unsent} frames were due but never sent: the server does not keep up with this rate"
            )?;
        }
        if self.is_none() {
            return write!(f, "  failures  none: every byte came back as it was sent");
        }
        let Self {
            connections_corrupted, connections_closed, connections_reset, connections_refused, ..
        } = self;
        write!(
            f,
            "  FAILURES  connections: {connections_corrupted} corrupted, {connections_closed} closed, {connections_reset} reset, \
             {connections_refused} not opened, {} overdue; frames missing: {}",
            self.connections_overdue, self.frames_missing
        )?;
        self.first.iter().try_for_each(|line| write!(f, "\n            {line}"))
    }
}

fn name(shape: Shape) -> &'static str {
    match shape {
        Shape::Closed => "closed",
        Shape::Open { .. } => "open",
        Shape::Churn => "churn",
        Shape::Idle => "idle",
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
            }
            .to_string()
        };
        assert!(told(812.4).ends_with(": 812 B a connection"));
        for none in [0.0, -82.0] {
            assert!(told(none).ends_with(": no growth: start the server afresh to measure"));
        }
    }
}
