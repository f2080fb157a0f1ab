//! The commands that talk to a daemon instead of being one: `ping`, `bench`, `probe`.
//!
//! To plug one in, write it in `src/tools/NAME.rs` with `#[derive(clap::Args)] pub struct Args` and `pub fn run(args: Args) -> Exit`, then
//! add two lines here: a variant of [`Tool`], whose doc comment is its help, and its arm in `run`:
//!
//! ```ignore
//! /// Send round trips and time them
//! Ping(crate::tools::ping::Args),
//! …
//! Tool::Ping(args) => crate::tools::ping::run(args),
//! ```

use clap::Subcommand;

use crate::exit::Exit;

/// The commands that talk to a daemon.
#[derive(Debug, Subcommand)]
pub enum Tool {}

#[allow(clippy::needless_pass_by_value, reason = "each tool takes its arguments by value")]
pub(super) fn run(tool: Tool) -> Exit {
    match tool {}
}
