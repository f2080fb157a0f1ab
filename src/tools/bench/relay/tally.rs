//! What a thread of the load counted. Written once a read, under a lock that only the conductor's snapshots contend for.

use hdrhistogram::Histogram;

use super::super::latency;
use super::account::Counts;

/// Failures told in full; the rest are counted.
const TOLD: usize = 8;

/// Counts of one thread, or of all after [`Tally::add`].
#[derive(Debug)]
pub(super) struct Tally {
    /// From when a message was due until a member had it, in nanoseconds, in the counted window.
    pub(super) latency: Histogram<u64>,
    /// The same until its publisher had the receipt.
    pub(super) receipt_latency: Histogram<u64>,
    /// Messages that reached members, since the start.
    pub(super) deliveries: u64,
    /// Messages published, since the start, and what of each was to be accounted for by all members together.
    pub(super) published: u64,
    pub(super) owed: u64,
    pub(super) receipts: u64,
    /// Open loop: messages that were due and never sent, since the publisher's socket took no more.
    pub(super) unsent: u64,
    /// What members counted, since the start.
    pub(super) counts: Counts,
    /// Sessions that could not go on.
    pub(super) sessions: u64,
    /// All failures, and the first of them in words.
    pub(super) failures: u64,
    pub(super) told: Vec<String>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            latency: latency::recorder(),
            receipt_latency: latency::recorder(),
            deliveries: 0,
            published: 0,
            owed: 0,
            receipts: 0,
            unsent: 0,
            counts: Counts::default(),
            sessions: 0,
            failures: 0,
            told: Vec::new(),
        }
    }

    /// Counts a failure and remembers the first few.
    pub(super) fn fail(&mut self, told: impl FnOnce() -> String) {
        self.failures += 1;
        if self.told.len() < TOLD {
            self.told.push(told());
        }
    }

    /// Takes the counts of another thread in.
    pub(super) fn add(&mut self, other: &Self) {
        // Histograms of equal bounds: adding cannot fail.
        let _ = self.latency.add(&other.latency);
        let _ = self.receipt_latency.add(&other.receipt_latency);
        self.deliveries += other.deliveries;
        self.published += other.published;
        self.owed += other.owed;
        self.receipts += other.receipts;
        self.unsent += other.unsent;
        self.counts.add(&other.counts);
        self.sessions += other.sessions;
        self.failures += other.failures;
        self.told.extend(other.told.iter().take(TOLD.saturating_sub(self.told.len())).cloned());
    }
}
