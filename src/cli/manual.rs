//! Completions and man pages, made from the same definitions as the help.

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::Arguments;
use super::say;
use crate::exit::Exit;

pub(super) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "oread", &mut script);
    say::bytes(&script);
    Exit::Ok
}

/// The page of the command that `words` lead to; of `oread` itself when there are none.
pub(super) fn page(words: &[String]) -> Exit {
    let mut root = Arguments::command();
    root.build();
    let mut command = &root;
    for word in words {
        let Some(inner) = command.find_subcommand(word) else {
            say::note(&format!("there is no command `oread {}`; `oread help` lists them", words.join(" ")));
            return Exit::Usage;
        };
        command = inner;
    }
    let mut page = Vec::new();
    match clap_mangen::Man::new(command.clone()).render(&mut page) {
        Ok(()) => say::bytes(&page),
        Err(fault) => {
            say::note(&format!("the page could not be made: {fault}"));
            return Exit::Internal;
        }
    }
    Exit::Ok
}
