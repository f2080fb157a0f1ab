//! Everything but Linux and Android: options that only Linux has are `None`, so that asking for one is refused by name.
//!
//! Nothing is taken to be inherited: BSD hands on some options and Windows others, so each accepted socket gets them all.

use super::super::options::{Calls, Family};
use super::super::reading::Value;

pub(in crate::socket) const BUFFER_BOOKKEEPING: usize = 1;

pub(in crate::socket) fn inherits(_: Family) -> bool {
    false
}

// BSD has SO_REUSEPORT too, but gives every connection to one of the sockets: not what is asked for.
pub(in crate::socket) const REUSE_PORT: Option<Calls> = None;
pub(in crate::socket) const BIND_DEVICE: Option<Calls> = None;
pub(in crate::socket) const NOTSENT_LOWAT: Option<Calls> = None;
pub(in crate::socket) const USER_TIMEOUT: Option<Calls> = None;
pub(in crate::socket) const CONGESTION: Option<Calls> = None;
pub(in crate::socket) const FAST_OPEN: Option<Calls> = None;

/// Not told: these kernels cap the backlog too, and keep it to themselves.
pub(in crate::socket) fn read_backlog(_: u32) -> Option<Value> {
    None
}

pub(in crate::socket) fn congestion_controls() -> Option<String> {
    None
}
