//! A gap: what a member is told instead of messages that it will not get, at their place.

use crate::reason::GapReason;

/// A range of positions that a member will not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first position missing; 0 for [`GapReason::AnotherEpoch`].
    pub first: u64,
    /// The last position missing, itself included; 0 for [`GapReason::AnotherEpoch`].
    pub last: u64,
    /// Messages missing: those of the range, less the member's own, which it does not want. Never 0, but for [`GapReason::AnotherEpoch`].
    pub missing: u64,
    /// Why. Of several reasons the one that is the room's own doing: `behind` before `too_old`.
    pub reason: GapReason,
}
