//! What came of each position of a room, to one member and to all.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;

use oread::reason::GapReason;

use super::Heard;

/// One member's account of one room: every position since it joined, once.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The newest position when it joined.
    pub joined: u64,
    /// The position that it expects next.
    pub next: u64,
    /// What it was told is missing.
    pub gaps: Vec<(RangeInclusive<u64>, GapReason)>,
    /// What it was not told anything about: to be its own, every one.
    skipped: Vec<RangeInclusive<u64>>,
    /// Positions of its own, from receipts.
    pub own: HashSet<u64>,
    /// Positions received, with what they held.
    heard: Vec<(u64, Said)>,
    /// The last number of each publisher.
    numbers: HashMap<u64, u32>,
}

/// Who said what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    from: u64,
    digest: u64,
}

impl Ledger {
    /// Of a member that joined when this was the newest position.
    pub fn from(position: u64) -> Self {
        Self {
            joined: position,
            next: position + 1,
            gaps: Vec::new(),
            skipped: Vec::new(),
            own: HashSet::new(),
            heard: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// Notes a message or a gap, which has to stand where it belongs. A message begins with a number that rises with each of its publisher.
    pub fn note(&mut self, heard: &Heard) {
        match heard {
            Heard::Message { position, from, payload, .. } => {
                self.pass(*position..=*position);
                self.heard.push((*position, Said { from: *from, digest: digest(payload) }));
                let number = u32::from_be_bytes(payload[..4].try_into().unwrap());
                let before = self.numbers.insert(*from, number);
                assert!(before.is_none_or(|before| before < number), "{from}: {number} after {before:?}");
            }
            Heard::Gap { first, last, reason, .. } => {
                self.pass(*first..=*last);
                self.gaps.push((*first..=*last, *reason));
            }
            Heard::Receipt { position, .. } => assert!(self.own.insert(*position), "two receipts for one"),
            _ => {}
        }
    }

    fn pass(&mut self, range: RangeInclusive<u64>) {
        let (first, last) = range.into_inner();
        assert!(first >= self.next && last >= first, "{first} to {last} comes after {}", self.next - 1);
        if first > self.next {
            self.skipped.push(self.next..=first - 1);
        }
        self.next = last + 1;
    }

    /// Messages received.
    pub fn received(&self) -> u64 {
        self.heard.len() as u64
    }

    /// Positions announced as missing; its own within a gap included.
    pub fn missing(&self) -> u64 {
        self.gaps.iter().map(|(gap, _)| gap.end() - gap.start() + 1).sum()
    }

    /// Asserts that nothing was announced missing or left out: all since it joined was received.
    pub fn assert_lost_nothing(&self) {
        assert!(self.gaps.is_empty() && self.skipped.is_empty(), "{:?}, {:?}", self.gaps, self.skipped);
    }

    /// Asserts that what was missing was missing for this reason, and that something was.
    pub fn assert_missed_for(&self, wanted: GapReason) {
        assert!(!self.gaps.is_empty(), "it missed nothing");
        assert!(self.gaps.iter().all(|(_, reason)| *reason == wanted), "{:?}", self.gaps);
    }

    /// Asserts that every position since it joined was accounted for, once: it was received, announced missing, or its own.
    pub fn assert_conserved(&self, newest: u64) {
        assert!(self.next > newest, "nothing came after {} of {newest}", self.next - 1);
        for position in self.skipped.iter().cloned().flatten() {
            assert!(self.own.contains(&position), "{position} came neither as a message nor in a gap");
        }
        let skipped: u64 = self.skipped.iter().map(|range| range.end() - range.start() + 1).sum();
        assert_eq!(self.received() + self.missing() + skipped, self.next - 1 - self.joined);
    }
}

/// What all members together saw: at each position one thing, the same for all.
#[derive(Debug, Default)]
pub struct Chronicle {
    said: HashMap<u64, Said>,
    /// The newest position that anybody knows of.
    pub newest: u64,
}

impl Chronicle {
    /// Adds what one member heard, which has to be what the others heard.
    pub fn add(&mut self, ledger: &Ledger) {
        for (position, said) in &ledger.heard {
            let known = *self.said.entry(*position).or_insert(*said);
            assert_eq!(known, *said, "two members heard different things at {position}");
        }
        self.newest = self.newest.max(ledger.next - 1);
    }

    /// Positions of which somebody heard.
    pub fn known(&self) -> u64 {
        self.said.len() as u64
    }
}

fn digest(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish()
}
