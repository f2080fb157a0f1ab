//! Promise: codecs, protocol, outbox, session machine, room and configuration hold their laws for any input. The laws stand in `tests/harness`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod harness;

use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_length_delimited_streams(data in vec(any::<u8>(), 0..400)) {
        harness::codec_length_delimited::run(&data);
    }

    #[test]
    fn of_lines_of_bytes(data in vec(any::<u8>(), 0..200)) {
        harness::codec_lines::run(&data);
    }

    #[test]
    fn of_lines_of_text(max in 0..20_u64, text in "[a-zé\r\n]{0,60}", lengths in vec(any::<u8>(), 1..5)) {
        harness::codec_lines::check(max, text.as_bytes(), &lengths);
    }

    #[test]
    fn of_outboxes(data in vec(any::<u8>(), 0..600)) {
        harness::outbox::run(&data);
    }

    #[test]
    fn of_frames_of_the_protocol(kind in prop_oneof![0..0x08_u8, 0x81..=0x8A_u8, any::<u8>()], mut data in vec(any::<u8>(), 1..100)) {
        data[0] = kind;
        harness::protocol::run(&data);
    }

    #[test]
    fn of_rooms(data in vec(any::<u8>(), 0..1500)) {
        harness::room::run(&data);
    }

    #[test]
    fn of_session_machines(data in vec(any::<u8>(), 0..600)) {
        harness::session_machine::run(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_configurations(
        lines in vec("(\\[listener\\.[a-z]\\.(frame|limits|outbox)\\]|[a-z_]{1,9} = (\"[0-9a-zA-Z:/.]{0,9}\"|[0-9]{1,9}|true))", 0..8)
    ) {
        harness::config::run(lines.join("\n").as_bytes());
    }
}
