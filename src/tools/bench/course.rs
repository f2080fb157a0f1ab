//! What every load has, whatever it loads: how long it runs, on how many threads, and whose cost is measured. As typed, and checked.

use std::time::Duration;

use crate::descriptors;
use crate::settings::Address;
use crate::tools::quantity;
use crate::tools::target::Target;

/// Descriptors besides the connections: standard streams, pollers, readings of `/proc`.
const OWN_DESCRIPTORS: u64 = 32;

/// Arguments of every load.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct CourseArgs {
    /// How long to count
    #[arg(short = 't', long, default_value = "10s", value_parser = quantity::duration)]
    pub(super) duration: Duration,
    /// How long to run before counting
    #[arg(short, long, default_value = "1s", value_parser = quantity::duration)]
    pub(super) warmup: Duration,
    /// How long to wait for a connection, its first answer, and the last answers
    #[arg(long, default_value = "5s", value_parser = quantity::duration)]
    pub(super) timeout: Duration,
    /// Threads of the load client, each with its share of the load
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) threads: u32,
    /// Report CPU and memory of the server with this process id (Linux)
    #[arg(short, long)]
    pub(super) pid: Option<u32>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Default for CourseArgs {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(10),
            warmup: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            threads: 1,
            pid: None,
            json: false,
        }
    }
}

/// A course that can be run.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) duration: Duration,
    pub(super) warmup: Duration,
    pub(super) timeout: Duration,
    pub(super) threads: u32,
    pub(super) pid: Option<u32>,
    /// How many connections there will be.
    pub(super) connections: u32,
    /// What is counted, in the plural.
    pub(super) unit: &'static str,
}

impl Course {
    /// Checks the arguments, and that so many connections have descriptors. No more threads than `shares` are of use.
    pub(super) fn new(
        args: &CourseArgs,
        connections: u32,
        shares: u32,
        unit: &'static str,
    ) -> Result<Self, String> {
        if args.duration.is_zero() {
            return Err("--duration 0s counts nothing: give it a second or more".into());
        }
        make_room(connections)?;
        Ok(Self {
            duration: args.duration,
            warmup: args.warmup,
            timeout: args.timeout,
            threads: args.threads.min(shares),
            pid: args.pid,
            connections,
            unit,
        })
    }

    /// What one of the threads has of `count` things, by number.
    pub(super) fn share(&self, thread: u32, count: u32) -> std::ops::Range<u32> {
        let border = |thread: u32| {
            let before = u64::from(count) * u64::from(thread) / u64::from(self.threads);
            u32::try_from(before).unwrap_or(count)
        };
        border(thread)..border(thread + 1)
    }
}

/// A rate that was typed, of `what` a second.
pub(super) fn rate(rate: f64, what: &str) -> Result<f64, String> {
    match rate {
        rate if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err(format!("--rate {rate} is no rate: give {what} a second, above 0")),
    }
}

/// Where to connect to.
pub(super) fn resolve(target: &Target) -> Result<Address, String> {
    target.resolve().map_err(|error| format!("{target}: {error}: check the name"))
}

/// Each connection is a descriptor.
fn make_room(connections: u32) -> Result<(), String> {
    let needed = u64::from(connections) + OWN_DESCRIPTORS;
    match descriptors::raise().now {
        Some(now) if now < needed => Err(format!(
            "{connections} connections need {needed} open files, but this process may have {now}: raise its hard limit (`ulimit -Hn`) or ask for fewer"
        )),
        _ => Ok(()),
    }
}
