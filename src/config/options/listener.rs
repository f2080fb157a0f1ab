//! `[listener.NAME]`: address, service and codec.

use super::{Opt, Reload, Section, Systems};
use crate::config::kind::Kind;

/// The words of the codecs.
pub(in crate::config) const LENGTH_DELIMITED: &str = "length-delimited";
pub(in crate::config) const LINES: &str = "lines";
pub(in crate::config) const BYTES: &str = "bytes";

pub(super) const SECTION: Section = Section {
    path: "listener.*",
    about: "One listener. Its name is the `listener` label of its metrics; there may be many. If any is \
            named, those named are all there are.",
    options: &[
        Opt {
            name: "bind",
            kind: Kind::Listen,
            default: "tcp://127.0.0.1:7000",
            why: "Where it listens: tcp://IP:PORT, tcp://[::]:PORT for both families, unix:///PATH. \
                  The default holds only while there is no listener besides `echo` and `rooms`, which has \
                  port 7001.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "service",
            kind: Kind::Service,
            default: "echo",
            why: "What answers its sessions: \"echo\" sends each frame back, \"relay\" lets them speak to each other through rooms. The \
                  default of the listener `rooms` is \"relay\".",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
        Opt {
            name: "codec",
            kind: Kind::Choice(&[LENGTH_DELIMITED, LINES, BYTES]),
            default: LENGTH_DELIMITED,
            why: "How bytes become frames: a length before each, a line feed after each, or no borders at \
                  all.",
            reload: Reload::NewSessions,
            on: Systems::All,
        },
    ],
};
