//! Who goes ahead of a session's next turn: after a turn that moved much, all those who move little, and whoever is before it in its worker's
//! lane. Not the lane, which is the worker's.

use std::sync::Arc;

use crate::handle::Handle;
use crate::worker::{LARGE, Lane, Ticket};

/// Who goes ahead of the session's next turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ahead {
    Nobody,
    /// Those who move little: its last turn moved so many bytes.
    Others(u32),
    /// Those who move little, and whoever is before it in the lane.
    Lane(Ticket),
}

impl Ahead {
    /// After a turn that moved so many bytes. One that ends has turns while it waits in the lane, and is not to stand there twice.
    pub(super) fn learn(&mut self, moved: usize, lane: &Lane) {
        let waits = matches!(*self, Self::Lane(ticket) if !lane.has_let_go(ticket));
        if moved >= LARGE && !waits {
            *self = Self::Others(u32::try_from(moved).unwrap_or(u32::MAX));
        }
    }

    /// Whether `session` has to wait until others had their turns. It is woken when they had, unless it was told to end: that it does at once.
    pub(super) fn holds_up(&mut self, session: &Arc<Handle>, lane: &Lane) -> bool {
        match *self {
            Self::Nobody => return false,
            Self::Others(moved) => *self = Self::Lane(lane.enter(session, moved as usize)),
            Self::Lane(ticket) if lane.has_let_go(ticket) => *self = Self::Nobody,
            Self::Lane(_) => {}
        }
        *self != Self::Nobody && session.ordered().is_none()
    }
}
