//! Promise: every input that a fuzzer once found worth keeping still holds its law, on any toolchain and without a fuzzer.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod harness;

use std::fs;
use std::path::PathBuf;

#[test]
fn every_kept_input_holds_its_law() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (law, run) in harness::LAWS {
        let inputs = fs::read_dir(corpus.join(law)).expect("each law has a kept corpus");
        let mut count = 0;
        for input in inputs {
            let path = input.unwrap().path();
            let data = fs::read(&path).unwrap();
            let held = std::panic::catch_unwind(|| run(&data));
            assert!(held.is_ok(), "{} breaks its law", path.display());
            count += 1;
        }
        assert!(count > 0, "the corpus of {law} is empty");
    }
}
