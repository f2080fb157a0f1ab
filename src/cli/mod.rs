//! The command line: what may be typed, and which part of the program carries it out.
//!
//! Data goes to stdout and diagnostics to stderr, both through [`say`]. Exit codes are those of [`Exit`].

mod arguments;
mod checking;
mod manual;
pub mod say;
mod serving;
mod showing;
mod tips;
mod tools;
mod version;

use std::ffi::OsString;

use clap::Parser;

pub use arguments::{Arguments, Command, EchoArgs, RelayArgs, ServeArgs};
pub use tools::Tool;

use crate::exit::Exit;

/// Reads what was typed.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let typed: Vec<_> = arguments.into_iter().collect();
    Arguments::try_parse_from(&typed).map_err(|refusal| tips::add(refusal, &typed))
}

/// Prints help or version to stdout, or what is wrong with the command line to stderr.
pub fn explain(refusal: &clap::Error) -> Exit {
    let _reader_left = refusal.print();
    if refusal.use_stderr() { Exit::Usage } else { Exit::Ok }
}

/// Does what was asked for.
pub fn carry_out(arguments: Arguments) -> Exit {
    let Some(command) = arguments.command else {
        return serving::serve(arguments.serve);
    };
    match command {
        Command::Serve(args) => serving::serve(args),
        Command::Echo(args) => serving::echo(args),
        Command::Relay(args) => serving::relay(args),
        Command::Check(args) => checking::check(args),
        Command::Config(args) => showing::show(args),
        Command::Tool(tool) => tools::run(tool),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { command } => manual::page(&command),
    }
}
