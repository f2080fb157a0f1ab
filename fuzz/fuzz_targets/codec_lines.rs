//! Fuzzes the law of `tests/harness/codec_lines.rs`.

#![no_main]

#[path = "../../tests/harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::codec_lines::run(data));
