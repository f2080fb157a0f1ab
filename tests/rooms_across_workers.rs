//! Promise: with members on several workers each of them gets its share of the sessions, and the same laws hold: nothing is lost silently, and
//! all see one order.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use rooms_fixture::Random;
use rooms_fixture::storm::{self, Storm};

#[test]
fn losses_are_counted_and_the_order_is_one() {
    let mut random = Random::seeded();
    let mut missing = 0;
    for workers in 2..=4 {
        let outcome = storm::run(Storm { workers, ..Storm::default() }, &mut random);
        missing += outcome.missing;
        assert_eq!(outcome.shares.len(), workers);
        assert!(outcome.shares.iter().all(|share| *share > 0), "{:?}", outcome.shares);
    }
    assert!(missing > 0, "nobody missed anything");
}
