//! Services: what answers the frames of a session. Echo is one, the relay another; an embedding program brings its own.
//!
//! A service sees runs of whole frames and says what to write. It never sees a socket, a partial frame or a timer, and it does not wait:
//! what takes long belongs into a task of the service's own, which leaves word with the session's [`Handle`](crate::handle::Handle).

mod batch;
mod echo;
mod out;
mod reply;
mod turn;

use std::sync::Arc;

pub use batch::Batch;
pub use echo::Echo;
pub use out::Out;
pub use reply::{Controls, Reply};
pub use turn::Turn;

use crate::codec::FrameFault;
use crate::reason::CloseReason;
use crate::stats::ListenerStats;
use crate::tick::Tick;
use crate::worker::Worker;

/// A service: one for each listener.
pub trait Service: Send + Sync + 'static {
    /// What it keeps for each session. Counts towards the memory of idle sessions: keep it small.
    type Talk: Talk;

    /// A session begins. Not called for connections that were refused.
    fn open(&self, turn: &Turn<'_>) -> Self::Talk;

    /// The daemon begins to serve. Here a service spawns what it needs beside its sessions, on this worker.
    fn start(&self, worker: &Arc<Worker>, stats: &Arc<ListenerStats>) {
        let _ = (worker, stats);
    }
}

/// One session's side of a service. Dropped when the session ends, for whatever reason.
pub trait Talk: Send + Unpin + 'static {
    /// Answers a run of whole frames. Called once for each read that finished at least one frame.
    fn answer(&mut self, turn: &Turn<'_>, batch: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next;

    /// Sends what the peer is owed beside answers. Called in each turn in which nothing waits ahead of it.
    fn deliver(&mut self, turn: &Turn<'_>, out: &mut dyn Out) {
        let _ = (turn, out);
    }

    /// Whether [`Talk::deliver`] left something because the socket did not take it.
    fn owes(&self) -> bool {
        false
    }

    /// When it wants a turn though nothing comes from the peer; then `deliver` is called, and `answer` for what it held.
    fn deadline(&self) -> Tick {
        Tick::NEVER
    }

    /// Bytes that it wants to see in one read at the most.
    fn appetite(&self) -> u64 {
        u64::MAX
    }

    /// Whether the peer has to say something first, within `limits.handshake`.
    fn awaits_greeting(&self) -> bool {
        true
    }

    /// Bytes of the first frame at the most. One that is longer is not waited for.
    fn longest_greeting(&self) -> u64 {
        u64::MAX
    }

    /// What came is no frame, after which the session ends: [`Talk::farewell`] follows.
    fn misread(&mut self, fault: FrameFault) {
        let _ = fault;
    }

    /// Whether a peer that takes nothing is some policy's matter, so that `limits.write_stall` does not end it.
    fn forgives_stalls(&self) -> bool {
        false
    }

    /// The peer has been silent for the keepalive: a frame that it has to answer.
    fn ping(&mut self, turn: &Turn<'_>, controls: &mut Controls) {
        let _ = (turn, controls);
    }

    /// The session ends, for this reason, after what it owes was sent; last words go ahead of that. When it is drained, `deliver` is
    /// called on until nothing is left.
    fn farewell(&mut self, turn: &Turn<'_>, reason: CloseReason, controls: &mut Controls) {
        let _ = (turn, reason, controls);
    }
}

/// What happens to the session after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It goes on.
    Go,
    /// It is not read until the rest of the batch, behind this many frames, could be answered: it is offered again when the session is
    /// woken.
    Hold {
        /// Frames that were answered.
        taken: u32,
    },
    /// It ends with the reason `service`, after what it is owed has been sent.
    Close,
    /// It ends with this reason, after what it is owed has been sent.
    End(CloseReason),
}
