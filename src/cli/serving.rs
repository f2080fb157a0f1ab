//! `oread serve` and `oread echo`: load the configuration, then hand over to the daemon.

use super::arguments::{EchoArgs, ServeArgs};
use super::checking;
use crate::config::{self, Sources};
use crate::exit::Exit;
use crate::serve;

pub(super) fn serve(args: ServeArgs) -> Exit {
    run(&args.into())
}

pub(super) fn echo(args: EchoArgs) -> Exit {
    run(&args.into())
}

fn run(sources: &Sources) -> Exit {
    match config::load(sources) {
        Ok(loaded) => serve::run(&loaded, sources),
        Err(problems) => checking::refuse(&problems),
    }
}
