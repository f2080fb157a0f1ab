//! One member's account of its room: what came, what was announced missing, and what is missing without a word. Pure.
//!
//! Positions (protocol 1) say that something is missing, sequences say what. A step of positions that no GAP explains is a loss; a step
//! of sequences is explained by positions known to be missing (`known`), or is a loss. So at any time
//! *published = received + announced + lost + still on its way*, and nothing is counted twice. Plain relays have sequences alone.

use std::fmt;
use std::ops::Range;

use super::letter::Letter;

/// Holes remembered to tell a late message from a second one; of more than these the oldest is forgotten, and counts as seen.
const HOLES: usize = 64;

/// What a member counted. Sums over members have a meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Messages, each once.
    pub(super) received: u64,
    /// Missing as a GAP said.
    pub(super) announced: u64,
    /// GAPs.
    pub(super) gaps: u64,
    /// Missing without a word.
    pub(super) lost: u64,
    pub(super) duplicates: u64,
    pub(super) out_of_order: u64,
    /// Payloads that were changed on their way, or that belong elsewhere.
    pub(super) corrupted: u64,
    /// GAPs that did not say exactly what was missing.
    pub(super) inexact: u64,
    /// Messages of others than this run.
    pub(super) foreign: u64,
}

/// What a relay must not do. The text names the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offence {
    LostPositions { from: u64, count: u64 },
    LostSequences { publisher: u32, from: u64, count: u64 },
    Duplicate(Letter),
    OutOfOrder { letter: Letter, expected: u64 },
    Corrupted,
    WrongRoom(Letter),
    GapElsewhere { first: u64, last: u64, expected: u64 },
    GapWithoutRange,
    NeverCame { count: u64 },
    TooMuchAnnounced { count: u64 },
}

/// What was counted as lost, and may still come: positions, or sequences of a publisher.
#[derive(Debug)]
struct Hole {
    publisher: Option<u32>,
    range: Range<u64>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) counts: Counts,
    /// Number of the room's first publisher.
    first: u32,
    /// The sequence that is next, of each publisher.
    next: Box<[u64]>,
    /// The position that is next; none where there are none.
    position: Option<u64>,
    /// Positions known to be missing, announced or lost, whose messages no step of a sequence has named yet.
    known: u64,
    holes: Vec<Hole>,
}

impl Account {
    /// Of a member that gets all that the `publishers` of its room publish, after `position` where there are positions.
    pub(super) fn new(publishers: Range<u32>, position: Option<u64>) -> Self {
        Self {
            counts: Counts::default(),
            first: publishers.start,
            next: vec![0; publishers.len()].into_boxed_slice(),
            position: position.map(|position| position + 1),
            known: 0,
            holes: Vec::new(),
        }
    }

    /// Messages that came, or will never come.
    pub(super) fn accounted(&self) -> u64 {
        self.counts.received + self.counts.announced + self.counts.lost
    }

    /// A message, at its position.
    pub(super) fn take(&mut self, position: Option<u64>, letter: Letter) -> Result<(), Offence> {
        let Some(publisher) = self.publisher(letter) else {
            self.counts.corrupted += 1;
            return Err(Offence::WrongRoom(letter));
        };
        if position < self.position {
            return self.late(position.unwrap_or_default(), letter, publisher);
        }
        let by_position = self.step(position);
        let expected = self.next[publisher];
        if letter.sequence < expected {
            return self.again(letter, expected);
        }
        self.counts.received += 1;
        let by_sequence = self.go_to(letter, publisher);
        by_position.and(by_sequence)
    }

    /// A message of somebody else, or one that cannot be read: only its position counts.
    pub(super) fn take_unread(&mut self, position: Option<u64>, corrupted: bool) -> Result<(), Offence> {
        let stepped = self.step(position);
        if !corrupted {
            self.counts.foreign += 1;
            return stepped;
        }
        self.counts.corrupted += 1;
        Err(Offence::Corrupted)
    }

    /// A GAP.
    pub(super) fn gap(&mut self, missed: Option<(u64, u64)>) -> Result<(), Offence> {
        self.counts.gaps += 1;
        let (Some((first, last)), Some(expected)) = (missed, self.position) else {
            self.counts.inexact += 1;
            return Err(Offence::GapWithoutRange);
        };
        let news = (last + 1).saturating_sub(first.max(expected));
        self.counts.announced += news;
        self.known += news;
        self.lose_positions(expected..first);
        self.position = Some(expected.max(last + 1));
        if first == expected {
            return Ok(());
        }
        self.counts.inexact += 1;
        Err(Offence::GapElsewhere { first, last, expected })
    }

    /// The load has ended: `published` messages should be accounted for.
    pub(super) fn close(&mut self, published: u64) -> Result<(), Offence> {
        let accounted = self.accounted();
        if accounted < published {
            let count = published - accounted;
            self.counts.lost += count;
            return Err(Offence::NeverCame { count });
        }
        // What others said may be among what was announced.
        if accounted > published && self.counts.foreign == 0 {
            self.counts.inexact += 1;
            return Err(Offence::TooMuchAnnounced { count: accounted - published });
        }
        Ok(())
    }

    fn publisher(&self, letter: Letter) -> Option<usize> {
        let index = letter.publisher.checked_sub(self.first)? as usize;
        (index < self.next.len()).then_some(index)
    }

    fn lose_positions(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.counts.lost += range.end - range.start;
            self.known += range.end - range.start;
            self.remember(Hole { publisher: None, range });
        }
    }

    fn remember(&mut self, hole: Hole) {
        if self.holes.len() >= HOLES {
            self.holes.remove(0);
        }
        self.holes.push(hole);
    }

    /// Whether this was counted as lost. It is no longer.
    fn found(&mut self, publisher: Option<u32>, number: u64) -> bool {
        let is_it = |hole: &Hole| hole.publisher == publisher && hole.range.contains(&number);
        let Some(at) = self.holes.iter().position(is_it) else { return false };
        let Hole { range, .. } = self.holes.swap_remove(at);
        for rest in [range.start..number, number + 1..range.end] {
            if !rest.is_empty() {
                self.remember(Hole { publisher, range: rest });
            }
        }
        self.counts.lost -= 1;
        true
    }

    /// Goes to a message's position.
    fn step(&mut self, position: Option<u64>) -> Result<(), Offence> {
        let (Some(position), Some(expected)) = (position, self.position) else { return Ok(()) };
        if position < expected {
            return Ok(());
        }
        self.position = Some(position + 1);
        let count = position - expected;
        self.lose_positions(expected..position);
        if count == 0 { Ok(()) } else { Err(Offence::LostPositions { from: expected, count }) }
    }

    /// Goes to a message's sequence. What it passes over is known to be missing, or lost.
    fn go_to(&mut self, letter: Letter, publisher: usize) -> Result<(), Offence> {
        let from = std::mem::replace(&mut self.next[publisher], letter.sequence + 1);
        let passed = letter.sequence - from;
        let known = passed.min(self.known);
        let count = passed - known;
        self.known -= known;
        self.counts.lost += count;
        if count == 0 {
            return Ok(());
        }
        if known == 0 {
            self.remember(Hole { publisher: Some(letter.publisher), range: from..letter.sequence });
        }
        Err(Offence::LostSequences { publisher: letter.publisher, from, count })
    }

    /// A sequence that was passed before: late, or a second time.
    fn again(&mut self, letter: Letter, expected: u64) -> Result<(), Offence> {
        if !self.found(Some(letter.publisher), letter.sequence) {
            self.counts.duplicates += 1;
            return Err(Offence::Duplicate(letter));
        }
        self.counts.received += 1;
        self.counts.out_of_order += 1;
        Err(Offence::OutOfOrder { letter, expected })
    }

    /// A position that was passed before: its message came already, or comes late. One that was announced missing stays announced.
    fn late(&mut self, position: u64, letter: Letter, publisher: usize) -> Result<(), Offence> {
        let expected = self.next[publisher];
        let was_lost = self.found(None, position);
        if !was_lost && letter.sequence < expected {
            self.counts.duplicates += 1;
            return Err(Offence::Duplicate(letter));
        }
        self.counts.out_of_order += 1;
        self.counts.received += u64::from(was_lost);
        if letter.sequence >= expected {
            // It is one of those known to be missing, and is named now.
            self.known = self.known.saturating_sub(1);
            let _ = self.go_to(letter, publisher);
        }
        Err(Offence::OutOfOrder { letter, expected })
    }
}

impl Counts {
    /// Takes those of another member in.
    pub(super) fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.announced += other.announced;
        self.gaps += other.gaps;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.out_of_order += other.out_of_order;
        self.corrupted += other.corrupted;
        self.inexact += other.inexact;
        self.foreign += other.foreign;
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LostPositions { from, count } => {
                write!(f, "lost {count} from position {from} on, and no GAP said so")
            }
            Self::LostSequences { publisher, from, count } => {
                write!(f, "lost {count} of publisher {publisher} from its message {from} on, unannounced")
            }
            Self::Duplicate(Letter { publisher, sequence, .. }) => {
                write!(f, "message {sequence} of publisher {publisher} came again")
            }
            Self::OutOfOrder { letter: Letter { publisher, sequence, .. }, expected } => {
                write!(f, "message {sequence} of publisher {publisher} came late, where {expected} was next")
            }
            Self::Corrupted => write!(f, "a message came that is not as it was sent"),
            Self::WrongRoom(Letter { publisher, .. }) => {
                write!(f, "a message of publisher {publisher} came, which is in another room")
            }
            Self::GapElsewhere { first, last, expected } => {
                write!(f, "a GAP said {first} to {last} where position {expected} was next")
            }
            Self::GapWithoutRange => write!(f, "a GAP did not say what is missing"),
            Self::NeverCame { count } => write!(f, "{count} had not come when the time was up"),
            Self::TooMuchAnnounced { count } => {
                write!(f, "{count} more were announced missing than were published and did not come")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, the same for each seed.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % sides
        }
    }

    /// What a relay does to one message, or to two.
    fn misuse(account: &mut Account, dice: &mut Dice, said: &mut Vec<(u64, Letter)>, expected: &mut Counts) {
        let Some((position, letter)) = said.pop() else { return };
        match (dice.roll(12), said.last().copied()) {
            (0, _) => expected.lost += 1,
            (1, _) => {
                expected.announced += 1;
                expected.gaps += 1;
                let _ = account.gap(Some((position, position)));
            }
            (2, _) => {
                (expected.received, expected.duplicates) = (expected.received + 1, expected.duplicates + 1);
                let _ = account.take(Some(position), letter);
                let _ = account.take(Some(position), letter);
            }
            (3, Some((next, overtaking))) => {
                said.pop();
                (expected.received, expected.out_of_order) =
                    (expected.received + 2, expected.out_of_order + 1);
                let _ = account.take(Some(next), overtaking);
                let _ = account.take(Some(position), letter);
            }
            _ => {
                expected.received += 1;
                let _ = account.take(Some(position), letter);
            }
        }
    }

    #[test]
    fn every_fault_is_counted_once_as_what_it_is() {
        for seed in 0..500 {
            let mut dice = Dice(seed);
            let mut account = Account::new(7..10, Some(100));
            let (mut sent, mut said, mut expected) = ([0_u64; 3], Vec::new(), Counts::default());
            for position in 101..=160 {
                let publisher = dice.roll(3);
                let sequence = &mut sent[usize::try_from(publisher).unwrap_or_default()];
                let publisher = 7 + u32::try_from(publisher).unwrap_or_default();
                said.push((position, Letter { publisher, sequence: *sequence, due: 0 }));
                *sequence += 1;
            }
            said.reverse();
            while !said.is_empty() {
                misuse(&mut account, &mut dice, &mut said, &mut expected);
            }
            let closed = account.close(60);
            // A loss right before a GAP is named by where that GAP stands, and one at the end by the close.
            expected.inexact = account.counts.inexact;
            assert_eq!(account.counts, expected, "seed {seed}: {closed:?}");
            assert_eq!(account.accounted(), 60, "seed {seed}");
        }
    }
}
