//! How long a bell waits for more before it wakes many: counted in looks at the sockets, each of which takes about a microsecond, where waking
//! a session and writing to it takes several. It waits in proportion to what it is about to do, and only while waiting pays. A look that brings
//! something takes as long as that takes, and what it brings may be for others: a round has an end whatever comes.

/// Sessions for each look that may bring nothing: waiting takes a twentieth of the time that the round takes, or less.
const SESSIONS_A_LOOK: usize = 4;
/// Looks of one round, whatever they bring; and not more than there are sessions to be woken.
const LONGEST: usize = 512;
/// Bytes that are enough for a round: a session takes so many in one turn, and more of them would be another turn for each.
const ENOUGH: u32 = 128 << 10;
/// A round of so many tries whether waiting pays.
const TRY_EVERY: u8 = 16;
/// Rounds that go on waiting after one in which it paid.
const TRUST: u8 = 8;

/// What earlier rounds taught.
#[derive(Debug, Default)]
pub(super) struct Patience {
    rounds: u8,
    trust: u8,
}

/// One round's waiting.
#[derive(Debug)]
pub(super) struct Round {
    /// Looks in a row that bring nothing before it ends.
    patient: usize,
    /// Looks before it ends.
    longest: usize,
    quiet: usize,
    looks: usize,
    /// Bytes that they brought.
    bytes: u32,
    /// Whether a look after the first brought something.
    paid: bool,
}

impl Patience {
    /// A round that will wake so many.
    pub(super) fn round(&mut self, sessions: usize) -> Round {
        self.rounds = (self.rounds + 1) % TRY_EVERY;
        let waits = self.trust > 0 || self.rounds == 0;
        let patient = if waits { 1 + sessions / SESSIONS_A_LOOK } else { 1 };
        Round { patient, longest: sessions.min(LONGEST), quiet: 0, looks: 0, bytes: 0, paid: false }
    }

    pub(super) fn learn(&mut self, round: &Round) {
        self.trust = if round.paid { TRUST } else { self.trust.saturating_sub(1) };
    }
}

impl Round {
    /// A look brought so many bytes. Says whether another one follows.
    pub(super) fn goes_on(&mut self, brought: u32) -> bool {
        self.paid |= brought > 0 && self.looks > 0;
        self.looks += 1;
        self.bytes = self.bytes.saturating_add(brought);
        self.quiet = if brought > 0 { 0 } else { self.quiet + 1 };
        self.quiet < self.patient && self.looks < self.longest && self.bytes < ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks of one round, in which each look for which `brings` says so brings a little.
    fn looks(patience: &mut Patience, sessions: usize, brings: impl Fn(usize) -> bool) -> usize {
        let mut round = patience.round(sessions);
        let mut looks = 1;
        while round.goes_on(brings(looks).into()) {
            looks += 1;
        }
        patience.learn(&round);
        looks
    }

    #[test]
    fn waiting_that_brings_nothing_is_hardly_tried() {
        let mut patience = Patience::default();
        let all: usize = (0..160).map(|_| looks(&mut patience, 100, |_| false)).sum();
        assert_eq!(all, 150 + 10 * 26);
    }

    #[test]
    fn waiting_that_pays_goes_on_and_what_comes_is_awaited() {
        let mut patience = Patience::default();
        while looks(&mut patience, 100, |look| look == 20) == 1 {}
        for _ in 0..50 {
            assert_eq!(looks(&mut patience, 100, |look| look == 20), 20 + 26);
        }
        let quiet: Vec<usize> = (0..9).map(|_| looks(&mut patience, 100, |_| false)).collect();
        assert_eq!(quiet[..8], [26; 8], "trust does not end with one round");
        assert_eq!(quiet[8], 1);
    }

    #[test]
    fn a_round_ends_whatever_comes() {
        for (sessions, longest) in [(0, 1), (1, 1), (20, 20), (100, 100), (10_000, LONGEST)] {
            assert_eq!(looks(&mut Patience::default(), sessions, |_| true), longest);
        }
    }

    #[test]
    fn a_round_ends_when_there_is_enough() {
        let mut round = Patience::default().round(1_000);
        assert!(round.goes_on(ENOUGH / 2) && round.goes_on(ENOUGH / 2 - 1));
        assert!(!round.goes_on(1));
    }
}
