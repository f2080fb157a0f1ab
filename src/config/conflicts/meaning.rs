//! Options that would be silently without effect: on this system, on this transport, with this codec; and
//! services that do not exist.
//!
//! A value that is the default is no problem: nothing is lost by it, and the reference file can be used as it
//! stands everywhere.

use std::net::Ipv6Addr;

use super::super::kind::Value;
use super::super::nearest;
use super::super::options::listener::{BYTES, LINES};
use super::super::options::relay::RELAY;
use super::super::options::{SECTIONS, Systems};
use super::{Conflict, Listener, idle};
use crate::settings::Address;

/// What describes the header of a frame.
pub(super) const HEADER: [&str; 4] =
    ["frame.length_bytes", "frame.byte_order", "frame.length_offset", "frame.length_includes_header"];
/// What only TCP has.
const TCP: [&str; 13] = [
    "limits.sessions_per_ip",
    "socket.nodelay",
    "socket.keepalive",
    "socket.reuse_port",
    "socket.notsent_lowat",
    "socket.recv_buffer",
    "socket.user_timeout",
    "socket.linger",
    "socket.dscp",
    "socket.congestion",
    "socket.fast_open",
    "socket.bind_device",
    "socket.only_v6",
];
/// Services that the design knows and this version does not have.
const LATER: [&str; 1] = ["forward"];

const REMOVE: &str = "remove it";

pub(super) fn find(listener: &Listener<'_>, services: &[String], os: &str) -> Vec<Conflict> {
    let mut conflicts = on_system(listener, os);
    conflicts.extend(on_transport(listener));
    conflicts.extend(with_codec(listener));
    conflicts.extend(service(listener, services));
    conflicts
}

fn on_system(listener: &Listener<'_>, os: &str) -> Vec<Conflict> {
    let names = SECTIONS
        .iter()
        .filter_map(|section| section.path.strip_prefix("listener.*").map(|rest| (rest, section.options)));
    let options =
        names.flat_map(|(rest, options)| options.iter().map(move |option| format!("{rest}.{}", option.name)));
    let entries = options.filter_map(|name| listener.entry(name.trim_start_matches('.')));
    let lacking = entries.filter(|entry| !entry.option.exists_on(os) && !entry.is_default());
    let mut conflicts: Vec<_> = lacking
        .map(|entry| {
            let systems = entry.option.on.words();
            Conflict::of(entry, format!("this option needs {systems}, and this is {os}"), "remove it")
        })
        .collect();
    if let Some(bind) = listener.entry("bind")
        && matches!(bind.value, Value::Listen(Address::Unix(_)))
        && !Systems::Unix.have(os)
    {
        conflicts.push(Conflict::of(
            bind,
            format!("Unix sockets need Unix, and this is {os}"),
            "listen on tcp://",
        ));
    }
    conflicts
}

fn on_transport(listener: &Listener<'_>) -> Vec<Conflict> {
    let Some(bind) = listener.entry("bind") else { return Vec::new() };
    let Value::Listen(address) = &bind.value else { return Vec::new() };
    let names: &[_] = match address {
        Address::Unix(_) => &TCP,
        Address::Tcp(address) if address.ip() == Ipv6Addr::UNSPECIFIED => &["socket.mode"],
        Address::Tcp(_) => &["socket.mode", "socket.only_v6"],
    };
    idle(listener, names, bind, &address.to_string(), REMOVE)
}

fn with_codec(listener: &Listener<'_>) -> Vec<Conflict> {
    match listener.codec() {
        Some((codec, LINES)) => idle(listener, &HEADER, codec, "codec \"lines\"", REMOVE),
        Some((codec, BYTES)) => {
            let mut conflicts = idle(listener, &HEADER, codec, "codec \"bytes\"", REMOVE);
            conflicts.extend(idle(listener, &["frame.max"], codec, "codec \"bytes\"", REMOVE));
            conflicts
        }
        _ => Vec::new(),
    }
}

fn service(listener: &Listener<'_>, services: &[String]) -> Option<Conflict> {
    let entry = listener.entry("service")?;
    let Value::Text(name) = &entry.value else { return None };
    let known: Vec<_> = ["echo", RELAY].into_iter().chain(services.iter().map(String::as_str)).collect();
    if known.contains(&name.as_str()) {
        return None;
    }
    let all = known.join("\", \"");
    if LATER.contains(&name.as_str()) {
        return Some(Conflict::of(
            entry,
            format!("the service \"{name}\" is not built yet"),
            format!("this version has \"{all}\""),
        ));
    }
    let near = nearest::word(name, known.iter().copied())
        .map(|near| format!("did you mean \"{near}\"? "))
        .unwrap_or_default();
    Some(Conflict::of(
        entry,
        format!("there is no service `{name}`"),
        format!("{near}This program has \"{all}\""),
    ))
}
