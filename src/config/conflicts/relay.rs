//! What a relay needs of its listener, and what without one would be silently without effect.
//!
//! Not here, since both still mean something together: rooms with more members than the listener has sessions, a session in more rooms
//! than there may be, tickets that outlive a room, and `block_for` where nothing blocks.

use std::time::Duration;

use super::super::kind::{MOST_PATTERNS, Value};
use super::super::options::is_of_relay;
use super::super::options::listener::{BYTES, LENGTH_DELIMITED};
use super::super::options::relay::{OREAD, PLAIN, RELAY};
use super::super::options::room::SKIP;
use super::super::path;
use super::limits::size;
use super::meaning::HEADER;
use super::{Conflict, Entry, Listener, idle, number};
use crate::settings::OREAD_FRAME_MAX_LEAST;

/// What has no meaning without a protocol. Who only listens sends no first frame, so that there is nothing to wait for.
const NOT_PLAIN: [&str; 11] = [
    "relay.keepalive",
    "relay.resume_for",
    "relay.come_back_rate",
    "relay.join",
    "relay.publish",
    "relay.insecure_tokens",
    "relay.presence_interval",
    "relay.presence_members",
    "rooms.max",
    "rooms.max_per_session",
    "limits.handshake",
];
/// The most that one read brings, which is one message where there are no borders.
const ONE_READ: u64 = 256 << 10;
/// Of the longest messages, a log holds this many.
const LONGEST_HELD: u64 = 4;

pub(super) fn find(listener: &Listener<'_>) -> Vec<Conflict> {
    let Some((service, word)) = listener.word("service") else { return Vec::new() };
    if word != RELAY {
        return without(listener, service);
    }
    let mut conflicts: Vec<_> =
        answers_dropped(listener).into_iter().chain(too_many_tables(listener)).collect();
    match listener.word("relay.protocol") {
        Some((protocol, PLAIN)) => conflicts.extend(plain(listener, protocol)),
        Some((protocol, OREAD)) => conflicts.extend(oread(listener, protocol)),
        _ => {}
    }
    let by_name = listener.effective.rooms(listener.name).iter().map(|pattern| format!("rooms.{pattern}"));
    for table in std::iter::once("room".to_owned()).chain(by_name) {
        conflicts.extend(room(listener, &table));
    }
    conflicts
}

/// A listener that is no relay: `service` is what it is.
fn without(listener: &Listener<'_>, service: &Entry) -> Vec<Conflict> {
    let there = format!("service {}", service.shown());
    let keys = listener.keys();
    let of_relay = |name: &&String| is_of_relay(&format!("listener.{}.{name}", listener.name));
    let own = keys.iter().filter(of_relay).filter(|name| listener.is_own(name));
    let names: Vec<_> = own.map(String::as_str).collect();
    idle(listener, &names, service, &there, "remove it, or write service = \"relay\"")
}

fn plain(listener: &Listener<'_>, protocol: &Entry) -> Vec<Conflict> {
    let there = "relay.protocol = \"plain\"";
    let mut conflicts = idle(listener, &NOT_PLAIN, protocol, there, "remove it");
    for pattern in listener.effective.rooms(listener.name) {
        if let Some(entry) = listener.first_of_rooms(pattern) {
            let remedy = format!("write its limits in [listener.{}.room]", listener.name);
            let what = format!("there is one room with {there}, and it has no other limits by name");
            conflicts.push(Conflict::between(entry, protocol, what, remedy));
        }
    }
    if let (Some((codec, BYTES)), Some((behind, SKIP))) =
        (listener.codec(), listener.word("room.when_behind"))
    {
        let what = |behind: &str, codec: &str| {
            format!("{behind} leaves messages out, and with {codec} there are none")
        };
        let remedy = "write \"block\" or \"disconnect\", or choose another codec";
        conflicts.push(Conflict::of_two(behind, codec, what, remedy));
    }
    conflicts
}

/// The protocol brings its own shape of frames, which is the default one.
fn oread(listener: &Listener<'_>, protocol: &Entry) -> Vec<Conflict> {
    let there = "relay.protocol = \"oread\"";
    let mut conflicts = idle(
        listener,
        &["relay.room"],
        protocol,
        there,
        "remove it: a session names the rooms that it joins",
    );
    match listener.codec() {
        Some((_, LENGTH_DELIMITED)) => {
            let its_own =
                "remove it: its frames have a length of 4 bytes, big-endian, that does not count itself";
            conflicts.extend(idle(listener, &HEADER, protocol, there, its_own));
        }
        Some((codec, _)) => {
            let what = |codec: &str, protocol: &str| format!("{codec} does not carry {protocol}");
            let remedy = format!("write codec = \"{LENGTH_DELIMITED}\", or relay.protocol = \"{PLAIN}\"");
            conflicts.push(Conflict::of_two(codec, protocol, what, remedy));
            return conflicts;
        }
        None => {}
    }
    let max = listener.entry("frame.max").filter(|max| number(max) < OREAD_FRAME_MAX_LEAST);
    conflicts.extend(max.map(|max| {
        let what =
            |max: &str, protocol: &str| format!("{max} is less than a first frame may have with {protocol}");
        Conflict::of_two(
            max,
            protocol,
            what,
            format!("raise frame.max to \"{}\"", size(OREAD_FRAME_MAX_LEAST)),
        )
    }));
    conflicts
}

/// An answer that is dropped leaves its request open for ever.
fn answers_dropped(listener: &Listener<'_>) -> Option<Conflict> {
    let ((when_full, word), service) = (listener.word("outbox.when_full")?, listener.entry("service")?);
    word.starts_with("drop-").then(|| {
        let what = |when_full: &str, service: &str| format!("{when_full} drops answers that {service} owes");
        Conflict::of_two(when_full, service, what, "write \"block\" or \"disconnect\"")
    })
}

/// Each new room's name is held against every table.
fn too_many_tables(listener: &Listener<'_>) -> Option<Conflict> {
    let patterns = listener.effective.rooms(listener.name);
    let one_more = patterns.get(MOST_PATTERNS)?;
    let entry = listener.first_of_rooms(one_more)?;
    let what = format!("the listener has {} tables of rooms by name", patterns.len());
    Some(Conflict::of(
        entry,
        what,
        format!("write at most {MOST_PATTERNS}; a * stands for anything in a name"),
    ))
}

/// What contradicts itself in `table`: `room`, or rooms by name. What those take from `room` is told there.
fn room(listener: &Listener<'_>, table: &str) -> Vec<Conflict> {
    let entry = |name: &str| listener.entry(&format!("{table}.{name}"));
    let own = |name: &str| listener.is_own(&format!("{table}.{name}"));
    let mut conflicts = Vec::new();
    if let Some(log) = entry("log_bytes").filter(|_| own("log_bytes")) {
        conflicts
            .extend(log_holds_messages(listener, log).into_iter().chain(process_holds_log(listener, log)));
    }
    if let (Some(history), Some(age)) = (entry("history"), entry("max_age"))
        && (own("history") || own("max_age"))
        && time(age) > Duration::ZERO
        && time(history) > time(age)
    {
        let what = |history: &str, age: &str| format!("{history} keeps what {age} no longer delivers");
        conflicts.push(Conflict::of_two(history, age, what, "lower history, or raise max_age"));
    }
    conflicts
}

fn log_holds_messages(listener: &Listener<'_>, log: &Entry) -> Option<Conflict> {
    let (codec, word) = listener.codec()?;
    if word == BYTES {
        let least = LONGEST_HELD * ONE_READ;
        return (number(log) < least).then(|| {
            let what = |log: &str, codec: &str| {
                format!("{log} holds fewer than {LONGEST_HELD} of what one read may bring with {codec}")
            };
            Conflict::of_two(
                log,
                codec,
                what,
                format!("raise it to \"{}\", or choose another codec", size(least)),
            )
        });
    }
    let max = listener.entry("frame.max")?;
    let least = number(max).saturating_mul(LONGEST_HELD);
    (number(log) < least).then(|| {
        let what = |log: &str, max: &str| {
            format!("{log} holds fewer than {LONGEST_HELD} of the longest frame, {max}")
        };
        Conflict::of_two(log, max, what, format!("raise it to \"{}\", or lower frame.max", size(least)))
    })
}

fn process_holds_log(listener: &Listener<'_>, log: &Entry) -> Option<Conflict> {
    let total = listener.effective.find("limits.queued")?;
    (number(log) > number(total)).then(|| {
        let what = |total: &str, log: &str| format!("{total} holds less than the log of one room, {log}");
        Conflict::of_two(
            total,
            log,
            what,
            format!("raise limits.queued to \"{}\", or lower the log's", size(number(log))),
        )
    })
}

fn time(entry: &Entry) -> Duration {
    if let Value::Time(time) = entry.value { time } else { Duration::ZERO }
}

impl Listener<'_> {
    /// What a person wrote first in a table of rooms by name.
    fn first_of_rooms(&self, pattern: &str) -> Option<&Entry> {
        let prefix = format!("rooms.{pattern}.");
        let keys = self.keys();
        let own = keys.iter().filter(|name| name.starts_with(&prefix) && self.is_own(name));
        own.filter_map(|name| self.entry(name)).min_by_key(|entry| &entry.place)
    }

    /// Whether `name` was not taken over from `room`.
    fn is_own(&self, name: &str) -> bool {
        let ["rooms", _, key] = path::parts(name)[..] else { return true };
        let places = (self.entry(name), self.entry(&format!("room.{key}")));
        matches!(places, (Some(own), Some(room)) if own.place != room.place)
    }
}
