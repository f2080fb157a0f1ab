//! The bounded buffer between those who log and the one thread that writes. Not a subscriber.
//!
//! - Logging never waits for the writer: the lock is held for a copy, never for a write.
//! - At most [`CAPACITY`] bytes wait, and as many again are being written. A line that finds no room is lost, as is one whose
//!   write fails, and every lost line is counted.
//! - Where lines are missing, the log says how many as soon as it moves again.

use std::cell::Cell;
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
    /// Lines lost since, all of them after those that wait: once one is lost, all are until the writer comes.
    lost: u64,
    /// The writer has taken lines and not come back for more.
    writing: bool,
    /// What the writer's own thread has logged.
    notice: Vec<u8>,
}

thread_local! {
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
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
        if IS_WRITER.get() {
            state.notice.extend_from_slice(line);
        } else if state.lost > 0 || state.waiting.len() + line.len() > CAPACITY {
            state.lost += 1;
            self.stats.log_lines_lost.add(1);
        } else {
            state.waiting.extend_from_slice(line);
            self.filled.notify_one();
        }
    }

    fn write_out(&self, mut out: impl Write) {
        IS_WRITER.set(true);
        let (mut batch, mut untold) = (Vec::new(), 0);
        loop {
            let lost = self.take(&mut batch);
            let failed = self.write_lines(&mut out, &batch);
            untold += lost + failed;
            if untold > 0 && failed == 0 {
                self.write_lines(&mut out, &self.notice(untold));
                untold = 0;
            }
        }
    }

    /// Writes what it can and counts what it cannot.
    fn write_lines(&self, out: &mut impl Write, lines: &[u8]) -> u64 {
        let lines = lines.split_inclusive(|byte| *byte == b'\n');
        let failed = lines.filter(|line| out.write_all(line).is_err()).count() as u64;
        self.stats.log_lines_lost.add(failed);
        failed
    }

    /// A line in the log's own form, past the queue: it belongs between what was written and what waits.
    fn notice(&self, lost: u64) -> Vec<u8> {
        tracing::warn!(lost, "log lines are missing before this one: they were not taken in time");
        std::mem::take(&mut self.lock().notice)
    }

    /// Waits for lines and swaps them for an empty buffer, so that two buffers serve for ever. Says how many were lost behind them.
    fn take(&self, batch: &mut Vec<u8>) -> u64 {
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
        std::mem::take(&mut state.lost)
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
