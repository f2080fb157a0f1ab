//! `oread serve`, `oread echo` and `oread relay`: load the configuration, then hand over to the daemon.

use super::arguments::{EchoArgs, RelayArgs, ServeArgs};
use super::{checking, say};
use crate::config::{self, Sources};
use crate::exit::Exit;
use crate::serve;

pub(super) fn serve(args: ServeArgs) -> Exit {
    run(&args.into())
}

pub(super) fn echo(args: EchoArgs) -> Exit {
    match address_twice(&args.set, EchoArgs::KEY) {
        Some(exit) => exit,
        None => run(&args.into()),
    }
}

pub(super) fn relay(args: RelayArgs) -> Exit {
    match address_twice(&args.set, RelayArgs::KEY) {
        Some(exit) => exit,
        None => run(&args.into()),
    }
}

/// Refuses an address that stands in ADDR and as `key` in a `--set`.
fn address_twice(set: &[String], key: &str) -> Option<Exit> {
    let sets_it = |set: &String| set.split_once('=').is_some_and(|(other, _)| other.trim() == key);
    set.iter().any(sets_it).then(|| {
        say::note(&format!("the address is given twice: ADDR and --set {key}"));
        Exit::Usage
    })
}

fn run(sources: &Sources) -> Exit {
    match config::load(sources) {
        Ok(loaded) => serve::run(&loaded, sources),
        Err(problems) => checking::refuse(&problems),
    }
}
