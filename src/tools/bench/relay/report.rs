//! What a run found, for people and for programs. Says nothing that was not counted.

use std::fmt;

use serde::Serialize;

use super::super::Findings;
use super::super::conductor::Window;
use super::super::cost::Server;
use super::super::latency::Latency;
use super::plan::{Loop, Plan};
use super::speech::Speech;
use super::tally::Tally;
use crate::tools::quantity::{bytes, grouped};

/// The result of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    target: String,
    protocol: &'static str,
    /// Plain: how frames are cut.
    codec: Option<&'static str>,
    shape: &'static str,
    rooms: u32,
    /// Of each room.
    members: u32,
    stalled: u32,
    publishers: u32,
    /// Payload bytes of a message.
    size: u32,
    /// Closed loop: messages in flight a publisher.
    depth: Option<u32>,
    /// Open loop: messages a second that were asked for.
    rate: Option<f64>,
    batch: u32,
    threads: u32,
    /// The counted window.
    window_seconds: f64,
    /// Messages that reached members in it.
    deliveries: u64,
    deliveries_per_second: f64,
    bytes_per_second: f64,
    latency: Option<Latency>,
    receipts: Option<Receipts>,
    account: Account,
    failures: Failures,
    server: Option<Server>,
    /// Cores that this client kept busy.
    client_cores: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Receipts {
    received: u64,
    latency: Option<Latency>,
}

/// From the first message to the last, warm-up included.
#[derive(Debug, Serialize)]
struct Account {
    published: u64,
    /// Messages of published ones × members: each is received, announced missing or lost.
    due: u64,
    received: u64,
    announced_missing: u64,
    gaps: u64,
    lost: u64,
    duplicates: u64,
    out_of_order: u64,
    corrupted: u64,
    inexact_gaps: u64,
    /// Messages of others in the same rooms.
    foreign: u64,
    /// Open loop: due and never sent.
    unsent: u64,
}

#[derive(Debug, Serialize)]
struct Failures {
    count: u64,
    sessions: u64,
    first: Vec<String>,
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    pub(super) fn new(plan: &Plan, tally: &Tally, window: &Window) -> Self {
        let (seconds, deliveries) = (window.seconds(), window.messages());
        let size = u32::try_from(plan.stationery.size()).unwrap_or(u32::MAX);
        let a_second = deliveries as f64 / seconds;
        let (shape, depth, rate) = match plan.cycle {
            Loop::Closed { depth } => ("closed", Some(depth), None),
            Loop::Open { rate, .. } => ("open", None, Some(rate)),
        };
        let codec = if let Speech::Plain(codec) = plan.speech { Some(codec.name()) } else { None };
        let receipts = plan
            .receipts
            .then(|| Receipts { received: tally.receipts, latency: Latency::of(&tally.receipt_latency) });
        Self {
            target: plan.target.to_string(),
            protocol: plan.speech.name(),
            codec,
            shape,
            rooms: plan.rooms,
            members: plan.members,
            stalled: plan.stalled,
            publishers: plan.publishers,
            size,
            depth,
            rate,
            batch: plan.batch,
            threads: plan.course.threads,
            window_seconds: seconds,
            deliveries,
            deliveries_per_second: a_second,
            bytes_per_second: a_second * f64::from(size),
            latency: Latency::of(&tally.latency),
            receipts,
            account: Account::of(tally),
            failures: Failures { count: tally.failures, sessions: tally.sessions, first: tally.told.clone() },
            server: Server::of(&plan.course, window, "a delivery"),
            client_cores: window.client_cores(),
        }
    }

    fn headline(&self) -> String {
        let each = |count: u32, noun: &str| {
            format!("{} {noun}{}", grouped(u64::from(count)), if count == 1 { "" } else { "s" })
        };
        let stalled = match self.stalled {
            0 => String::new(),
            stalled => format!(" and {stalled} stalled"),
        };
        let crowd = format!(
            "{} with {}{stalled} and {} each",
            each(self.rooms, "room"),
            each(self.members, "member"),
            each(self.publishers, "publisher")
        );
        let size = bytes(u64::from(self.size));
        let batch = if self.batch == 1 { String::new() } else { format!(", {} at a time", self.batch) };
        match (self.rate, self.depth) {
            (Some(rate), _) => format!("open loop: {rate} messages/s of {size}{batch}, {crowd}"),
            (None, depth) => format!(
                "closed loop: {crowd}, {size}{batch}, {} in flight a publisher",
                depth.unwrap_or_default()
            ),
        }
    }
}

impl Account {
    fn of(tally: &Tally) -> Self {
        let counts = &tally.counts;
        Self {
            published: tally.published,
            due: tally.owed,
            received: counts.received,
            announced_missing: counts.announced,
            gaps: counts.gaps,
            lost: counts.lost,
            duplicates: counts.duplicates,
            out_of_order: counts.out_of_order,
            corrupted: counts.corrupted,
            inexact_gaps: counts.inexact,
            foreign: counts.foreign,
            unsent: tally.unsent,
        }
    }
}

impl Findings for Report {
    /// Whether every member got each message once and in order, or was told exactly what it missed.
    fn is_clean(&self) -> bool {
        self.failures.count == 0
    }
}

impl fmt::Display for Report {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates, shown in whole units"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = self.window_seconds;
        let plain = self.codec.map_or(String::new(), |codec| format!(" (plain, {codec})"));
        writeln!(f, "{}{plain}\n  {}, counted for {window:.1} s\n", self.target, self.headline())?;
        let (rate, volume) = (self.deliveries_per_second as u64, self.bytes_per_second as u64);
        writeln!(
            f,
            "  delivered {}   {} a second, {}/s",
            grouped(self.deliveries),
            grouped(rate),
            bytes(volume)
        )?;
        if let Some(latency) = &self.latency {
            writeln!(f, "{latency}")?;
        }
        if let Some(Receipts { received, latency }) = &self.receipts {
            let quantiles =
                latency.as_ref().map_or(String::new(), |latency| format!("   {}", latency.brief()));
            writeln!(f, "  receipts  {}{quantiles}", grouped(*received))?;
        }
        if let Some(server) = &self.server {
            writeln!(f, "{server}")?;
        }
        if let Some(cores) = self.client_cores {
            writeln!(f, "  client    {:.0} % of a core", cores * 100.0)?;
        }
        write!(f, "{}{}", self.account, self.failures)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { published, due, received, announced_missing, gaps, foreign, unsent, .. } = *self;
        writeln!(
            f,
            "  account   {} published, {} to be delivered: {} received, {} announced missing ({} gaps), {} lost",
            grouped(published),
            grouped(due),
            grouped(received),
            grouped(announced_missing),
            grouped(gaps),
            grouped(self.lost)
        )?;
        if foreign > 0 {
            writeln!(f, "  others    {} messages of others came too", grouped(foreign))?;
        }
        if unsent > 0 {
            let unsent = grouped(unsent);
            writeln!(
                f,
                "  behind    {unsent} messages were due but never sent: the relay does not keep up with this rate"
            )?;
        }
        if self.lost + self.duplicates + self.out_of_order + self.corrupted + self.inexact_gaps == 0 {
            return Ok(());
        }
        writeln!(
            f,
            "  WRONG     {} lost, {} twice, {} out of order, {} corrupted, {} inexact gaps",
            self.lost, self.duplicates, self.out_of_order, self.corrupted, self.inexact_gaps
        )
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return write!(
                f,
                "  failures  none: everyone got each message once, in order, or was told which it missed"
            );
        }
        let sessions = if self.sessions == 1 { "session" } else { "sessions" };
        write!(f, "  FAILURES  {}, of them {} {sessions} that could not go on", self.count, self.sessions)?;
        self.first.iter().try_for_each(|line| write!(f, "\n            {line}"))
    }
}
