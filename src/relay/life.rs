//! A life of the daemon: what tells it from every other, so that nothing of an earlier one is taken for its own. The only place where a
//! relay looks at the calendar or asks for chance.

use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of the key that signs resume tickets.
pub(super) const KEY: usize = 32;

/// What tells one life of a relay from every other.
#[derive(Clone)]
pub struct Life {
    /// The epoch of the first room that it opens.
    pub(super) first_epoch: u64,
    /// Signs its resume tickets; none where the host gave no random key, and then there are no tickets.
    pub(super) key: Option<[u8; KEY]>,
}

impl Life {
    /// One that begins now, with a key that nobody knows.
    pub fn of_host() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(1, |since| since.as_micros());
        let mut key = [0; KEY];
        let random = getrandom::fill(&mut key);
        if let Err(error) = &random {
            tracing::warn!(%error, "sessions cannot resume: the host gives no random key for their tickets");
        }
        Self { first_epoch: u64::try_from(micros).unwrap_or(1), key: random.is_ok().then_some(key) }
    }

    /// The same for the same number: for simulations. Anyone can make up its tickets.
    pub fn of_number(number: u32) -> Self {
        let mut key = [0; KEY];
        key[..4].copy_from_slice(&number.to_be_bytes());
        // Further apart than any life opens rooms.
        Self { first_epoch: (u64::from(number & 0xFFFF) << 32) + 1, key: Some(key) }
    }
}
