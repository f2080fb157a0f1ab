//! Promise: however reads and writes are cut up, an echo gives back what came, whole and in order; what it cannot is counted, and
//! nothing is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::time::Duration;

use oread::codec::Codec;
use oread::reason::CloseReason;
use oread::service::Echo;
use oread::session::Session;
use oread::settings::{ListenerSettings, OutboxSettings, WhenFull};
use proptest::collection::vec;
use proptest::prelude::*;
use session_fixture::{Wire, World, in_virtual_time, listener};

/// What a peer does: its frames' lengths, whether it stops inside one, how the wire cuts everything up, and when it resets.
#[derive(Debug, Clone)]
struct Peer {
    frames: Vec<u8>,
    torn: bool,
    plan: Vec<u8>,
    reset_after: Option<usize>,
}

fn peers(reset: impl Strategy<Value = Option<usize>>) -> impl Strategy<Value = Peer> {
    let plan = vec(prop_oneof![Just(0), Just(0), 1..20_u8, any::<u8>()], 1..24);
    // A plan of nothing but zeros moves nothing, ever.
    let plan = plan.prop_map(|plan| plan.into_iter().chain([7]).collect());
    (vec(0..90_u8, 0..40), any::<bool>(), plan, reset).prop_map(|(frames, torn, plan, reset_after)| Peer {
        frames,
        torn,
        plan,
        reset_after,
    })
}

fn outboxes() -> impl Strategy<Value = OutboxSettings> {
    let policy = prop_oneof![
        Just(WhenFull::Block),
        Just(WhenFull::DropOldest),
        Just(WhenFull::DropNewest),
        Just(WhenFull::Disconnect)
    ];
    (1..5_u64, 1..200_u64, policy).prop_map(|(frames, bytes, when_full)| OutboxSettings {
        frames,
        bytes,
        age: Duration::ZERO,
        when_full,
    })
}

/// The peer's frames on the wire; each payload begins with the frame's number.
fn frames(codec: &Codec, peer: &Peer) -> Vec<Vec<u8>> {
    let frame = |(number, length): (usize, &u8)| {
        let mut payload = u16::try_from(number).unwrap().to_be_bytes().to_vec();
        payload.resize(2 + usize::from(*length), 0xEE);
        let mut wire = Vec::new();
        codec.encode(&payload, &mut wire).unwrap();
        wire
    };
    peer.frames.iter().enumerate().map(frame).collect()
}

/// Runs one session to its end. Says why it ended, the frames that were sent to it, and what it wrote.
fn converse(settings: &ListenerSettings, peer: &Peer) -> (CloseReason, Vec<Vec<u8>>, Vec<u8>) {
    in_virtual_time(async {
        let world = World::new(settings);
        let frames = frames(&world.context.rules.codec, peer);
        let wire = Wire::default();
        wire.change(|ends| {
            ends.incoming = frames.concat().into();
            ends.incoming.extend(if peer.torn { &[0, 0, 0, 9, 1][..] } else { &[] });
            (ends.eof, ends.plan, ends.reset_after) = (true, peer.plan.clone(), peer.reset_after);
        });
        let session = Session::new(wire.clone(), &Echo, world.context.clone(), world.admit()).unwrap();
        tokio::time::timeout(Duration::from_hours(1), tokio::spawn(session)).await.expect("it ends").unwrap();
        world.assert_settled();
        let written = std::mem::take(&mut wire.ends().written);
        let ends = world.ends();
        assert_eq!(ends.len(), 1, "one end, with one reason");
        (ends[0], frames, written)
    })
}

/// The same for a peer that does one step after the other, and in the end takes what it is still owed.
fn converse_in_steps(
    settings: &ListenerSettings,
    peer: &Peer,
    steps: &[(u64, usize, usize)],
) -> (CloseReason, Vec<Vec<u8>>, Vec<u8>) {
    in_virtual_time(async {
        let world = World::new(settings);
        let frames = frames(&world.context.rules.codec, peer);
        let mut next = frames.iter();
        let wire = Wire::default();
        wire.change(|ends| ends.window = Some(0));
        let session = Session::new(wire.clone(), &Echo, world.context.clone(), world.admit()).unwrap();
        let session = tokio::spawn(session);
        for (millis, count, taken) in steps {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
            wire.change(|ends| {
                ends.incoming.extend(next.by_ref().take(*count).flatten());
                ends.window = ends.window.map(|window| window + taken);
            });
        }
        wire.change(|ends| (ends.window, ends.eof) = (None, true));
        tokio::time::timeout(Duration::from_hours(1), session).await.expect("it ends").unwrap();
        world.assert_settled();
        let ends = world.ends();
        assert_eq!(ends.len(), 1, "one end, with one reason");
        let written = std::mem::take(&mut wire.ends().written);
        (ends[0], frames, written)
    })
}

/// The frames of `written`, and whether a torn one stands at its end.
fn understand(settings: &ListenerSettings, written: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let codec = Codec::new(&settings.codec);
    let frames: Vec<_> = codec.frames(written).map(|frame| frame.wire.to_vec()).collect();
    let whole: usize = frames.iter().map(Vec::len).sum();
    (frames, whole < written.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_block_all_comes_back(mut outbox in outboxes(), peer in peers(Just(None))) {
        outbox.when_full = WhenFull::Block;
        let settings = listener(|settings| settings.outbox = outbox);
        let (reason, frames, written) = converse(&settings, &peer);
        prop_assert_eq!(written, frames.concat());
        prop_assert_eq!(reason, if peer.torn { CloseReason::Truncated } else { CloseReason::PeerClosed });
    }

    #[test]
    fn with_any_policy_frames_are_whole_and_in_order(outbox in outboxes(), peer in peers(Just(None))) {
        let settings = listener(|settings| settings.outbox = outbox);
        let (reason, frames, written) = converse(&settings, &peer);
        let (answered, torn) = understand(&settings, &written);
        prop_assert!(!torn);
        let mut sent = frames.iter();
        for frame in &answered {
            prop_assert!(sent.any(|candidate| candidate == frame), "{frame:?} is new, or out of order");
        }
        let ended = if peer.torn { CloseReason::Truncated } else { CloseReason::PeerClosed };
        let full = outbox.when_full == WhenFull::Disconnect && reason == CloseReason::OutboxFull;
        prop_assert!(reason == ended || full, "{reason}");
    }

    #[test]
    fn a_reset_at_any_byte_loses_nothing_uncounted(
        outbox in outboxes(),
        peer in peers((0..2000_usize).prop_map(Some))
    ) {
        let settings = listener(|settings| settings.outbox = outbox);
        let (_, frames, written) = converse(&settings, &peer);
        let (answered, _) = understand(&settings, &written);
        let mut sent = frames.iter();
        prop_assert!(answered.iter().all(|frame| sent.any(|candidate| candidate == frame)));
    }

    #[test]
    fn a_peer_that_reads_by_fits_and_starts_is_accounted_for_by_bytes_frames_and_age(
        outbox in outboxes(),
        age in 0..3000_u64,
        // It waits, sends frames, and takes bytes.
        steps in vec((0..2000_u64, 0..6_usize, 0..120_usize), 1..30)
    ) {
        let settings = listener(|settings| {
            settings.outbox = outbox;
            settings.outbox.age = Duration::from_millis(age);
        });
        let frames: usize = steps.iter().map(|(_, frames, _)| frames).sum();
        let peer = Peer { frames: vec![20; frames], torn: false, plan: Vec::new(), reset_after: None };
        let (reason, frames, written) = converse_in_steps(&settings, &peer, &steps);
        let (answered, torn) = understand(&settings, &written);
        // Only who does not take even a frame that was begun sees the connection end inside it.
        let given_up = matches!(reason, CloseReason::OutboxFull | CloseReason::WriteStall);
        prop_assert!(!torn || given_up, "torn by {reason}");
        let mut sent = frames.iter();
        prop_assert!(answered.iter().all(|frame| sent.any(|candidate| candidate == frame)));
    }
}
