//! Runs the daemon. A stub until the core stands: it names what it would listen on.

use crate::cli::say;
use crate::config::{Loaded, Sources};
use crate::exit::Exit;

/// Runs what `loaded` says until a signal ends it; `sources` are read again on SIGHUP.
pub fn run(loaded: &Loaded, _sources: &Sources) -> Exit {
    for listener in &loaded.settings.listeners {
        say::note(&format!("{} {}", listener.name, listener.bind));
    }
    crate::app::run(&loaded.settings).ok();
    Exit::Ok
}
