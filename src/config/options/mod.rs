//! Every key, once: what it takes, its default, why it exists, and what a reload does with it.
//!
//! From these tables come the checks and their errors, the reference file, the JSON Schema, the environment
//! variables and the handbook. What a value becomes in the program stands in `settle.rs`; a test holds that
//! each default here is the default there.

mod admin;
mod drain;
mod frame;
mod limits;
pub(super) mod listener;
mod listener_limits;
mod log;
mod outbox;
pub(super) mod relay;
pub(super) mod room;
mod runtime;
mod socket;

use super::kind::Kind;

/// A table of the file and its keys.
#[derive(Debug)]
pub struct Section {
    /// Its path; the first `*` stands for the name of a listener, the second for a pattern of rooms' names.
    pub path: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its keys, in the order of the reference file.
    pub options: &'static [Opt],
}

impl Section {
    /// What has such a table.
    pub(super) fn of(&self) -> Of {
        match self.path.matches('*').count() {
            0 => Of::Process,
            1 => Of::Listener,
            _ => Of::Rooms,
        }
    }
}

/// Whether `key` belongs to what only a relay has; the path of a section does too.
pub(super) fn is_of_relay(key: &str) -> bool {
    matches!(super::path::parts(key)[..], ["listener", _, "relay" | "room" | "rooms", ..])
}

/// What has a table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The process.
    Process,
    /// Each listener.
    Listener,
    /// Rooms by name, as many as are written.
    Rooms,
}

/// One key.
#[derive(Debug)]
pub struct Opt {
    /// Its name within its section.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its default, as text that `kind` reads.
    pub default: &'static str,
    /// Why it exists, in a sentence or two.
    pub why: &'static str,
    /// What a reload does with a new value.
    pub reload: Reload,
    /// The systems that have it.
    pub on: Systems,
}

impl Opt {
    /// Whether `os` has it.
    pub fn exists_on(&self, os: &str) -> bool {
        self.on.have(os)
    }
}

/// What a reload does with a changed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// It holds at once, for all.
    Live,
    /// Sessions that begin afterwards have it.
    NewSessions,
    /// Rooms that begin afterwards have it.
    NewRooms,
    /// It needs a restart.
    Restart,
}

impl Reload {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::NewSessions => "new sessions",
            Self::NewRooms => "new rooms",
            Self::Restart => "restart",
        }
    }
}

/// Which systems have an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Systems {
    /// Each.
    All,
    /// Each but Windows.
    Unix,
    /// Linux, also as Android.
    Linux,
}

impl Systems {
    /// Whether the system that `std::env::consts::OS` calls `os` is among them.
    pub fn have(self, os: &str) -> bool {
        match self {
            Self::All => true,
            Self::Unix => os != "windows",
            Self::Linux => matches!(os, "linux" | "android"),
        }
    }

    /// In words; empty for all.
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Unix => "Unix",
            Self::Linux => "Linux",
        }
    }
}

/// All sections, in the order of the reference file.
pub const SECTIONS: [&Section; 14] = [
    &runtime::SECTION,
    &admin::SECTION,
    &log::SECTION,
    &drain::SECTION,
    &limits::SECTION,
    &listener::SECTION,
    &frame::SECTION,
    &listener_limits::SECTION,
    &outbox::SECTION,
    &socket::SECTION,
    &relay::SECTION,
    &room::EACH,
    &room::ALL,
    &room::BY_NAME,
];

/// Sections that the design knows and this version does not have, and what they belong to.
const LATER: [(&str, &str); 1] = [("listener.*.forward", "the forward service")];

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// A key.
    Key(&'static Opt),
    /// A table that holds keys or tables.
    Section,
    /// A table that a later version has, and what it belongs to.
    Later(&'static str),
    /// Nothing.
    Nothing,
}

/// What `path`, such as `["listener", "echo", "bind"]`, leads to.
pub fn find(path: &[&str]) -> Found {
    let key = path.split_last().and_then(|(name, parents)| {
        let section = SECTIONS.iter().find(|section| matches(section.path, parents))?;
        section.options.iter().find(|option| option.name == *name)
    });
    if let Some(option) = key {
        return Found::Key(option);
    }
    if let Some((_, owner)) = LATER.iter().find(|(pattern, _)| matches(pattern, path)) {
        return Found::Later(owner);
    }
    let within = |section: &&&Section| {
        let pattern: Vec<_> = section.path.split('.').take(path.len()).collect();
        matches(&pattern.join("."), path)
    };
    if SECTIONS.iter().any(|section| within(&section)) { Found::Section } else { Found::Nothing }
}

/// Every key in full, with `names` as the listeners, and its option. Without those of rooms by name.
pub fn keys<'a>(names: impl IntoIterator<Item = &'a str> + Clone) -> Vec<(String, &'static Opt)> {
    keys_with(names, |_| &[])
}

/// The same, with the tables of rooms by name that `rooms` tells of a listener: each as it stands in a key.
pub(super) fn keys_with<'a, 'r>(
    names: impl IntoIterator<Item = &'a str> + Clone,
    rooms: impl Fn(&str) -> &'r [String],
) -> Vec<(String, &'static Opt)> {
    let mut tables: Vec<(String, &'static Section)> = Vec::new();
    tables.extend(
        SECTIONS
            .iter()
            .filter(|section| section.of() == Of::Process)
            .map(|section| (section.path.into(), *section)),
    );
    for name in names {
        for section in SECTIONS {
            let path = section.path.replacen('*', name, 1);
            match section.of() {
                Of::Process => {}
                Of::Listener => tables.push((path, section)),
                Of::Rooms => {
                    tables.extend(rooms(name).iter().map(|room| (path.replacen('*', room, 1), section)));
                }
            }
        }
    }
    let in_section = |(path, section): (String, &'static Section)| {
        section.options.iter().map(move |option| (format!("{path}.{}", option.name), option))
    };
    tables.into_iter().flat_map(in_section).collect()
}

fn matches(pattern: &str, path: &[&str]) -> bool {
    let mut parts = pattern.split('.');
    path.iter().all(|part| parts.next().is_some_and(|wanted| wanted == "*" || wanted == *part))
        && parts.next().is_none()
}
