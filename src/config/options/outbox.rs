//! `[listener.NAME.outbox]`: the bounded send queue of each session.

use std::time::Duration;

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "listener.*.outbox",
    about: "The bounded send queue of each session: what waits while the peer does not take it.",
    options: &[
        Opt {
            name: "frames",
            kind: Kind::Number(1, 1 << 24),
            default: "256",
            why: "Whole frames that may wait; with \"block\", what one read brings may go beyond.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "bytes",
            kind: Kind::Size(1, 1 << 40),
            default: "1MiB",
            why: "Bytes that may wait; room for the largest frame at least.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "age",
            kind: Kind::Time(Duration::ZERO, Duration::from_hours(24)),
            default: "0s",
            why: "How long a frame may wait; 0 is for ever.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "when_full",
            kind: Kind::Choice(&["block", "drop-oldest", "drop-newest", "disconnect"]),
            default: "block",
            why: "What happens at any of the three: stop reading from the session until there is room, \
                  drop a frame (counted), or end the session.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
    ],
};
