//! The JSON Schema of the file (draft 2020-12), made from the tables: for editors that complete and check
//! while one types.

use serde_json::{Map, Value as Json, json};

use super::kind::{Kind, MOST_PATTERNS};
use super::options::{Of, Opt, SECTIONS};

/// The pattern of a listener's name.
const NAME: &str = "^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$";

/// The schema.
pub fn schema() -> Json {
    let mut root = table("The configuration of Oread.");
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Oread");
    for section in SECTIONS {
        let mut options = Map::new();
        for option in section.options {
            options.insert(option.name.into(), property(option, section.of()));
        }
        let at = place(&mut root, section.path);
        at["description"] = json!(section.about);
        if let Some(properties) = at["properties"].as_object_mut() {
            properties.extend(options);
        }
    }
    root
}

/// The table at `path`, made if it is not there yet.
fn place<'a>(root: &'a mut Json, path: &str) -> &'a mut Json {
    path.split('.').enumerate().fold(root, |at, (depth, part)| {
        let inner = match (depth, part) {
            (1, "*") => &mut at["patternProperties"][NAME],
            // Rooms by name: whatever is no key of its own.
            (_, "*") => &mut at["additionalProperties"],
            _ => &mut at["properties"][part],
        };
        if !inner.is_object() {
            *inner = table("");
        }
        inner
    })
}

fn table(about: &str) -> Json {
    json!({ "type": "object", "description": about, "additionalProperties": false, "properties": {} })
}

fn property(option: &Opt, of: Of) -> Json {
    let mut property = of_kind(&option.kind);
    let default = if of == Of::Rooms { "as in room".into() } else { option.kind.quote(option.default) };
    property["description"] =
        json!(format!("{} (default: {default}; reload: {})", option.why, option.reload.words()));
    property
}

fn of_kind(kind: &Kind) -> Json {
    match kind {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::OneOf(numbers) => json!({ "enum": numbers }),
        Kind::Size(least, _) => amount(*least, r"^[0-9][0-9_]* *([KMGTkmgt][Ii]?)?[Bb]?$"),
        Kind::Rate(_) => amount(0, r"^[0-9][0-9_]* *([KMGTkmgt][Ii]?)?[Bb]?(/s)?$"),
        Kind::Time(..) | Kind::Seconds(..) => {
            json!({ "type": "string", "pattern": "^(0|([0-9]+ *[a-z]+ *)+)$" })
        }
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Text(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        Kind::Level | Kind::Service | Kind::Secret => json!({ "type": "string" }),
        Kind::Listen => json!({ "type": "string", "pattern": "^(tcp://|unix://|[0-9\\[:])" }),
        Kind::Socket => json!({ "type": "string", "pattern": "^([0-9.]+|\\[[0-9A-Fa-f:.%]+\\])?:[0-9]+$" }),
        Kind::Probes => probes(),
        Kind::Patterns => {
            json!({ "type": "array", "maxItems": MOST_PATTERNS, "items": { "type": "string", "minLength": 1, "maxLength": 128 } })
        }
        Kind::Mode => json!({ "type": "string", "pattern": "^(0o|0)?[0-7]{1,3}$" }),
        Kind::Or(word, inner) => json!({ "anyOf": [{ "const": word }, of_kind(inner)] }),
    }
}

fn amount(least: u64, pattern: &str) -> Json {
    json!({ "anyOf": [{ "type": "string", "pattern": pattern }, { "type": "integer", "minimum": least }] })
}

fn probes() -> Json {
    let mut parts = table("Probes of silent peers.");
    for (name, kind) in super::kind::PROBE_PARTS {
        parts["properties"][name] = of_kind(&kind);
    }
    json!({ "anyOf": [{ "type": "boolean" }, parts] })
}
