//! Settings of the whole process: runtime, admin address, log, drain and the limits that all listeners share.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

/// Threads that carry sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeSettings {
    /// Worker threads, each with a runtime of its own. `runtime.workers = "auto"` is one for each available core.
    pub workers: NonZeroUsize,
    /// A worker whose loop has not come round for so long is stuck.
    pub stuck_after: Duration,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            stuck_after: Duration::from_secs(10),
        }
    }
}

/// Where operators look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminSettings {
    /// The address of `/metrics`, `/livez`, `/readyz`, `/status` and the rest; `None` (written `"off"`) serves none.
    pub bind: Option<SocketAddr>,
    /// `admin.token`: what calls that change something must bring.
    pub token: Option<Secret>,
    /// `admin.token_file`: where it is read from when the daemon is built. One of the two at most; with neither, such calls are refused.
    pub token_file: Option<PathBuf>,
}

impl AdminSettings {
    /// The token, wherever it is. Reads the file, if one is named.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token; with the key, the path and the remedy.
    pub fn secret(&self) -> Result<Option<Secret>, String> {
        let Some(path) = &self.token_file else { return Ok(self.token.clone()) };
        Secret::in_file(path).map(Some).map_err(|why| format!("admin.token_file {why}"))
    }
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self { bind: Some(([127, 0, 0, 1], 9464).into()), token: None, token_file: None }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives per target such as `info,oread::session=debug`.
    pub level: String,
    /// The shape of a line.
    pub format: LogFormat,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Auto }
    }
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// For a person.
    Pretty,
    /// For a log collector: one JSON object a line.
    Json,
}

/// How the daemon stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainSettings {
    /// Keep accepting this long after the signal, while not ready, so that the news of it can spread.
    pub delay: Duration,
    /// From the end of `delay` to the moment at which sessions still open are cut.
    pub grace: Duration,
}

impl Default for DrainSettings {
    fn default() -> Self {
        Self { delay: Duration::ZERO, grace: Duration::from_secs(30) }
    }
}

/// Limits of the whole process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Sessions of all listeners together.
    pub sessions: SessionLimit,
    /// Bytes of unfinished frames of all sessions together.
    pub partial_frames: u64,
    /// Bytes in the outboxes of all sessions together.
    pub queued: u64,
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self { sessions: SessionLimit::Auto, partial_frames: 64 << 20, queued: 256 << 20 }
    }
}

/// How many sessions the process carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionLimit {
    /// As many as the descriptor limit carries, less a reserve.
    Auto,
    /// This many; refused at start when the descriptor limit does not carry it.
    Exactly(u64),
}
