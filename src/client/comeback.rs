//! When a client comes back, and when it stays away. Pure: the time is an argument, chance has a seed.

use std::time::Duration;

use tokio::time::Instant;

use super::{Lost, Retry};

/// The waits between attempts of one client.
#[derive(Debug)]
pub(super) struct Comeback {
    retry: Retry,
    /// State of the generator, from which each wait takes one number.
    chance: u64,
    failures: u32,
    /// When the session that stands was welcomed, or the last one.
    welcomed: Instant,
    /// When the connection was lost, while there is none.
    away_since: Option<Instant>,
    /// What the server that is going away asked for.
    slot: Option<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    at: Instant,
    keep_trying_for: Duration,
}

impl Comeback {
    pub(super) fn new(retry: Retry, now: Instant) -> Self {
        let chance = retry.seed;
        Self { retry, chance, failures: 0, welcomed: now, away_since: None, slot: None }
    }

    /// The server is going away and named the time to come back, from now, and for how long to try from then.
    pub(super) fn going_away(&mut self, come_back_after: Duration, keep_trying_for: Duration, now: Instant) {
        self.slot = Some(Slot { at: now + come_back_after, keep_trying_for });
    }

    /// A session stands.
    pub(super) fn welcomed(&mut self, now: Instant) {
        (self.welcomed, self.away_since, self.slot) = (now, None, None);
    }

    /// A connection, or an attempt at one, ended: when to try next. None: not any more.
    pub(super) fn after(&mut self, lost: &Lost, now: Instant) -> Option<Instant> {
        if !lost.may_come_back() {
            return None;
        }
        if self.away_since.is_none() && now.duration_since(self.welcomed) >= self.retry.longest {
            // Only a session that held starts over: one that is ended as soon as it stands must not be made again ten times a second.
            self.failures = 0;
        }
        let since = *self.away_since.get_or_insert(now);
        let next = match self.slot {
            // The server spreads its sessions over time; it needs no chance of ours.
            Some(slot) if slot.at > now => slot.at,
            _ => now.checked_add(self.wait())?,
        };
        let own_end = self.retry.give_up_after.and_then(|time| since.checked_add(time));
        // A node that let the session live on past its slot is tried for as long from there.
        let slot_end = self.slot.map(|slot| slot.at.max(since) + slot.keep_trying_for);
        let end = slot_end.into_iter().chain(own_end).min();
        (end.is_none_or(|end| next <= end)).then_some(next)
    }

    fn wait(&mut self) -> Duration {
        let whole = self.retry.first.saturating_mul(1 << self.failures.min(20)).min(self.retry.longest);
        self.failures += 1;
        let half = whole / 2;
        let spread = u64::try_from(half.as_micros()).unwrap_or(u64::MAX - 1);
        half + Duration::from_micros(self.number() % (spread + 1))
    }

    /// The next number by chance (`SplitMix64`, Steele, Lea and Flood 2014).
    fn number(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn retry() -> Retry {
        Retry {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(2),
            give_up_after: Some(Duration::from_secs(20)),
            seed: 7,
        }
    }

    #[test]
    fn waits_double_within_their_spread_and_stop_at_the_end() {
        let mut now = Instant::now();
        let start = now;
        let mut comeback = Comeback::new(retry(), now);
        let mut whole = Duration::from_millis(100);
        while let Some(next) = comeback.after(&Lost::Closed, now) {
            let wait = next - now;
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
            whole = (whole * 2).min(Duration::from_secs(2));
            now = next;
        }
        assert!(now - start <= Duration::from_secs(20) && now - start >= Duration::from_secs(18));
    }

    #[test]
    fn only_a_session_that_held_starts_over() {
        let start = Instant::now();
        let mut comeback = Comeback::new(retry(), start);
        let mut now = start;
        for _ in 0..6 {
            now = comeback.after(&Lost::Closed, now).unwrap();
            comeback.welcomed(now);
        }
        assert!(comeback.after(&Lost::Closed, now).unwrap() - now >= Duration::from_secs(1));
        comeback.welcomed(now);
        now += Duration::from_secs(2);
        assert!(comeback.after(&Lost::Closed, now).unwrap() - now <= Duration::from_millis(100));
    }

    #[test]
    fn the_servers_slot_is_kept_to_and_its_end_too() {
        let now = Instant::now();
        let mut comeback = Comeback::new(retry(), now);
        comeback.going_away(Duration::from_secs(3), Duration::from_millis(400), now);
        let slot = comeback.after(&Lost::Closed, now + Duration::from_secs(1)).unwrap();
        assert_eq!(slot, now + Duration::from_secs(3));
        let mut next = slot;
        let mut attempts = 0;
        while let Some(later) = comeback.after(&Lost::Closed, next) {
            (next, attempts) = (later, attempts + 1);
        }
        assert!((2..=4).contains(&attempts), "{attempts}");
        assert!(next <= slot + Duration::from_millis(400));
    }

    #[test]
    fn a_session_that_outlived_its_slot_is_tried_for_from_its_end() {
        let now = Instant::now();
        let mut comeback = Comeback::new(retry(), now);
        comeback.going_away(Duration::from_secs(1), Duration::from_secs(1), now);
        assert!(comeback.after(&Lost::Closed, now + Duration::from_secs(5)).is_some());
    }

    #[test]
    fn the_same_seed_makes_the_same_waits() {
        let now = Instant::now();
        let waits = |seed| {
            let mut comeback = Comeback::new(Retry { seed, ..retry() }, now);
            (0..5).map(|_| comeback.after(&Lost::Closed, now).unwrap() - now).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }
}
