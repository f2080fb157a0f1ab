//! Fuzzes the law of `tests/harness/room.rs`.

#![no_main]

#[path = "../../tests/harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::room::run(data));
