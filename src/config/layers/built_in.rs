//! The weakest layer: the default of every key, for each listener that is named.
//!
//! If none is named there are two, `echo` and `rooms`: the embedded configuration. Where one of them is named it differs from the
//! table as it does there, so that `--set listener.echo.codec=lines` is enough. As soon as any other is named, each must say where it
//! listens: otherwise a name mistyped in a variable would open a port.

use super::super::kind::{Kind, Written};
use super::super::options;
use super::super::options::relay::RELAY;
use super::super::path;
use super::super::place::Place;
use super::super::problem::Problems;
use super::{Layer, Names};

/// The listeners of the embedded configuration.
pub(super) const EMBEDDED: [&str; 2] = ["echo", "rooms"];

/// What they have instead of the defaults in the table.
const OWN: [(&str, &str, &str); 2] = [("rooms", "bind", "tcp://127.0.0.1:7001"), ("rooms", "service", RELAY)];

pub(in crate::config) fn layer(names: &Names, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    let embedded = names.iter().all(|name| EMBEDDED.contains(&name));
    for (key, option) in options::keys(names.iter()) {
        if option.kind != Kind::Listen || embedded {
            let default = own(&key).unwrap_or(option.default);
            layer.take(key, option, &Written::Loose(default.into()), Place::BuiltIn, problems);
        }
    }
    layer
}

fn own(key: &str) -> Option<&'static str> {
    let ["listener", listener, option] = path::parts(key)[..] else { return None };
    OWN.iter().find(|(name, key, _)| *name == listener && *key == option).map(|(_, _, value)| *value)
}
