//! `[admin]`: where operators look, and what they may change.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "admin",
    about: "Where operators look (/metrics, /livez, /readyz, /status, /sessions, /rooms) and what they may change.",
    options: &[
        Opt {
            name: "bind",
            kind: Kind::Or("off", &Kind::Socket),
            default: "127.0.0.1:9464",
            why: "Its address; loopback unless you say otherwise, since whoever reaches it sees everything. \
                  \"off\" serves none.",
            reload: Reload::Restart,
            on: Systems::All,
        },
        Opt {
            name: "token_file",
            kind: Kind::Or("off", &Kind::Text(4096)),
            default: "off",
            why: "A file with the token that calls must bring which change something, such as ending a session. \
                  Without a token there are no such calls.",
            reload: Reload::Restart,
            on: Systems::All,
        },
        Opt {
            name: "token",
            kind: Kind::Or("off", &Kind::Secret),
            default: "off",
            why: "The token itself, from 16 to 1024 visible characters; for the environment, where a file is no choice.",
            reload: Reload::Restart,
            on: Systems::All,
        },
    ],
};
