//! What `/status` shows, as types. The app fills them in; field names are relied on by tools.

use std::collections::BTreeMap;

use serde::Serialize;

/// Who can tell the status now. Asked on the control thread: it must not wait.
pub trait StatusSource: Send + Sync {
    /// The status now.
    fn status(&self) -> Status;
}

/// The whole daemon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The version that runs.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// Seconds since the start.
    pub uptime_seconds: f64,
    /// `starting`, `ready` or `draining`: [`Stage::word`](crate::lifecycle::Stage::word).
    pub stage: &'static str,
    /// Limits of the whole process and their use.
    pub process: ProcessStatus,
    /// Threads that carry sessions.
    pub workers: Vec<WorkerStatus>,
    /// Listeners in the order of their names.
    pub listeners: Vec<ListenerStatus>,
}

/// Limits of the whole process and their use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessStatus {
    /// Sessions of all listeners.
    pub sessions: Usage,
    /// Descriptors and the soft limit: [`Usage::of_descriptors`].
    pub descriptors: Usage,
    /// Bytes of unfinished frames.
    pub partial_frame_bytes: Usage,
    /// Bytes in outboxes.
    pub queued_bytes: Usage,
}

/// A limit and how much of it is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Usage {
    /// In use.
    pub used: u64,
    /// At most; 0 is no limit.
    pub limit: u64,
}

impl Usage {
    /// Descriptors of this process; zeros where the platform does not tell.
    pub fn of_descriptors() -> Self {
        let process = metrics_process::collector::collect();
        Self { used: process.open_fds.unwrap_or(0), limit: process.max_fds.unwrap_or(0) }
    }
}

/// One worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerStatus {
    /// The name of its thread.
    pub name: String,
    /// Live sessions on it.
    pub sessions: u64,
    /// Whether its loop stands still.
    pub stuck: bool,
}

/// One listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListenerStatus {
    /// The name in the configuration.
    pub name: String,
    /// Where it listens, with the port that was given if it asked for port 0.
    pub bind: String,
    /// `tcp` or `unix`.
    pub transport: &'static str,
    /// What answers.
    pub service: String,
    /// How bytes become frames.
    pub codec: &'static str,
    /// Sessions and their cap.
    pub sessions: Usage,
    /// Live sessions by state.
    pub states: BTreeMap<&'static str, u64>,
    /// Sessions that ended, by reason; reasons that have not occurred are left out.
    pub closed: BTreeMap<&'static str, u64>,
    /// Options of its sockets.
    pub socket: Vec<SocketOption>,
}

/// A socket option: what was asked for and what the kernel made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SocketOption {
    /// The key in the configuration.
    pub name: String,
    /// As configured; `null` leaves it to the kernel.
    pub requested: Option<String>,
    /// As read back; `null` where it cannot be read.
    pub effective: Option<String>,
    /// Whether they differ.
    pub differs: bool,
}
