//! What the descriptor tests share: running a test again in a process of its own, where limits may be lowered. Not a test.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "each test uses its part")]

use std::process::Command;

use rustix::process::{Resource, Rlimit, setrlimit};

const MARK: &str = "RUN_IN_A_CHILD";

/// Runs `body` in a child: this test program, asked for this one test. `test` is its path in the program.
pub fn in_child(test: &str, body: fn()) {
    if std::env::var(MARK).is_ok_and(|mark| mark == test) {
        return body();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(MARK, test)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Lowers the limit of open descriptors of this process.
pub fn limit_to(soft: u64, hard: u64) {
    setrlimit(Resource::Nofile, Rlimit { current: Some(soft), maximum: Some(hard) }).unwrap();
}
