//! TCP keepalive: a table of three parts, or `false`. It is taken whole: a part that is left out has its
//! default.

use std::time::Duration;

use super::{Fault, Kind, Value, Written};
use crate::config::nearest;
use crate::settings::Keepalive;

/// The parts, with the kinds that the kernels agree on.
pub(in crate::config) const PARTS: [(&str, Kind); 3] = [
    ("idle", Kind::Seconds(1, 32_767)),
    ("interval", Kind::Seconds(1, 32_767)),
    ("count", Kind::Number(1, 127)),
];

const EXAMPLE: &str = "write { idle = \"60s\", interval = \"10s\", count = 5 }, or false for none";

pub(super) fn read(written: &Written) -> Result<Option<Keepalive>, Fault> {
    match written {
        Written::Switch(false) => Ok(None),
        Written::Switch(true) => Err(Fault::new("`true` is no keepalive", EXAMPLE)),
        Written::Table(_) => table(written).map(Some),
        Written::Loose(text) => match toml::de::DeValue::parse(text) {
            Ok(value) => match Written::from(value.get_ref()) {
                Written::Loose(_) | Written::Text(_) => {
                    Err(Fault::new(format!("`{text}` is no keepalive"), EXAMPLE))
                }
                inner => read(&inner),
            },
            Err(_) => Err(Fault::new(format!("`{text}` is no keepalive"), EXAMPLE)),
        },
        other => Err(Fault::new(format!("this is {}, and a table is wanted", other.type_name()), EXAMPLE)),
    }
}

fn table(written: &Written) -> Result<Keepalive, Fault> {
    let mut probes = Keepalive::default();
    let Written::Table(table) = written else { return Ok(probes) };
    for (name, written) in table {
        let Some((_, kind)) = PARTS.iter().find(|(part, _)| part == name) else {
            let near = nearest::word(name, PARTS.iter().map(|(part, _)| *part));
            let meant = near.map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
            return Err(Fault::new(format!("it has no part `{name}`"), format!("{meant}{EXAMPLE}")));
        };
        let value = kind
            .read(written)
            .map_err(|fault| Fault::new(format!("{name}: {}", fault.what), fault.remedy))?;
        set(&mut probes, name, &value);
    }
    Ok(probes)
}

fn set(probes: &mut Keepalive, part: &str, value: &Value) {
    let time = if let Value::Time(time) = value { *time } else { Duration::ZERO };
    match (part, value) {
        ("idle", _) => probes.idle = time,
        ("interval", _) => probes.interval = time,
        (_, Value::Number(count)) => probes.count = u32::try_from(*count).unwrap_or(u32::MAX),
        _ => {}
    }
}
