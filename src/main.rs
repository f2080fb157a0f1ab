//! The front door of the binary: what was typed becomes a command, a command is carried out, and how it ended
//! becomes the exit code.

use std::panic::catch_unwind;
use std::process::ExitCode;

use oread::cli;
use oread::exit::Exit;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        // A panic has been told by its hook; a supervisor is to know it from a refusal of the host.
        Ok(command) => catch_unwind(|| cli::carry_out(command)).unwrap_or(Exit::Internal),
        Err(refusal) => cli::explain(&refusal),
    }
    .into()
}
