//! Oread: a production echo and relay daemon, usable as a library.

pub mod exit;
pub mod reason;
pub mod settings;
pub mod stats;
