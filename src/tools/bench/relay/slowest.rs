//! How far the slowest member of a room is, in constant time for each step of any member. Pure.

/// Members standing at counts that lie within a window of a closed loop.
#[derive(Debug)]
pub(super) struct Slowest {
    /// How many members stand at each count, modulo the window.
    standing: Box<[u32]>,
    at: u64,
}

impl Slowest {
    /// `members` stand at 0, and none will be more than `window` ahead of the slowest.
    pub(super) fn new(members: u32, window: u64) -> Self {
        let slots = usize::try_from(window + 1).unwrap_or(usize::MAX);
        let mut standing = vec![0; slots].into_boxed_slice();
        standing[0] = members;
        Self { standing, at: 0 }
    }

    /// Where the slowest stands.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// A member goes on; nobody is beyond `most`. Returns whether the slowest did.
    pub(super) fn advance(&mut self, from: u64, to: u64, most: u64) -> bool {
        let before = self.at;
        *self.slot(from) -= 1;
        *self.slot(to) += 1;
        while self.at < most && *self.slot(self.at) == 0 {
            self.at += 1;
        }
        self.at > before
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is less than the number of slots")]
    fn slot(&mut self, count: u64) -> &mut u32 {
        let slot = (count % self.standing.len() as u64) as usize;
        &mut self.standing[slot]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_decides() {
        let mut slowest = Slowest::new(2, 4);
        assert!(!slowest.advance(0, 4, 4));
        assert!(slowest.advance(0, 1, 4));
        assert_eq!(slowest.at(), 1);
        assert!(!slowest.advance(4, 5, 5));
        assert!(slowest.advance(1, 5, 5));
        assert_eq!(slowest.at(), 5, "all stand at the most");
    }
}
