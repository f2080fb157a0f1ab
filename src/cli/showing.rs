//! `oread config …`: the configuration shown in its several forms.

use super::arguments::{CheckArgs, ConfigArgs, Showing};
use super::{checking, say};
use crate::config;
use crate::exit::Exit;

pub(super) fn show(args: ConfigArgs) -> Exit {
    match args.what {
        Showing::Default => say::bytes(config::reference().as_bytes()),
        Showing::Schema => say::data(&format!("{:#}", config::schema())),
        Showing::Effective(args) => return effective(args),
        Showing::Env { listener } => {
            let name = listener.as_deref().unwrap_or("NAME");
            say::bytes(config::environment([name]).as_bytes());
        }
        Showing::Handbook => say::bytes(config::handbook().as_bytes()),
    }
    Exit::Ok
}

fn effective(args: CheckArgs) -> Exit {
    match config::load(&args.sources.into()) {
        Ok(loaded) if args.json => say::data(&format!("{:#}", loaded.effective.to_json())),
        Ok(loaded) => say::bytes(loaded.effective.to_string().as_bytes()),
        Err(problems) if args.json => {
            say::data(&problems.to_json().to_string());
            return Exit::Config;
        }
        Err(problems) => return checking::refuse(&problems),
    }
    Exit::Ok
}
