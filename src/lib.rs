//! Oread: a production echo and relay daemon, usable as a library.

pub mod admin;
pub mod cli;
pub mod config;
pub mod descriptors;
pub mod exit;
pub mod lifecycle;
pub mod reason;
pub mod serve;
pub mod settings;
pub mod socket;
pub mod stats;
pub mod telemetry;
pub mod tools;
