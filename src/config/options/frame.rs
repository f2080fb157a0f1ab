//! `[listener.NAME.frame]`: what the codec means on a listener.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

pub(super) const SECTION: Section = Section {
    path: "listener.*.frame",
    about: "What a frame looks like. With codec \"lines\" only `max` has a meaning, with \"bytes\" none.",
    options: &[
        Opt {
            name: "length_bytes",
            kind: Kind::OneOf(&[1, 2, 3, 4, 8]),
            default: "4",
            why: "Width of the length, in bytes.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "byte_order",
            kind: Kind::Choice(&["big", "little"]),
            default: "big",
            why: "Which end of the length comes first.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "length_offset",
            kind: Kind::Number(0, 64),
            default: "0",
            why: "Bytes of each frame that stand before its length, such as a type or a magic number.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "length_includes_header",
            kind: Kind::Switch,
            default: "false",
            why: "Whether the length counts the bytes before the payload (offset and length) too.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "max",
            kind: Kind::Size(1, 1 << 40),
            default: "1MiB",
            why: "Longest payload, or longest line without its line feed. A longer one ends the session \
                  before it costs memory.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
    ],
};
