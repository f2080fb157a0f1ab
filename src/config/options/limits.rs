//! `[limits]`: what all listeners share.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "limits",
    about: "Limits of the whole process, which all listeners share.",
    options: &[
        Opt {
            name: "sessions",
            kind: Kind::Or("auto", &Kind::Number(1, 100_000_000)),
            default: "auto",
            why: "Sessions at once; \"auto\" is what the descriptor limit carries, less a reserve. A \
                  number that it cannot carry is refused at start.",
            reload: Reload::Live,
            on: Systems::All,
        },
        Opt {
            name: "partial_frames",
            kind: Kind::Size(1, 1 << 40),
            default: "64MiB",
            why: "Bytes of unfinished frames of all sessions together.",
            reload: Reload::Live,
            on: Systems::All,
        },
        Opt {
            name: "queued",
            kind: Kind::Size(1, 1 << 40),
            default: "256MiB",
            why: "Bytes in the outboxes of all sessions together; while it is reached, each of them is full with one frame.",
            reload: Reload::Live,
            on: Systems::All,
        },
    ],
};
