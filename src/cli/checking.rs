//! `oread check`, and how problems of the configuration are shown wherever they turn up.

use serde_json::json;

use super::arguments::CheckArgs;
use super::say;
use crate::config::{self, Problems};
use crate::exit::Exit;

pub(super) fn check(args: CheckArgs) -> Exit {
    let answer = config::load(&args.sources.into());
    match (answer, args.json) {
        (Ok(_), false) => {
            say::note("the configuration is good");
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

/// Says what is wrong, to a person.
pub(super) fn refuse(problems: &Problems) -> Exit {
    say::note(&problems.to_text(say::colour()));
    Exit::Config
}
