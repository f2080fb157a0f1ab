//! Promise: any bytes are a frame or a fault; decoding them never panics and allocates nothing, whatever they claim.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod counting;
mod protocol_fixture;

use std::hint::black_box;

use oread::protocol::{ClientFrame, FRAME_TYPES, ServerFrame};
use proptest::prelude::*;
use protocol_fixture::material;

/// Decodes as both sides would, and reads every entry of a presence. Says how many allocations that took.
fn read(frame: &[u8]) -> u64 {
    let before = counting::allocations();
    let _ = black_box(ClientFrame::decode(black_box(frame)));
    if let Ok(ServerFrame::Presence(presence)) = black_box(ServerFrame::decode(black_box(frame))) {
        assert_eq!(presence.entries.iter().count(), usize::from(presence.entries.count()));
    }
    counting::allocations() - before
}

proptest! {
    #![proptest_config(protocol_fixture::cases(2000))]

    #[test]
    fn bytes_of_any_kind(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(read(&frame), 0);
    }

    #[test]
    fn bytes_behind_a_known_type(
        kind in 0..FRAME_TYPES.len(),
        mut frame in proptest::collection::vec(prop_oneof![Just(0_u8), 0..4_u8, any::<u8>()], 1..200),
    ) {
        frame[0] = FRAME_TYPES[kind].number;
        prop_assert_eq!(read(&frame), 0);
    }
}

proptest! {
    #![proptest_config(protocol_fixture::cases(256))]

    #[test]
    fn frames_with_one_byte_wrong(material in material(), place: prop::sample::Index, byte: u8) {
        for (_, mut frame) in material.encoded() {
            let place = place.index(frame.len());
            frame[place] = byte;
            prop_assert_eq!(read(&frame), 0);
        }
    }
}

#[test]
fn the_largest_claims_in_the_shortest_frames() {
    for kind in FRAME_TYPES {
        let mut frame = vec![0xFF; 60];
        frame[0] = kind.number;
        assert_eq!(read(&frame), 0, "{}", kind.name);
    }
}

#[test]
fn the_count_is_not_blind() {
    let before = counting::allocations();
    drop(black_box(vec![1_u8; 9]));
    assert_eq!(counting::allocations(), before + 1);
}
