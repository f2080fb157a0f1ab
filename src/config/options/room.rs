//! `[listener.NAME.room]`, `[listener.NAME.rooms]` and `[listener.NAME.rooms.PATTERN]`: the rooms of a relay.

use std::time::Duration;

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

/// The words of `when_behind`.
pub(in crate::config) const BLOCK: &str = "block";
pub(in crate::config) const SKIP: &str = "skip";
pub(in crate::config) const DISCONNECT: &str = "disconnect";

/// Rooms are memory, not an archive.
const CLOCK: Kind = Kind::Time(Duration::ZERO, Duration::from_hours(24));

const fn option(name: &'static str, kind: Kind, default: &'static str, why: &'static str) -> Opt {
    Opt { name, kind, default, why, reload: Reload::NewRooms, on: Systems::All }
}

/// Limits of each room.
pub(super) const EACH: Section = Section {
    path: "listener.*.room",
    about: "With service \"relay\": limits of each room.",
    options: &[
        option(
            "log_bytes",
            Kind::Size(4 << 10, 1 << 40),
            "4MiB",
            "Bytes of the log, its index included; at least 4 of the longest frames.",
        ),
        option("log_messages", Kind::Number(1, 1 << 28), "65_536", "Messages in the log."),
        option("max_age", CLOCK, "0s", "Nothing older than this is delivered; 0 is no limit."),
        option("history", CLOCK, "0s", "How long messages that everyone has read are kept for replay."),
        option("linger", CLOCK, "30s", "How long a room without members keeps its positions and its log."),
        option("members", Kind::Number(1, 100_000_000), "10_000", "Members at once."),
        option(
            "when_behind",
            Kind::Choice(&[BLOCK, SKIP, DISCONNECT]),
            SKIP,
            "What happens when a member has not read what has to make room: publishers wait, it misses \
             messages (counted, and told where the wire can say so), or it is ended.",
        ),
        option(
            "block_for",
            Kind::Time(Duration::from_millis(1), Duration::from_hours(1)),
            "5s",
            "With \"block\": how long publishers wait before those behind are skipped.",
        ),
    ],
};

/// How many rooms there may be.
pub(super) const ALL: Section = Section {
    path: "listener.*.rooms",
    about: "With service \"relay\" and protocol \"oread\": how many rooms there may be, and tables for rooms by \
            name.",
    options: &[
        Opt {
            reload: Reload::Live,
            ..option("max", Kind::Number(1, 100_000_000), "10_000", "Rooms, those that only linger included.")
        },
        Opt {
            reload: Reload::Live,
            ..option("max_per_session", Kind::Number(1, 100_000), "64", "Rooms that one session may be in.")
        },
    ],
};

/// Limits of rooms by name. Its keys are there only where they are written.
pub(super) const BY_NAME: Section = Section {
    path: "listener.*.rooms.*",
    about: "Limits of the rooms whose name matches, where * stands for anything, such as \
            [listener.NAME.rooms.\"game-*\"]. It takes the keys of `room`; one that is not given is as there. Of \
            several that match, the one with the most characters besides its stars counts, of equal ones the \
            first in the alphabet. Not to be reached from the environment.",
    options: EACH.options,
};
