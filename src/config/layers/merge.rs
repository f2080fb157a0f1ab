//! Puts the layers over each other with the `config` crate, which keeps the origin of each value through the
//! merge.
//!
//! Values travel through it as the text that their kind reads back, so that nothing is guessed on the way;
//! their places as origins.

use std::collections::HashMap;

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, ConfigError, Map, Source, Value, ValueKind};

use super::super::kind::Written;
use super::super::options::{self, Found};
use super::super::path;
use super::super::place::Place;
use super::{Layer, Leaf};

/// The values in force, one for each key.
pub(in crate::config) fn merge(layers: Vec<Layer>) -> Result<Vec<Leaf>, ConfigError> {
    let places: HashMap<String, Place> = layers
        .iter()
        .flat_map(|layer| &layer.0)
        .map(|leaf| (leaf.place.to_string(), leaf.place.clone()))
        .collect();
    let builder = layers.into_iter().fold(Config::builder(), ConfigBuilder::<DefaultState>::add_source);
    let merged = builder.build()?.collect()?;
    let mut leaves = Vec::new();
    for (name, value) in merged {
        flatten(&name, &value, &places, &mut leaves);
    }
    Ok(leaves)
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut root = Map::new();
        for leaf in &self.0 {
            let origin = leaf.place.to_string();
            let value = Value::new(Some(&origin), leaf.option.kind.show(&leaf.value));
            put(&mut root, &leaf.key, value);
        }
        Ok(root)
    }
}

/// Puts `value` into the tables that the dotted `key` leads through.
fn put(table: &mut Map<String, Value>, key: &str, value: Value) {
    let Some((head, rest)) = path::first(key) else {
        table.insert(key.into(), value);
        return;
    };
    let inner = table.entry(head.into()).or_insert_with(|| Value::new(None, Map::<String, Value>::new()));
    if let ValueKind::Table(inner) = &mut inner.kind {
        put(inner, rest, value);
    }
}

fn flatten(key: &str, value: &Value, places: &HashMap<String, Place>, leaves: &mut Vec<Leaf>) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                flatten(&format!("{key}.{name}"), value, places, leaves);
            }
        }
        ValueKind::String(text) => {
            let Found::Key(option) = options::find(&path::parts(key)) else { return };
            let Ok(read) = option.kind.read(&Written::Loose(text.clone())) else { return };
            let place =
                value.origin().and_then(|origin| places.get(origin)).cloned().unwrap_or(Place::BuiltIn);
            leaves.push(Leaf { key: key.into(), option, value: read, place });
        }
        _ => {}
    }
}
