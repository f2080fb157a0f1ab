//! `oread check`, and how problems of the configuration are shown wherever they turn up.

use serde_json::json;

use super::arguments::CheckArgs;
use super::say;
use crate::config::{self, Problems};
use crate::exit::Exit;
use crate::settings::Settings;

pub(super) fn check(args: CheckArgs) -> Exit {
    let answer = config::load(&args.sources.into());
    match (answer, args.json) {
        (Ok(loaded), false) => {
            say::note(&format!("the configuration is good: {}", summary(&loaded.settings)));
            Exit::Ok
        }
        (Ok(_), true) => {
            say::data(&json!({ "ok": true, "problems": [] }).to_string());
            Exit::Ok
        }
        (Err(problems), false) => refuse(&problems),
        (Err(problems), true) => {
            say::data(&problems.to_json().to_string());
            Exit::Config
        }
    }
}

/// What would listen, in a few words.
fn summary(settings: &Settings) -> String {
    let listeners = match &settings.listeners[..] {
        [one] => format!("{} on {}", one.name, one.bind),
        several => format!("{} listeners", several.len()),
    };
    match settings.admin.bind {
        Some(address) => format!("{listeners}, admin on {address}"),
        None => format!("{listeners}, no admin address"),
    }
}

/// Says what is wrong, to a person.
pub(super) fn refuse(problems: &Problems) -> Exit {
    say::note(&problems.to_text(say::colour()));
    Exit::Config
}
