//! The tools that ship in the daemon's binary: load, round trips, the health check, and what operators ask and tell a daemon.
//!
//! Each tool is a [`clap::Args`] and a `run` that returns an [`Exit`](crate::exit::Exit). Tools are clients: they know nothing of the
//! daemon's inside and reach it only through its sockets, so that they can be pointed at anything that echoes.

pub mod bench;
pub mod kick;
pub mod listing;
pub mod ping;
pub mod probe;

mod admin;
mod failure;
mod process;
mod quantity;
mod table;
mod target;
mod wire;

pub use target::Target;
pub use wire::Codec;
