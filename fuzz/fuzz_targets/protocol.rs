//! Fuzzes the law of `tests/harness/protocol.rs`.

#![no_main]

#[path = "../../tests/harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::protocol::run(data));
