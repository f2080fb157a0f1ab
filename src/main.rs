//! The front door of the binary: what was typed becomes a command, a command is carried out, and how it ended
//! becomes the exit code.

use std::process::ExitCode;

use oread::cli;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(command) => cli::carry_out(command),
        Err(refusal) => cli::explain(&refusal),
    }
    .into()
}
