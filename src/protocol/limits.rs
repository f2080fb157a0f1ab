//! The numbers of protocol 1 that no configuration changes.

/// The version that is spoken, lowest and highest alike.
pub const VERSION: u16 = 1;

/// Bytes of the length before a frame on a stream. It counts what follows it.
pub const LENGTH_BYTES: usize = 4;

/// The longest HELLO in bytes, type included: the first frame comes from a stranger.
pub const HELLO_MAX: usize = 4096;

/// The longest name of a room or a session, in bytes.
pub const NAME_MAX: usize = 128;

/// The longest text of an ERROR, in bytes: what a `str8` holds.
pub const ERROR_TEXT_MAX: usize = 255;

/// The greatest u64 on the wire: 2^53 - 1, up to which JavaScript's numbers are exact.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Bytes of a MESSAGE before its payload: type, flags, room, position and sender. No other frame has more before a payload.
pub const MESSAGE_OVERHEAD: usize = 1 + 1 + 4 + 8 + 8;

/// The least that a listener may set as its longest frame: a HELLO must fit.
pub const FRAME_MAX_LEAST: usize = HELLO_MAX;

/// The longest payload where a frame has at most `frame_max` bytes, type included: as a MESSAGE it must fit as well.
pub const fn max_payload(frame_max: usize) -> usize {
    frame_max.saturating_sub(MESSAGE_OVERHEAD)
}

/// The version to speak with a client that offers `lowest` to `highest`; none when there is no common one.
pub fn choose_version(lowest: u16, highest: u16) -> Option<u16> {
    (lowest..=highest).contains(&VERSION).then_some(VERSION)
}
