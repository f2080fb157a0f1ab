//! `[runtime]`: threads.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "runtime",
    about: "Threads that carry sessions.",
    options: &[Opt {
        name: "workers",
        kind: Kind::Or("auto", &Kind::Number(1, 1024)),
        default: "auto",
        why: "Worker threads, each with a runtime of its own; \"auto\" is one for each core, 1 a \
              single-threaded runtime.",
        reload: Reload::Restart,
        on: Systems::All,
    }],
};
