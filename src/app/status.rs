//! What `/status` shows of a running daemon.

use std::sync::Arc;
use std::time::Instant;

use crate::admin::status::{ListenerStatus, ProcessStatus, SocketOption, Usage, WorkerStatus};
use crate::admin::{Status, StatusSource};
use crate::admission::{ListenerGate, ProcessGate};
use crate::lifecycle::Readiness;
use crate::reason::CloseReason;
use crate::session::context::{Budget, Commons};
use crate::settings::{Address, ListenerSettings};
use crate::socket::OptionReading;
use crate::stats::{ListenerStats, SessionState};
use crate::worker::Worker;

/// All that the status is made of.
pub(super) struct Overview {
    pub(super) started: Instant,
    pub(super) readiness: Arc<Readiness>,
    pub(super) gate: Arc<ProcessGate>,
    pub(super) commons: Arc<Commons>,
    pub(super) workers: Vec<Arc<Worker>>,
    pub(super) listeners: Vec<Watched>,
}

/// One listener.
pub(super) struct Watched {
    pub(super) settings: ListenerSettings,
    pub(super) local: Address,
    pub(super) readings: Vec<OptionReading>,
    pub(super) gate: Arc<ListenerGate>,
    pub(super) blocks: Vec<Arc<ListenerStats>>,
}

impl StatusSource for Overview {
    fn status(&self) -> Status {
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            uptime_seconds: self.started.elapsed().as_secs_f64(),
            stage: self.readiness.stage().word(),
            process: self.process(),
            workers: self.workers.iter().enumerate().map(worker).collect(),
            listeners: self.listeners.iter().map(Watched::status).collect(),
        }
    }
}

impl Overview {
    fn process(&self) -> ProcessStatus {
        ProcessStatus {
            sessions: Usage { used: self.gate.active(), limit: self.gate.limit() },
            descriptors: Usage::of_descriptors(),
            partial_frame_bytes: usage(&self.commons.partial),
            queued_bytes: usage(&self.commons.queued),
        }
    }
}

impl Watched {
    fn status(&self) -> ListenerStatus {
        let sum =
            |count: &dyn Fn(&ListenerStats) -> u64| self.blocks.iter().map(|block| count(block)).sum::<u64>();
        let live = |state: &SessionState| {
            let level: i64 = self.blocks.iter().map(|block| block.states[*state as usize].now()).sum();
            (state.word(), u64::try_from(level).unwrap_or(0))
        };
        let ended =
            |reason: &CloseReason| (reason.word(), sum(&|block| block.closed[*reason as usize].now()));
        ListenerStatus {
            name: self.settings.name.clone(),
            bind: self.local.to_string(),
            transport: self.local.transport(),
            service: self.settings.service.name().to_owned(),
            codec: self.settings.codec.name(),
            sessions: Usage { used: self.gate.active(), limit: self.gate.limit() },
            states: SessionState::ALL.iter().map(live).collect(),
            closed: CloseReason::ALL.iter().map(ended).filter(|(_, count)| *count > 0).collect(),
            socket: self.readings.iter().map(option).collect(),
        }
    }
}

fn worker((number, worker): (usize, &Arc<Worker>)) -> WorkerStatus {
    WorkerStatus {
        name: format!("worker-{number}"),
        sessions: worker.load() as u64,
        stuck: worker.is_stuck(),
    }
}

fn usage(budget: &Budget) -> Usage {
    Usage { used: budget.used(), limit: budget.limit() }
}

fn option(reading: &OptionReading) -> SocketOption {
    SocketOption {
        name: reading.name.to_owned(),
        requested: (reading.requested != "unset").then(|| reading.requested.clone()),
        effective: Some(reading.effective.clone()),
        differs: reading.differs,
    }
}
