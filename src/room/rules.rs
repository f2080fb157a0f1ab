//! The rules of a room, in ticks, and the sizes of its segments that follow from them. Not the configuration: that is in units that a
//! person writes.

use crate::settings::{RoomSettings, WhenBehind};
use crate::tick::Tick;

/// The longest allocation that small messages share, in bytes.
const SEGMENT: usize = 64 << 10;

/// A log has room for at least this many segments, so that giving one up loses a small part of it.
const SEGMENTS: usize = 8;

/// What a room may hold, for how long, and what it does about a member that falls behind. Durations are in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomRules {
    /// `log_bytes`: memory of the log with its index; at least 4 × the longest message.
    pub bytes: usize,
    /// `log_messages`: messages held.
    pub messages: usize,
    /// Nothing older than this is delivered; 0 is no limit.
    pub max_age: u32,
    /// How long messages that all members have read are kept for replay.
    pub history: u32,
    /// How long a room without members keeps its tail.
    pub linger: u32,
    /// Members at once.
    pub members: usize,
    /// What happens when a member has not read what has to make room.
    pub when_behind: WhenBehind,
    /// With [`WhenBehind::Block`]: how long publishers wait before the laggards are named.
    pub block_for: u32,
}

impl RoomRules {
    /// The rules that these settings make.
    pub fn new(settings: &RoomSettings) -> Self {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            bytes: size(settings.log_bytes),
            messages: size(settings.log_messages),
            max_age: Tick::span(settings.max_age),
            history: Tick::span(settings.history),
            linger: Tick::span(settings.linger),
            members: size(settings.members),
            when_behind: settings.when_behind,
            block_for: Tick::span(settings.block_for),
        }
    }

    /// The longest allocation that small messages of this room share.
    pub(super) fn segment_bytes(&self) -> usize {
        (self.bytes / SEGMENTS).clamp(1, SEGMENT)
    }

    /// Messages in one segment at the most.
    pub(super) fn segment_messages(&self) -> usize {
        (self.messages / SEGMENTS).max(1)
    }

    /// A message longer than this owns its allocation: nobody holds others' bytes for the sake of its rest.
    pub(super) fn small(&self) -> usize {
        self.segment_bytes() / 4
    }
}
