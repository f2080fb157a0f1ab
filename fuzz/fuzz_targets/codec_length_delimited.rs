//! Fuzzes the law of `tests/harness/codec_length_delimited.rs`.

#![no_main]

#[path = "../../tests/harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::codec_length_delimited::run(data));
