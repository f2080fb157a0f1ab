//! Oread: a production echo and relay daemon, usable as a library.

pub mod admin;
pub mod admission;
pub mod app;
pub mod cli;
pub mod codec;
pub mod config;
pub mod descriptors;
pub mod exit;
pub mod lifecycle;
pub mod listener;
pub mod outbox;
pub mod peer;
pub mod reason;
pub mod serve;
pub mod service;
pub mod session;
pub mod settings;
pub mod socket;
pub mod stats;
pub mod telemetry;
pub mod tick;
pub mod tools;
pub mod worker;
