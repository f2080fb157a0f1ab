//! `oread serve` and `oread echo`: load the configuration, then hand over to the daemon.

use super::arguments::{EchoArgs, ServeArgs};
use super::{checking, say};
use crate::config::{self, Sources};
use crate::exit::Exit;
use crate::serve;

pub(super) fn serve(args: ServeArgs) -> Exit {
    run(&args.into())
}

pub(super) fn echo(args: EchoArgs) -> Exit {
    let sets_address = |set: &String| set.split_once('=').is_some_and(|(key, _)| key.trim() == EchoArgs::KEY);
    if args.set.iter().any(sets_address) {
        say::note(&format!("the address is given twice: ADDR and --set {}", EchoArgs::KEY));
        return Exit::Usage;
    }
    run(&args.into())
}

fn run(sources: &Sources) -> Exit {
    match config::load(sources) {
        Ok(loaded) => serve::run(&loaded, sources),
        Err(problems) => checking::refuse(&problems),
    }
}
