//! The load client alone: `cargo run --release --example load -- 127.0.0.1:7000 --connections 100`.

use clap::Parser;
use oread::tools::bench::{self, EchoArgs};

#[derive(Parser)]
struct Load {
    #[command(flatten)]
    echo: EchoArgs,
}

fn main() -> std::process::ExitCode {
    bench::echo(Load::parse().echo).into()
}
