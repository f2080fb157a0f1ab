//! `[log]`: what is logged, and how.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "log",
    about: "What is logged, and how.",
    options: &[
        Opt {
            name: "level",
            kind: Kind::Level,
            default: "info",
            why: "How much is said, for all or for each target, such as \"info,oread::session=debug\".",
            reload: Reload::Live,
            on: Systems::All,
        },
        Opt {
            name: "format",
            kind: Kind::Choice(&["auto", "pretty", "json"]),
            default: "auto",
            why: "The shape of a line; \"auto\" is pretty on a terminal and JSON elsewhere.",
            reload: Reload::Restart,
            on: Systems::All,
        },
    ],
};
