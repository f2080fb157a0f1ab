//! What happened in a run, in order and with simulated times: what two runs of one seed are compared by, and what a failure shows the end of.

use std::fmt;
use std::fmt::Write;
use std::sync::Mutex;

/// What happened.
#[derive(Debug, Default)]
pub struct Trace(Mutex<String>);

impl Trace {
    pub fn note(&self, what: fmt::Arguments<'_>) {
        let mut lines = self.0.lock().unwrap();
        match turmoil::sim_elapsed() {
            Some(elapsed) => write!(lines, "{:>6} ", elapsed.as_millis()).unwrap(),
            None => lines.push_str("       "),
        }
        writeln!(lines, "{what}").unwrap();
    }

    pub fn all(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// A digest of bytes for the trace (FNV-1a).
pub fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
