//! What the process needs descriptors for besides sessions: the reserve, item by item.
//!
//! Each item is an upper bound; the sum is what the session limit leaves free.

use super::reserve::Reserve;

/// The parts of the process that open descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Listening sockets of all listeners together.
    pub accept_sockets: u64,
    /// Runtimes: one a worker thread, and one for everything else if there is one.
    pub runtimes: u64,
    /// Connections that the admin address serves at once.
    pub admin_connections: u64,
}

impl Demand {
    /// Standard input, output and error, and what a supervisor left open to us.
    const INHERITED: u64 = 8;
    /// Of a Tokio runtime: two for epoll, an eventfd, its end of the signal pipe.
    const A_RUNTIME: u64 = 4;
    /// The signal pipe, the log's writer, the supervisor's notification socket.
    const PROCESS: u64 = 6;
    /// The admin's listening socket.
    const ADMIN_SOCKET: u64 = 1;
    /// Of a reload: configuration, certificates, name look-ups. New listeners are bound before old ones end.
    const RELOAD: u64 = 8;

    /// The items and how many descriptors each may take.
    pub fn items(&self) -> [(&'static str, u64); 7] {
        [
            ("inherited", Self::INHERITED),
            ("process", Self::PROCESS),
            ("runtimes", self.runtimes.saturating_mul(Self::A_RUNTIME)),
            ("accept sockets", self.accept_sockets),
            ("admin", Self::ADMIN_SOCKET.saturating_add(self.admin_connections)),
            ("reload", Self::RELOAD.saturating_add(self.accept_sockets)),
            ("kept for emergencies", Reserve::SIZE as u64),
        ]
    }

    /// All items together.
    pub fn total(&self) -> u64 {
        self.items().iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}
