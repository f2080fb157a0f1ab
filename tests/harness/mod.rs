//! Laws that hold for any input, each as one function from bytes: `codec_length_delimited`, `codec_lines`, `outbox`, `session_machine`,
//! `protocol`, `room` and `config`. A property test, a fuzz target and the replay of the kept corpus all call the same function; it panics where a law is broken.
//!
//! Not a place for examples: what one input must give stands in a test named after the promise.

#![allow(unreachable_pub, reason = "the fuzz targets take it as a module too")]
#![allow(dead_code, reason = "each test that includes this uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod codec_length_delimited;
pub mod codec_lines;
pub mod config;
pub mod outbox;
pub mod protocol;
pub mod room;
pub mod session_machine;
pub mod stream;

/// A law: it panics on bytes that break it.
pub type Law = fn(&[u8]);

/// Every law, by the name of its fuzz target and of its directory under `fuzz/corpus`.
pub const LAWS: [(&str, Law); 7] = [
    ("codec_length_delimited", codec_length_delimited::run),
    ("codec_lines", codec_lines::run),
    ("config", config::run),
    ("outbox", outbox::run),
    ("protocol", protocol::run),
    ("room", room::run),
    ("session_machine", session_machine::run),
];
