//! Resume tickets: what makes another connection the same session. Signed with a key of this life of the daemon, so that nobody makes one
//! up, and worth nothing to another node or another life. Each is good by itself for a time; whether it still is after that, `guests` knows.
//!
//! ```text
//!   session u64 │ generation u32 │ good by itself until, ms of this life u64 │ HMAC-SHA-256, 16 bytes of it
//! ```

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::time::Instant;

use super::life::Life;
use crate::peer::SessionId;

/// Bytes of a ticket before its signature.
const BODY: usize = 20;
/// Bytes of the signature: RFC 2104 lets it be cut to half.
const SIGNATURE: usize = 16;
/// Bytes of a ticket.
pub(super) const TICKET: usize = BODY + SIGNATURE;

/// Whose ticket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bearer {
    /// The session that it brings back.
    pub(super) session: SessionId,
    /// How often that session had come back when it was made.
    pub(super) generation: u32,
}

/// What a ticket of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) bearer: Bearer,
    /// Whether it is good by itself: made a short time ago.
    pub(super) in_time: bool,
}

/// Makes and reads the tickets of a house.
pub(super) struct TicketOffice {
    /// With the listener's name taken in: a ticket is good where it was made.
    key: Hmac<Sha256>,
    opened: Instant,
    good_for: Duration,
}

impl TicketOffice {
    /// An office whose tickets are good by themselves for so long. `None` where there is to be none, or where there is no key.
    pub(super) fn open(listener: &str, good_for: Duration, life: &Life) -> Option<Self> {
        if good_for.is_zero() {
            return None;
        }
        let of_listener = Hmac::<Sha256>::new_from_slice(&life.key?).ok()?.chain_update(listener).finalize();
        let key = Hmac::new_from_slice(&of_listener.into_bytes()).ok()?;
        Some(Self { key, opened: Instant::now(), good_for })
    }

    /// A ticket, made now.
    pub(super) fn issue(&self, bearer: Bearer) -> [u8; TICKET] {
        let until = self.age() + self.good_for;
        let mut ticket = [0; TICKET];
        ticket[..8].copy_from_slice(&bearer.session.0.to_be_bytes());
        ticket[8..12].copy_from_slice(&bearer.generation.to_be_bytes());
        ticket[12..BODY].copy_from_slice(&millis(until).to_be_bytes());
        let signature = self.key.clone().chain_update(&ticket[..BODY]).finalize().into_bytes();
        ticket[BODY..].copy_from_slice(&signature[..SIGNATURE]);
        ticket
    }

    /// What this ticket says; none if it is not one of ours.
    pub(super) fn read(&self, ticket: &[u8]) -> Option<Claim> {
        let (body, signature) = ticket.split_at_checked(BODY).filter(|(_, rest)| rest.len() == SIGNATURE)?;
        // Compares in constant time.
        self.key.clone().chain_update(body).verify_truncated_left(signature).ok()?;
        let session = u64::from_be_bytes(body[..8].try_into().ok()?);
        let generation = u32::from_be_bytes(body[8..12].try_into().ok()?);
        let until = u64::from_be_bytes(body[12..].try_into().ok()?);
        let bearer = Bearer { session: SessionId(session), generation };
        Some(Claim { bearer, in_time: millis(self.age()) <= until })
    }

    fn age(&self) -> Duration {
        self.opened.elapsed()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> TicketOffice {
        TicketOffice::open("rooms", Duration::from_mins(1), &Life::of_host())
            .unwrap_or_else(|| unreachable!("the host has randomness"))
    }

    const BEARER: Bearer = Bearer { session: SessionId(77), generation: 3 };

    #[tokio::test(start_paused = true)]
    async fn a_ticket_is_good_by_itself_for_its_time_and_says_whose_it_is_after_that() {
        let office = office();
        let ticket = office.issue(BEARER);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(office.read(&ticket), Some(Claim { bearer: BEARER, in_time: true }));
        tokio::time::advance(Duration::from_millis(2)).await;
        assert_eq!(office.read(&ticket), Some(Claim { bearer: BEARER, in_time: false }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_ticket_with_any_bit_changed_is_none() {
        let office = office();
        let ticket = office.issue(BEARER);
        for bit in 0..TICKET * 8 {
            let mut forged = ticket;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(office.read(&forged), None, "bit {bit}");
        }
        for len in 0..TICKET {
            assert_eq!(office.read(&ticket[..len]), None, "{len} bytes");
        }
        assert_eq!(office.read(&[&ticket[..], &[0]].concat()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ticket_of_another_life_is_none() {
        assert_eq!(office().read(&office().issue(BEARER)), None);
    }
}
