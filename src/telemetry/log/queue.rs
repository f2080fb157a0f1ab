//! The bounded buffer between those who log and the one thread that writes. Not a subscriber.
//!
//! - Logging never waits for the writer: the lock is held for a copy, never for a write.
//! - At most [`CAPACITY`] bytes wait, and as many again are being written. A line that finds no room is lost, as is one whose
//!   write fails, and every lost line is counted.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::stats::ProcessStats;

/// Bytes that wait for the writer at most: about four thousand lines.
const CAPACITY: usize = 1 << 20;

/// Lines on their way to the writer's thread.
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    idle: Condvar,
    stats: Arc<ProcessStats>,
}

#[derive(Default)]
struct State {
    /// Whole lines, one after the other.
    waiting: Vec<u8>,
    /// The writer has taken lines and not come back for more.
    writing: bool,
}

impl Queue {
    /// A queue with its own thread that writes to `out` and is never waited for, since a write to a stalled pipe has no end.
    pub(super) fn start(out: impl Write + Send + 'static, stats: Arc<ProcessStats>) -> io::Result<Arc<Self>> {
        let queue =
            Arc::new(Self { state: Mutex::default(), filled: Condvar::new(), idle: Condvar::new(), stats });
        let source = Arc::clone(&queue);
        std::thread::Builder::new().name("log".into()).spawn(move || source.write_out(out))?;
        Ok(queue)
    }

    /// Waits until all lines are written, for at most `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let busy = |state: &mut State| state.writing || !state.waiting.is_empty();
        drop(self.idle.wait_timeout_while(self.lock(), limit, busy));
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.waiting.len() + line.len() > CAPACITY {
            return self.stats.log_lines_lost.add(1);
        }
        state.waiting.extend_from_slice(line);
        self.filled.notify_one();
    }

    fn write_out(&self, mut out: impl Write) {
        let mut batch = Vec::new();
        loop {
            self.take(&mut batch);
            for line in batch.split_inclusive(|byte| *byte == b'\n') {
                if out.write_all(line).is_err() {
                    self.stats.log_lines_lost.add(1);
                }
            }
        }
    }

    /// Waits for lines and swaps them for an empty buffer, so that two buffers serve for ever.
    fn take(&self, batch: &mut Vec<u8>) {
        batch.clear();
        let mut state = self.lock();
        state.writing = false;
        if state.waiting.is_empty() {
            self.idle.notify_all();
        }
        let empty = |state: &mut State| state.waiting.is_empty();
        let mut state = self.filled.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut state.waiting, batch);
        state.writing = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &Queue {
    /// Takes a whole line; the subscriber writes each in one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
