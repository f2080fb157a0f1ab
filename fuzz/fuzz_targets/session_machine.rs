//! Fuzzes the law of `tests/harness/session_machine.rs`.

#![no_main]

#[path = "../../tests/harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::session_machine::run(data));
