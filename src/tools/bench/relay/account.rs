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

/// Messages that were passed over, and how that is counted.
#[derive(Debug)]
struct Hole {
    publisher: u32,
    sequences: Range<u64>,
    /// Counted as lost; else a GAP had announced at least some of them.
    lost: bool,
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
    /// Positions known to be missing whose messages no step of a sequence has named yet: announced, and lost.
    known: (u64, u64),
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
            known: (0, 0),
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
        let by_position = self.step(position);
        let expected = self.next[publisher];
        if letter.sequence < expected {
            return self.again(letter, expected);
        }
        self.next[publisher] = letter.sequence + 1;
        self.counts.received += 1;
        let by_sequence = self.pass_over(letter.publisher, expected..letter.sequence);
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
        self.known.0 += news;
        self.lose(first.saturating_sub(expected));
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

    fn lose(&mut self, count: u64) {
        self.counts.lost += count;
        self.known.1 += count;
    }

    /// Goes to a message's position.
    fn step(&mut self, position: Option<u64>) -> Result<(), Offence> {
        let (Some(position), Some(expected)) = (position, self.position) else { return Ok(()) };
        if position < expected {
            return Ok(());
        }
        self.position = Some(position + 1);
        let count = position - expected;
        self.lose(count);
        if count == 0 { Ok(()) } else { Err(Offence::LostPositions { from: expected, count }) }
    }

    /// Sequences that did not come: known to be missing, or lost.
    fn pass_over(&mut self, publisher: u32, sequences: Range<u64>) -> Result<(), Offence> {
        let (from, count) = (sequences.start, sequences.end - sequences.start);
        if count == 0 {
            return Ok(());
        }
        let lost_before = count.min(self.known.1);
        let announced = (count - lost_before).min(self.known.0);
        let lost_now = count - lost_before - announced;
        self.known = (self.known.0 - announced, self.known.1 - lost_before);
        self.counts.lost += lost_now;
        if self.holes.len() == HOLES {
            self.holes.remove(0);
        }
        self.holes.push(Hole { publisher, sequences, lost: announced == 0 });
        if lost_now == 0 { Ok(()) } else { Err(Offence::LostSequences { publisher, from, count: lost_now }) }
    }

    /// A sequence that was passed before: late, or a second time.
    fn again(&mut self, letter: Letter, expected: u64) -> Result<(), Offence> {
        let hole = self
            .holes
            .iter()
            .position(|hole| hole.publisher == letter.publisher && hole.sequences.contains(&letter.sequence));
        let Some(at) = hole else {
            self.counts.duplicates += 1;
            return Err(Offence::Duplicate(letter));
        };
        let Hole { publisher, sequences, lost } = self.holes.swap_remove(at);
        for rest in [sequences.start..letter.sequence, letter.sequence + 1..sequences.end] {
            if !rest.is_empty() && self.holes.len() < HOLES {
                self.holes.push(Hole { publisher, sequences: rest, lost });
            }
        }
        if lost && self.counts.lost > 0 {
            self.counts.lost -= 1;
            self.counts.received += 1;
        }
        self.counts.out_of_order += 1;
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
