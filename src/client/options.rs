//! What a program chooses about its client: who it is, how patient it is, how it comes back, and how much may wait.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::protocol::Since;

/// Choices of a client. Every default is fit for a production client; change what you need:
/// ```
/// # use oread::client::Options;
/// let options = Options { name: "ada".into(), ..Options::default() };
/// ```
#[derive(Clone)]
pub struct Options {
    /// What presence calls the session: up to 128 bytes without control characters, may be empty.
    pub name: String,
    /// Who the client is, as the node's operator gave it out; empty: nobody in particular. A secret.
    pub token: Vec<u8>,
    /// The ticket of an earlier process ([`Client::ticket`](super::Client::ticket)), to be that session again; empty: a new one. A secret.
    pub ticket: Vec<u8>,
    /// How connections that were lost are made again.
    pub retry: Retry,
    /// How long connecting and the server's WELCOME may take together. 10 s.
    pub connect_within: Duration,
    /// After so long without a byte from the server the client pings, and again each time. 30 s; zero: never.
    ///
    /// It also pings while it does not read because the events wait to be taken, so that the server does not take it for dead.
    pub ping_after: Duration,
    /// After so long without a byte the connection is given up as dead. 45 s; zero: never.
    ///
    /// More than `ping_after`, and more than rooms in which publishers wait make them wait (`room.block_for`): a server that makes a publisher wait
    /// does not answer it either. The clock stands while the events wait to be taken.
    pub silence: Duration,
    /// How long [`Client::close`](super::Client::close) waits for what is queued and for answers. 5 s.
    pub close_within: Duration,
    /// Events that may wait to be taken; at that the client stops reading. 1,024; at least 1.
    pub events: usize,
    /// Bytes of payload that may wait to be taken, in events; exceeded by at most one event. 4 MiB.
    pub event_bytes: usize,
    /// Requests that may wait to be sent; at that a call waits. 256; at least 1.
    pub requests: usize,
    /// Bytes of payload that may wait to be sent; at that a call waits. 4 MiB; at least one payload may always wait.
    pub request_bytes: u32,
    /// Requests whose answers are awaited; at that no more are sent. 1,024; at least 1.
    pub outstanding: usize,
    /// The longest frame taken from a server, type included, whatever WELCOME says. 16 MiB.
    pub frame_max: usize,
}

/// How a lost connection is made again: waits that double, each between a half and the whole of its length.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The first wait. 100 ms.
    pub first: Duration,
    /// The longest wait. 15 s. A connection that held for so long starts over with the first.
    pub longest: Duration,
    /// How long after a loss to give up. `None`: never. A server that is going away names its own time, which counts too.
    pub give_up_after: Option<Duration>,
    /// Where chance begins; the same seed makes the same waits. By default another in each [`Options`].
    pub seed: u64,
}

/// What a member wants of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JoinOptions {
    /// Tell me who is there, comes and goes.
    pub presence: bool,
    /// Send me my own messages too. Only so is every position accounted for.
    pub own: bool,
    /// Send me no messages.
    pub publish_only: bool,
    /// First what came after this, as far as it is kept. When the client comes back by itself it sees to this alone.
    pub since: Option<Since>,
}

impl Options {
    /// Bytes of payload that may wait to be sent, and so the most that one payload may take of them.
    pub(super) fn share_max(&self) -> u32 {
        self.request_bytes.clamp(1, u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: String::new(),
            token: Vec::new(),
            ticket: Vec::new(),
            retry: Retry::default(),
            connect_within: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            silence: Duration::from_secs(45),
            close_within: Duration::from_secs(5),
            events: 1024,
            event_bytes: 4 << 20,
            requests: 256,
            request_bytes: 4 << 20,
            outstanding: 1024,
            frame_max: 16 << 20,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(15),
            give_up_after: None,
            // The standard library's own source of chance, without a dependency.
            seed: std::hash::RandomState::new().build_hasher().finish(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = |bytes: &[u8]| if bytes.is_empty() { "" } else { "***" };
        f.debug_struct("Options")
            .field("name", &self.name)
            .field("token", &secret(&self.token))
            .field("ticket", &secret(&self.ticket))
            .field("retry", &self.retry)
            .field("connect_within", &self.connect_within)
            .field("ping_after", &self.ping_after)
            .field("silence", &self.silence)
            .field("close_within", &self.close_within)
            .field("events", &self.events)
            .field("event_bytes", &self.event_bytes)
            .field("requests", &self.requests)
            .field("request_bytes", &self.request_bytes)
            .field("outstanding", &self.outstanding)
            .field("frame_max", &self.frame_max)
            .finish()
    }
}
