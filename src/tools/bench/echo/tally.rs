//! What a thread of the load counted. Written once a batch, under a lock that only the conductor's snapshots contend for.

use hdrhistogram::Histogram;

use super::super::latency;
use crate::tools::failure::{Failure, Kind};

/// Failures told in full; the rest are counted.
const TOLD: usize = 8;

/// Counts of one thread, or of all after [`Tally::add`].
#[derive(Debug)]
pub(super) struct Tally {
    /// Latency in nanoseconds, of frames in the counted window.
    pub(super) latency: Histogram<u64>,
    /// Frames that came back whole, since the start.
    pub(super) frames: u64,
    /// Open loop: frames that were due and never sent, since their connection had too many in flight.
    pub(super) unsent: u64,
    /// Frames that were sent and did not come back.
    pub(super) missing: u64,
    /// Failures by [`Kind`].
    pub(super) failed: [u64; 5],
    /// The first failures, by connection.
    pub(super) told: Vec<String>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            latency: latency::recorder(),
            frames: 0,
            unsent: 0,
            missing: 0,
            failed: [0; 5],
            told: Vec::new(),
        }
    }

    /// Counts a failure and remembers the first few.
    pub(super) fn fail(&mut self, connection: u32, failure: &Failure) {
        self.failed[failure.kind() as usize] += 1;
        self.missing += failure.missing();
        if self.told.len() < TOLD {
            self.told.push(format!("connection {connection}: {failure}"));
        }
    }

    /// Failures of one kind.
    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.failed[kind as usize]
    }

    /// Failures of every kind.
    pub(super) fn failures(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// Takes the counts of another thread in.
    pub(super) fn add(&mut self, other: &Self) {
        // Histograms of equal bounds: adding cannot fail.
        let _ = self.latency.add(&other.latency);
        self.frames += other.frames;
        self.unsent += other.unsent;
        self.missing += other.missing;
        for (mine, theirs) in self.failed.iter_mut().zip(other.failed) {
            *mine += theirs;
        }
        self.told.extend(other.told.iter().take(TOLD.saturating_sub(self.told.len())).cloned());
    }
}
