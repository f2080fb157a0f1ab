//! Counts of a relay, one block for each listener and worker like all others. On listeners of other services they stay at zero and are
//! not shown.

use metrics::Histogram;

use super::{Counter, Gauge};
use crate::reason::{GapReason, RequestFault};

/// Counts of the relay of one listener on one worker.
pub struct RelayStats {
    /// Rooms, those that only linger included.
    pub rooms: Gauge,
    /// Members of all rooms: a session counts once in each of its rooms.
    pub members: Gauge,
    /// Bytes that the logs of all rooms are charged for.
    pub log_bytes: Gauge,
    /// How long the message has waited that has waited longest for a member to read it, in milliseconds. Set about once a second.
    pub longest_lag_ms: Gauge,
    /// Messages published to rooms.
    pub published: Counter,
    /// Messages of rooms that members' sockets took, or took the beginning of.
    pub delivered: Counter,
    /// Times at which members were told that messages are missing.
    pub gaps: [Counter; GapReason::COUNT],
    /// Messages that they were told are missing. Of another epoch none are counted, since nobody knows how many.
    pub missing: [Counter; GapReason::COUNT],
    /// Times at which a session was no longer read since what it sent found no room, or came faster than it may.
    pub held: Counter,
    /// Segments of logs that were given up unread because `limits.queued` was reached.
    pub shed: Counter,
    /// Messages from one session to another.
    pub directs: Counter,
    /// Requests that failed while their session goes on.
    pub faults: [Counter; RequestFault::COUNT],
    /// Frames of types that are not known here.
    pub unknown: Counter,
    /// Sessions that came back with a ticket.
    pub resumed: Counter,
    /// Members of a room at an append, sampled.
    pub fan_out: Histogram,
    /// Seconds from append to write, sampled.
    pub dwell: Histogram,
}

impl RelayStats {
    /// Counts at zero; the histograms belong to the recorder.
    pub fn new(fan_out: Histogram, dwell: Histogram) -> Self {
        Self {
            rooms: Gauge::default(),
            members: Gauge::default(),
            log_bytes: Gauge::default(),
            longest_lag_ms: Gauge::default(),
            published: Counter::default(),
            delivered: Counter::default(),
            gaps: Default::default(),
            missing: Default::default(),
            held: Counter::default(),
            shed: Counter::default(),
            directs: Counter::default(),
            faults: Default::default(),
            unknown: Counter::default(),
            resumed: Counter::default(),
            fan_out,
            dwell,
        }
    }
}

impl Default for RelayStats {
    /// Counts that nobody shows.
    fn default() -> Self {
        Self::new(Histogram::noop(), Histogram::noop())
    }
}
