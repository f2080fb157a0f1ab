//! `[admin]`: where operators look.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "admin",
    about: "Where operators look: /metrics, /livez, /readyz, /status.",
    options: &[Opt {
        name: "bind",
        kind: Kind::Or("off", &Kind::Socket),
        default: "127.0.0.1:9464",
        why: "Its address; loopback unless you say otherwise, since whoever reaches it sees everything. \
              \"off\" serves none.",
        reload: Reload::Restart,
        on: Systems::All,
    }],
};
