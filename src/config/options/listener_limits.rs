//! `[listener.NAME.limits]`: caps of a listener's sessions.

use std::time::Duration;

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

/// Beyond a year a clock is no limit any more.
const CLOCK: Kind = Kind::Time(Duration::ZERO, Duration::from_hours(365 * 24));

const fn clock(name: &'static str, default: &'static str, why: &'static str) -> Opt {
    Opt { name, kind: CLOCK, default, why, reload: Reload::NewSessions, on: Systems::All }
}

pub(super) const SECTION: Section = Section {
    path: "listener.*.limits",
    about: "Caps of its sessions, within those of the process. A duration or rate of zero is none.",
    options: &[
        Opt {
            name: "sessions",
            kind: Kind::Number(1, 100_000_000),
            default: "10_000",
            why: "Sessions at once; more are refused and counted.",
            reload: Reload::Live,
            on: Systems::All,
        },
        Opt {
            name: "sessions_per_ip",
            kind: Kind::Number(0, 100_000_000),
            default: "0",
            why: "Sessions at once from one IP address; 0 is no cap. Unix sockets have no address and are \
                  not capped.",
            reload: Reload::Live,
            on: Systems::All,
        },
        clock("handshake", "10s", "Everything before the first frame."),
        clock("frame", "30s", "From a frame's first byte to its last."),
        clock("idle", "10m", "Without a byte in either direction."),
        clock("write_stall", "30s", "Nothing taken by the peer while something is owed to it."),
        clock(
            "lifetime",
            "0s",
            "From accept to close; 0 is for ever. Useful behind load balancers, since long connections do \
             not rebalance.",
        ),
        Opt {
            name: "read_rate",
            kind: Kind::Rate(1 << 40),
            default: "0",
            why: "Bytes a second that a session may send us, kept by pacing reads and never by dropping; 0 \
                  is no limit.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "accept_rate",
            kind: Kind::Number(0, 10_000_000),
            default: "0",
            why: "Sessions admitted a second, so that a reconnect storm cannot starve those already here; \
                  more wait in the backlog. 0 is no limit.",
            reload: Reload::Live,
            on: Systems::All,
        },
    ],
};
