//! What may be typed, as clap derives it. The help texts here are also the man page and the completions.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::{tools::Tool, version};
use crate::config::{Assignment, Sources};

/// A production echo and relay daemon.
///
/// Without a command it runs as `oread serve` does; without a file, on its embedded configuration.
#[derive(Debug, Parser)]
#[command(name = "oread", version = version::SHORT, long_version = version::long(), after_help = EXIT_CODES)]
#[command(args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do; nothing is `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What `serve` takes.
    #[command(flatten)]
    pub serve: ServeArgs,
}

const EXIT_CODES: &str = "Exit codes: 0 well, 1 a load client found the server at fault, 64 usage, 69 unavailable, 70 internal, \
    71 operating system, 75 drain cut short, 77 permission, 78 configuration.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    Serve(ServeArgs),
    /// Run an echo daemon on one address, without a file
    Echo(EchoArgs),
    /// Run a relay daemon on one address, without a file
    Relay(RelayArgs),
    /// Check the configuration: every problem at once, with its place; exit 0 or 78
    Check(CheckArgs),
    /// Show the reference file, the JSON Schema, what is in force, or the environment variables
    Config(ConfigArgs),
    /// Those that talk to a daemon, from `oread::tools`.
    #[command(flatten)]
    Tool(Tool),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, in roff
    Man {
        /// The page of this command, such as `config effective`
        command: Vec<String>,
    },
}

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// A TOML file; may be given several times, a later one overrides an earlier
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One value, over files and environment, such as `--set log.level=debug`; may be repeated
    #[arg(short, long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl From<ServeArgs> for Sources {
    fn from(args: ServeArgs) -> Self {
        Self::of_process(args.files, args.set.into_iter().map(Assignment::set).collect())
    }
}

/// A daemon from one line.
#[derive(Debug, Clone, Args)]
pub struct EchoArgs {
    /// Where to listen: `127.0.0.1:7000`, `:7000` (every IPv4 address), `[::]:7000` (both families), `unix:///run/echo.sock`
    #[arg(value_name = "ADDR")]
    pub address: String,
    /// One value, such as `--set listener.echo.codec=lines`; may be repeated
    #[arg(short, long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl EchoArgs {
    /// What its address stands for.
    pub(super) const KEY: &str = "listener.echo.bind";
}

impl From<EchoArgs> for Sources {
    fn from(args: EchoArgs) -> Self {
        let bind = Assignment::by("ADDR", EchoArgs::KEY, &args.address);
        let set = args.set.into_iter().map(Assignment::set);
        Self::of_process(Vec::new(), std::iter::once(bind).chain(set).collect())
    }
}

/// A daemon from one line whose sessions speak to each other.
#[derive(Debug, Clone, Args)]
pub struct RelayArgs {
    /// Where to listen: `127.0.0.1:7001`, `:7001` (every IPv4 address), `[::]:7001` (both families), `unix:///run/relay.sock`
    #[arg(value_name = "ADDR")]
    pub address: String,
    /// No protocol: each frame goes to everyone else in one room, and a frame is a line, so that `nc` chats
    #[arg(long)]
    pub plain: bool,
    /// With --plain: the room's name, `lobby` unless given
    #[arg(long, value_name = "NAME", requires = "plain")]
    pub room: Option<String>,
    /// With --plain: how bytes become frames, `lines` unless given
    #[arg(long, value_name = "CODEC", requires = "plain")]
    pub codec: Option<String>,
    /// One value, such as `--set listener.rooms.room.history=1m`; may be repeated
    #[arg(short, long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl RelayArgs {
    /// What its address stands for.
    pub(super) const KEY: &str = "listener.rooms.bind";
    /// What its other arguments stand for.
    const CODEC: &str = "listener.rooms.codec";
    const PROTOCOL: &str = "listener.rooms.relay.protocol";
    const ROOM: &str = "listener.rooms.relay.room";
    const SERVICE: &str = "listener.rooms.service";
}

impl From<RelayArgs> for Sources {
    fn from(args: RelayArgs) -> Self {
        let mut given = vec![
            Assignment::by("ADDR", RelayArgs::KEY, &args.address),
            Assignment::by("relay", RelayArgs::SERVICE, "relay"),
        ];
        if args.plain {
            given.push(Assignment::by("--plain", RelayArgs::PROTOCOL, "plain"));
            given.push(match &args.codec {
                Some(codec) => Assignment::by("--codec", RelayArgs::CODEC, codec),
                None => Assignment::by("--plain", RelayArgs::CODEC, "lines"),
            });
        }
        given.extend(args.room.map(|room| Assignment::by("--room", RelayArgs::ROOM, &room)));
        given.extend(args.set.into_iter().map(Assignment::set));
        Self::of_process(Vec::new(), given)
    }
}

/// What `check` takes.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// What is checked.
    #[command(flatten)]
    pub sources: ServeArgs,
    /// Answer in JSON, on stdout
    #[arg(long)]
    pub json: bool,
}

/// What `config` takes.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// What is shown.
    #[command(subcommand)]
    pub what: Showing,
}

/// What `config` shows.
#[derive(Debug, Clone, Subcommand)]
pub enum Showing {
    /// The commented reference file: every key with its default
    Default,
    /// The JSON Schema of the file, for editors
    Schema,
    /// What would be in force, and where each value came from; secrets are masked
    Effective(CheckArgs),
    /// The environment variables, one for each key
    Env {
        /// Name them for this listener instead of `NAME`
        #[arg(long, value_name = "NAME")]
        listener: Option<String>,
    },
    /// The tables of docs/configuration.md
    #[command(hide = true)]
    Handbook,
}
