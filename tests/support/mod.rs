//! What the tests of promises share: a daemon in this process or in one of its own, its metrics, and the wire. Not a test.
//!
//! Invariants:
//! 1. Everything listens on port 0, so that tests run beside each other.
//! 2. Nothing waits without a deadline: sockets have timeouts, conditions are polled until [`PATIENCE`] is over.
//! 3. A daemon ends with its guard, however the test ended.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test uses its part"
)]

mod admin;
mod daemon;
mod metrics;
#[cfg(unix)]
mod program;
mod wire;

use std::time::{Duration, Instant};

pub use admin::{Answer, ask};
pub use daemon::{Daemon, settings};
pub use metrics::Metrics;
#[cfg(unix)]
pub use program::Program;
pub use wire::{Ending, Wire, frame, frames};

/// How long anything may take before a test gives up. Far more than it needs on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `holds`, looking again and again.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
