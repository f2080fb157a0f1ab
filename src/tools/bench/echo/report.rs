//! What a run found, for people and for programs. Says nothing that was not counted.

use std::fmt;

use serde::Serialize;

use super::super::Findings;
use super::super::conductor::Window;
use super::super::cost::Server;
use super::super::latency::Latency;
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

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    pub(super) fn new(plan: &Plan, tally: &Tally, window: &Window) -> Self {
        let (seconds, messages) = (window.seconds(), window.messages());
        Self {
            target: plan.target.to_string(),
            shape: name(plan.shape),
            connections: plan.connections,
            size: plan.size,
            codec: plan.codec.name(),
            depth: plan.depth,
            rate: if let Shape::Open { rate } = plan.shape { Some(rate) } else { None },
            threads: plan.course.threads,
            window_seconds: seconds,
            messages,
            messages_per_second: messages as f64 / seconds,
            latency: Latency::of(&tally.latency),
            failures: Failures::of(tally),
            server: Server::of(&plan.course, window, "an echo"),
            client_cores: window.client_cores(),
        }
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

impl Findings for Report {
    /// Whether every byte that was sent came back, in time and unchanged.
    fn is_clean(&self) -> bool {
        self.failures.is_none()
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
