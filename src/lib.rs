//! Oread: a production echo and relay daemon, usable as a library.

pub mod exit;
pub mod settings;
