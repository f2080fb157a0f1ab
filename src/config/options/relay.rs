//! `[listener.NAME.relay]`: how the sessions of a relay speak, and what they may do.

use std::time::Duration;

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

/// The word of the service.
pub(in crate::config) const RELAY: &str = "relay";
/// The words of the protocols.
pub(in crate::config) const OREAD: &str = "oread";
pub(in crate::config) const PLAIN: &str = "plain";

const DAY: Duration = Duration::from_hours(24);

const fn option(name: &'static str, kind: Kind, default: &'static str, why: &'static str) -> Opt {
    Opt { name, kind, default, why, reload: Reload::NewSessions, on: Systems::All }
}

pub(super) const SECTION: Section = Section {
    path: "listener.*.relay",
    about: "With service \"relay\": how its sessions speak, and what they may do. With protocol \"plain\" only \
            `protocol`, `room` and `publish_rate` have a meaning.",
    options: &[
        option(
            "protocol",
            Kind::Choice(&[OREAD, PLAIN]),
            OREAD,
            "\"oread\" is protocol 1 (docs/protocol.md): rooms, positions, resume. \"plain\" is none: each frame \
             goes to everyone else in one room.",
        ),
        option("room", Kind::Text(128), "lobby", "With \"plain\": the name of the one room."),
        option(
            "keepalive",
            Kind::Time(Duration::ZERO, DAY),
            "30s",
            "A session silent for so long is asked whether it lives; at 1.5 times it ends. 0 is never.",
        ),
        option(
            "resume_for",
            Kind::Time(Duration::ZERO, DAY),
            "5m",
            "How long after its session's end a ticket brings it back, however long that stood; 0 is no tickets.",
        ),
        option(
            "come_back_rate",
            Kind::Number(1, 10_000_000),
            "1000",
            "Reconnects a second for which a drain spreads its sessions.",
        ),
        option(
            "publish_rate",
            Kind::Number(0, 10_000_000),
            "0",
            "Messages a second that a session may publish, kept by pacing reads and never by dropping; 0 is no \
             limit.",
        ),
        option("join", Kind::Patterns, "[\"*\"]", "Rooms that may be joined."),
        option("publish", Kind::Patterns, "[\"*\"]", "Rooms that may be published to."),
        option(
            "insecure_tokens",
            Kind::Switch,
            "false",
            "Whether a token may come over a transport that others can read.",
        ),
        option(
            "presence_interval",
            Kind::Time(Duration::from_millis(10), Duration::from_mins(1)),
            "500ms",
            "How long comings and goings are gathered into one notice.",
        ),
        option(
            "presence_members",
            Kind::Number(0, 10_000),
            "256",
            "A room with more members than this is told only their number.",
        ),
    ],
};
