//! `[drain]`: how the daemon stops.

use std::time::Duration;

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

const UP_TO_A_DAY: Kind = Kind::Time(Duration::ZERO, Duration::from_hours(24));

pub(super) const SECTION: Section = Section {
    path: "drain",
    about: "How the daemon stops on SIGTERM or Ctrl-C.",
    options: &[
        Opt {
            name: "delay",
            kind: UP_TO_A_DAY,
            default: "0s",
            why: "Keep accepting this long after the signal, while not ready, so that load balancers learn \
                  of it first.",
            reload: Reload::Live,
            on: Systems::All,
        },
        Opt {
            name: "grace",
            kind: UP_TO_A_DAY,
            default: "30s",
            why: "How long sessions may take to finish after that; those still open are cut. Give the \
                  supervisor more than delay and grace together.",
            reload: Reload::Live,
            on: Systems::All,
        },
    ],
};
