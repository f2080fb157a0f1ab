//! Metrics of relays, read from the [`RelayStats`](crate::stats::RelayStats) of a listener. Listeners of other services do not show them.

use metrics::Unit;

use super::{Bucketed, Row, count, counter, gauge, histogram};
use crate::reason::{GapReason, RequestFault};
use crate::stats::ListenerStats;
use crate::telemetry::series::Fold;

/// A setting, beside the usage that it caps.
pub(in crate::telemetry) const LIMIT_ROWS: &[Row<u64>] = &[gauge(
    "oread_rooms_limit",
    Unit::Count,
    "Rooms that the listener has at most, those that only linger included.",
    |limit, _| limit.cast_signed(),
)];

pub(in crate::telemetry) const ROWS: &[Row<ListenerStats>] = &[
    gauge("oread_rooms", Unit::Count, "Rooms, those that only linger included.", |stats, _| {
        stats.relay.rooms.now()
    }),
    gauge(
        "oread_room_members",
        Unit::Count,
        "Members of all rooms; a session counts once in each of its rooms.",
        |stats, _| stats.relay.members.now(),
    ),
    gauge("oread_room_log_bytes", Unit::Bytes, "Bytes that the logs of all rooms hold.", |stats, _| {
        stats.relay.log_bytes.now()
    }),
    gauge(
        "oread_room_longest_lag_seconds",
        Unit::Seconds,
        "How long the message has waited that has waited longest for a member; the most of all rooms.",
        |stats: &ListenerStats, _| stats.relay.longest_lag_ms.now(),
    )
    .folded(Fold::LongestMillis),
    counter(
        "oread_room_messages_published_total",
        Unit::Count,
        "Messages published to rooms.",
        |stats, _| count(&stats.relay.published),
    ),
    counter(
        "oread_room_messages_delivered_total",
        Unit::Count,
        "Messages of rooms that members' sockets took; one for each member.",
        |stats, _| count(&stats.relay.delivered),
    ),
    counter(
        "oread_room_gaps_total",
        Unit::Count,
        "Times at which a member was told that messages are missing.",
        |stats: &ListenerStats, reason| count(&stats.relay.gaps[reason]),
    )
    .by("reason", GapReason::WORDS),
    counter(
        "oread_room_gap_messages_total",
        Unit::Count,
        "Messages that members were told are missing; of another epoch nobody knows how many.",
        |stats: &ListenerStats, reason| count(&stats.relay.missing[reason]),
    )
    .by("reason", GapReason::WORDS),
    counter(
        "oread_room_shed_segments_total",
        Unit::Count,
        "Parts of room logs given up unread since limits.queued was reached.",
        |stats, _| count(&stats.relay.shed),
    ),
    counter(
        "oread_relay_direct_messages_total",
        Unit::Count,
        "Messages from one session to another.",
        |stats, _| count(&stats.relay.directs),
    ),
    counter(
        "oread_relay_requests_failed_total",
        Unit::Count,
        "Requests that failed while their session went on.",
        |stats: &ListenerStats, reason| count(&stats.relay.faults[reason]),
    )
    .by("reason", RequestFault::WORDS),
    counter(
        "oread_relay_unknown_frames_total",
        Unit::Count,
        "Frames of types that this version does not know, passed over.",
        |stats, _| count(&stats.relay.unknown),
    ),
    counter(
        "oread_relay_sessions_resumed_total",
        Unit::Count,
        "Sessions that came back with a ticket.",
        |stats, _| count(&stats.relay.resumed),
    ),
];

/// The histograms: fan-out, dwell, in this order.
pub(in crate::telemetry) const HISTOGRAMS: &[Bucketed] = &[
    Bucketed {
        row: histogram(
            "oread_room_fan_out_members",
            Unit::Count,
            "Members of a room at the moment of a publication, sampled.",
        ),
        bounds: &[1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 10_000.0],
    },
    Bucketed {
        row: histogram(
            "oread_relay_dwell_seconds",
            Unit::Seconds,
            "From a message in its room's log to a member's socket that took it, sampled.",
        ),
        bounds: &[
            0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025,
            0.1, 0.5, 1.0, 5.0,
        ],
    },
];
