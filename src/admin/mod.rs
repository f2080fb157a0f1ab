//! The admin address over HTTP/1.1: metrics, probes, status, who is here, and ending a session.
//!
//! - One connection carries one request, and one deadline covers both its head and its answer: a slow or silent client holds a
//!   seat for seconds, and scrapes come too seldom to gain from keep-alive.
//! - What changes something needs a token; without one in the configuration there are no such calls. All else is read-only and open.
//! - It runs beside the sessions, not among them, and keeps answering while the daemon drains.
//! - Out of descriptors it borrows from the [`Reserve`] for as long as an answer takes; without a loan it waits, and never spins.

mod accept;
mod answer;
mod connection;
pub mod directory;
mod kick;
mod listing;
pub mod status;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::descriptors::Reserve;
use crate::lifecycle::Readiness;
use crate::secret::Secret;
use crate::telemetry::Telemetry;
use crate::vitals::Vitals;

pub use directory::{Directory, RoomRow, SessionRow};
pub use status::{Status, StatusSource};

/// What the answers are made of.
pub struct AdminState {
    /// For `/metrics`.
    pub telemetry: Arc<Telemetry>,
    /// For `/readyz`.
    pub readiness: Arc<Readiness>,
    /// For `/livez`.
    pub vitals: Arc<Vitals>,
    /// For `/status`.
    pub status: Arc<dyn StatusSource>,
    /// For `/sessions` and `/rooms`.
    pub directory: Arc<dyn Directory>,
    /// What calls that change something must bring; without one they are refused.
    pub token: Option<Secret>,
    /// Lets operators in when sessions have taken every descriptor.
    pub reserve: Reserve,
    /// Bounds of the server itself.
    pub limits: AdminLimits,
}

/// Bounds of the admin server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminLimits {
    /// Connections at once; one more is answered 503 and closed.
    pub connections: usize,
    /// From accept to the end of the request's head.
    pub head: Duration,
    /// From accept to the last byte of the answer.
    pub exchange: Duration,
    /// Bytes of the head; less than 8 KiB count as 8 KiB.
    pub head_bytes: usize,
    /// Bytes of a body, which is read away and ignored.
    pub body_bytes: usize,
}

impl Default for AdminLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            head: Duration::from_secs(5),
            exchange: Duration::from_secs(10),
            head_bytes: 16 << 10,
            body_bytes: 64 << 10,
        }
    }
}

/// Serves until `stop`, then finishes the answers under way for at most a second. Fails only if the runtime does not take the listener.
pub async fn serve(
    listener: TcpListener,
    state: Arc<AdminState>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    accept::run(listener, state, stop).await;
    Ok(())
}
