//! The bits of the flag bytes. Those that are not here are written as 0 and ignored when read.

/// The payload is text. In every frame that ends in a payload.
pub(super) const TEXT: u8 = 1 << 0;
/// `u16 length` and an extension stand before the payload. In every frame that ends in a payload.
pub(super) const EXTENSION: u8 = 1 << 7;

/// JOIN: send PRESENCE.
pub(super) const PRESENCE: u8 = 1 << 0;
/// JOIN: send me my own messages too.
pub(super) const OWN: u8 = 1 << 1;
/// JOIN: an epoch and a position follow the name.
pub(super) const SINCE: u8 = 1 << 2;
/// JOIN: send no messages.
pub(super) const PUBLISH_ONLY: u8 = 1 << 3;

/// ERROR: the same may succeed later.
pub(super) const TEMPORARY: u8 = 1 << 0;
/// ERROR: the session ends.
pub(super) const ENDS_SESSION: u8 = 1 << 1;

/// `bit` when `on`.
pub(super) const fn when(on: bool, bit: u8) -> u8 {
    if on { bit } else { 0 }
}
