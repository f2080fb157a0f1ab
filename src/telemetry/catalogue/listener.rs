//! Metrics of listeners and their sessions, read from [`ListenerStats`].

use metrics::Unit;

use super::{Bucketed, Row, count, counter, gauge, histogram};
use crate::reason::{AcceptFault, CloseReason, DropReason, RefuseReason};
use crate::stats::{ListenerStats, SessionState};

/// The labels of everything here, before a row's own.
pub(in crate::telemetry) const SCOPE: &[&str] = &["listener", "transport", "service"];

/// A setting, not a count: set once, beside the usage that it caps.
pub(in crate::telemetry) const LIMIT_ROWS: &[Row<u64>] = &[gauge(
    "oread_sessions_limit",
    Unit::Count,
    "Sessions that the listener carries at most.",
    |limit, _| limit.cast_signed(),
)];

/// Close reasons that are a fault of the peer's framing.
const FRAME_ERRORS: [CloseReason; 3] =
    [CloseReason::FrameTooLarge, CloseReason::BadLength, CloseReason::Truncated];
const FRAME_ERROR_WORDS: &[&str] = &[FRAME_ERRORS[0].word(), FRAME_ERRORS[1].word(), FRAME_ERRORS[2].word()];

pub(in crate::telemetry) const ROWS: &[Row<ListenerStats>] = &[
    counter("oread_sessions_accepted_total", Unit::Count, "Connections that became sessions.", |stats, _| {
        count(&stats.accepted)
    }),
    gauge("oread_sessions_active", Unit::Count, "Live sessions, in any state.", |stats, _| {
        stats.states.iter().map(crate::stats::Gauge::now).sum()
    }),
    gauge(
        "oread_sessions",
        Unit::Count,
        "Live sessions by what they are doing.",
        |stats: &ListenerStats, state| stats.states[state].now(),
    )
    .by("state", SessionState::WORDS),
    counter(
        "oread_sessions_refused_total",
        Unit::Count,
        "Connections closed before they became sessions.",
        |stats: &ListenerStats, reason| count(&stats.refused[reason]),
    )
    .by("reason", RefuseReason::WORDS),
    counter(
        "oread_sessions_closed_total",
        Unit::Count,
        "Sessions that ended, by their one reason.",
        |stats: &ListenerStats, reason| count(&stats.closed[reason]),
    )
    .by("reason", CloseReason::WORDS),
    gauge("oread_handshakes_active", Unit::Count, "Sessions without a whole frame yet.", |stats, _| {
        stats.states[SessionState::Handshake as usize].now()
    }),
    counter(
        "oread_handshake_failures_total",
        Unit::Count,
        "Connections that came to no whole frame: not set up, or not in time.",
        |stats: &ListenerStats, reason| match reason {
            0 => count(&stats.refused[RefuseReason::Setup as usize]),
            _ => count(&stats.closed[CloseReason::HandshakeTimeout as usize]),
        },
    )
    .by("reason", &[RefuseReason::Setup.word(), CloseReason::HandshakeTimeout.word()]),
    counter(
        "oread_bytes_total",
        Unit::Bytes,
        "Bytes from peers, and bytes that the sockets took, headers included.",
        |stats: &ListenerStats, direction| count(&[&stats.received, &stats.sent][direction].bytes),
    )
    .by("direction", DIRECTIONS),
    counter(
        "oread_frames_total",
        Unit::Count,
        "Whole frames from and to peers; with the bytes codec, runs.",
        |stats: &ListenerStats, direction| count(&[&stats.received, &stats.sent][direction].frames),
    )
    .by("direction", DIRECTIONS),
    counter(
        "oread_frame_errors_total",
        Unit::Count,
        "Streams that could not be cut into frames.",
        |stats: &ListenerStats, error| count(&stats.closed[FRAME_ERRORS[error] as usize]),
    )
    .by("reason", FRAME_ERROR_WORDS),
    counter(
        "oread_frames_dropped_total",
        Unit::Count,
        "Frames that were owed to a peer and not delivered.",
        |stats: &ListenerStats, reason| count(&stats.dropped[reason]),
    )
    .by("reason", DropReason::WORDS),
    gauge("oread_outbox_frames", Unit::Count, "Frames that wait in outboxes.", |stats, _| {
        stats.outbox_frames.now()
    }),
    gauge("oread_outbox_bytes", Unit::Bytes, "Bytes that wait in outboxes.", |stats, _| {
        stats.outbox_bytes.now()
    }),
    gauge("oread_partial_frame_bytes", Unit::Bytes, "Bytes of unfinished frames.", |stats, _| {
        stats.partial_bytes.now()
    }),
    counter(
        "oread_reads_paused_total",
        Unit::Count,
        "Times at which a session stopped reading: its outbox was full, it kept to its read rate, or its room held it.",
        |stats: &ListenerStats, reason| {
            count([&stats.reads_paused, &stats.reads_paced, &stats.relay.held][reason])
        },
    )
    .by("reason", &["outbox_full", "read_rate", "held"]),
    counter(
        "oread_accept_errors_total",
        Unit::Count,
        "Failures of accept itself.",
        |stats: &ListenerStats, kind| count(&stats.accept_faults[kind]),
    )
    .by("kind", AcceptFault::WORDS),
];

const DIRECTIONS: &[&str] = &["received", "sent"];

/// The histograms: session duration, handshake, dwell, in this order.
pub(in crate::telemetry) const HISTOGRAMS: &[Bucketed] = &[
    Bucketed {
        row: histogram("oread_session_duration_seconds", Unit::Seconds, "From accept to close."),
        bounds: &[0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 1800.0, 3600.0, 21_600.0, 86_400.0],
    },
    Bucketed {
        row: histogram(
            "oread_handshake_duration_seconds",
            Unit::Seconds,
            "From accept to the first whole frame.",
        ),
        bounds: &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0],
    },
    Bucketed {
        row: histogram(
            "oread_dwell_seconds",
            Unit::Seconds,
            "From a frame read to its answer taken by the socket or the outbox, sampled.",
        ),
        bounds: &[
            0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1,
            1.0,
        ],
    },
];
