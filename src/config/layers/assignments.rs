//! The strongest layer: `--set key=value` and the arguments that stand for a key.

use super::super::options::{self, Found};
use super::super::path;
use super::super::place::Place;
use super::super::problem::{Problem, Problems};
use super::super::sources::Assignment;
use super::{Layer, Names, refused_pattern, unknown};

/// Notes the listeners that are named, before the environment is read: it reaches them by name.
pub(in crate::config) fn read(set: &[Assignment], names: &mut Names, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for Assignment { flag, text } in set {
        let Some((key, value)) = path::outside_quotes(text, '=').map(|at| (&text[..at], &text[at + 1..]))
        else {
            let place = Place::Flag(format!("{flag} {text}"));
            problems.push(
                Problem::new(place, "", "there is no `=` in it")
                    .remedy("write key=value, such as log.level=debug"),
            );
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let place = Place::Flag(if flag == "--set" { format!("{flag} {key}") } else { flag.clone() });
        let parts: Vec<_> = path::parts(key).into_iter().map(path::name).collect();
        let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
        let key = path::join(parts.iter().copied());
        match options::find(&parts) {
            Found::Key(option) => {
                let refused = refused_pattern(&parts[..parts.len() - 1], &place);
                if refused.is_none() && names.note_owner(&parts, &place, problems) {
                    layer.take_text(key, option, value, place, problems);
                }
                problems.extend(refused);
            }
            _ => problems.extend(unknown(&key, place, names)),
        }
    }
    layer
}
