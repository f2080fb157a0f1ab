//! Two claims to one address. An address of all interfaces overlaps each single one, and a dual-stack `[::]`
//! those of IPv4 too.

use std::net::{IpAddr, SocketAddr};

use super::super::effective::{Effective, Entry};
use super::super::kind::Value;
use super::super::place::Place;
use super::Conflict;
use crate::settings::Address;

pub(super) fn find(effective: &Effective) -> Vec<Conflict> {
    let claims: Vec<_> = effective.iter().filter_map(|entry| Claim::of(entry, effective)).collect();
    let mut conflicts = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        conflicts.extend(
            claims[..at].iter().filter(|earlier| claim.overlaps(earlier)).map(|earlier| claim.clash(earlier)),
        );
    }
    conflicts
}

struct Claim<'a> {
    entry: &'a Entry,
    address: Address,
    only_v6: bool,
}

impl<'a> Claim<'a> {
    fn of(entry: &'a Entry, effective: &Effective) -> Option<Self> {
        let address = match &entry.value {
            Value::Listen(address) => address.clone(),
            Value::Socket(address) => Address::Tcp(*address),
            _ => return None,
        };
        let only_v6 = entry
            .key
            .strip_suffix("bind")
            .and_then(|listener| effective.find(&format!("{listener}socket.only_v6")));
        Some(Self {
            entry,
            address,
            only_v6: only_v6.is_some_and(|entry| entry.value == Value::Switch(true)),
        })
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (&self.address, &other.address) {
            (Address::Unix(path), Address::Unix(other)) => path == other,
            (Address::Tcp(one), Address::Tcp(two)) => {
                one.port() != 0
                    && one.port() == two.port()
                    && (self.covers(*one, *two) || other.covers(*two, *one))
            }
            _ => false,
        }
    }

    /// Whether whoever holds `own` as this claim says holds `other` too.
    fn covers(&self, own: SocketAddr, other: SocketAddr) -> bool {
        match (own.ip().to_canonical(), other.ip().to_canonical()) {
            (IpAddr::V6(own), IpAddr::V4(_)) => own.is_unspecified() && !self.only_v6,
            (own, other) => own == other || (own.is_unspecified() && own.is_ipv4() == other.is_ipv4()),
        }
    }

    fn clash(&self, earlier: &Self) -> Conflict {
        // The problem is shown at what a person wrote, so that is what the sentence has to begin with.
        if self.entry.place == Place::BuiltIn && earlier.entry.place != Place::BuiltIn {
            return earlier.clash(self);
        }
        let relation = if self.address == earlier.address { "is also claimed by" } else { "overlaps" };
        let (mine, theirs) = match (&self.address, &earlier.address) {
            (Address::Tcp(mine), Address::Tcp(theirs)) => (mine.to_string(), theirs.to_string()),
            (mine, theirs) => (mine.to_string(), theirs.to_string()),
        };
        let what = match relation {
            "overlaps" => {
                format!("{mine} overlaps {theirs} of {} ({})", earlier.entry.key, earlier.entry.place)
            }
            _ => format!("{mine} {relation} {} ({})", earlier.entry.key, earlier.entry.place),
        };
        let remedy = match (&self.address, earlier.entry.key.as_str()) {
            (Address::Unix(_), _) => "give one of them another path",
            (_, "admin.bind") => "give it another port, or set admin.bind to another or to \"off\"",
            _ => "give one of them another port",
        };
        Conflict::between(self.entry, earlier.entry, what, remedy)
    }
}
