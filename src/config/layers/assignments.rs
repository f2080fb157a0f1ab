//! The strongest layer: `--set key=value` and the arguments that stand for a key.

use super::super::options::{self, Found};
use super::super::place::Place;
use super::super::problem::{Problem, Problems};
use super::super::sources::Assignment;
use super::{Layer, Names, unknown};

/// Notes the listeners that are named, before the environment is read: it reaches them by name.
pub(in crate::config) fn read(set: &[Assignment], names: &mut Names, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for Assignment { flag, text } in set {
        let Some((key, value)) = text.split_once('=') else {
            let place = Place::Flag(format!("{flag} {text}"));
            problems.push(
                Problem::new(place, "", "there is no `=` in it")
                    .remedy("write key=value, such as log.level=debug"),
            );
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let place = Place::Flag(if flag == "--set" { format!("{flag} {key}") } else { flag.clone() });
        let path: Vec<_> = key.split('.').collect();
        match options::find(&path) {
            Found::Key(option) => {
                if names.note_owner(&path, &place, problems) {
                    layer.take_text(key.into(), option, value, place, problems);
                }
            }
            _ => problems.extend(unknown(key, place, names)),
        }
    }
    layer
}
