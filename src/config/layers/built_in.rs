//! The weakest layer: the default of every key, for each listener that is named.
//!
//! If none is named there is one, `echo`: the embedded configuration. While no other is named it has an
//! address by default, so that `--set listener.echo.codec=lines` is enough. As soon as another is named, each
//! must say where it listens: otherwise a name mistyped in a variable would open a port.

use super::super::kind::{Kind, Written};
use super::super::options;
use super::super::place::Place;
use super::super::problem::Problems;
use super::{Layer, Names};

/// The listener of the embedded configuration.
pub(super) const EMBEDDED: &str = "echo";

pub(in crate::config) fn layer(names: &Names, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    let embedded = names.iter().eq([EMBEDDED]);
    for (key, option) in options::keys(names.iter()) {
        if option.kind != Kind::Listen || embedded {
            layer.take(key, option, &Written::Loose(option.default.into()), Place::BuiltIn, problems);
        }
    }
    layer
}
