//! `[runtime]`: threads.

use std::time::Duration;

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "runtime",
    about: "Threads that carry sessions.",
    options: &[
        Opt {
            name: "workers",
            kind: Kind::Or("auto", &Kind::Number(1, 1024)),
            default: "auto",
            why: "Worker threads, each with a runtime of its own; \"auto\" is one for each core, 1 a \
              single-threaded runtime.",
            reload: Reload::Restart,
            on: Systems::All,
        },
        Opt {
            name: "stuck_after",
            kind: Kind::Time(Duration::from_secs(2), Duration::from_hours(1)),
            default: "10s",
            why: "A worker whose loop has not come round for so long (up to a quarter more) is stuck: /livez fails, and \
                  systemd's watchdog is not fed.",
            reload: Reload::Restart,
            on: Systems::All,
        },
    ],
};
