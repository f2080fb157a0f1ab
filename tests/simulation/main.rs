//! Promise: conservation in a simulated network. The real sessions, relay, codec and rooms run over simulated streams with delays, torn
//! writes, partitions, crashes, drains, and clients that stop reading, read slowly or never; and what each member was told adds up:
//! received + announced missing + own = published since it joined, in one order for all, over every cut and resume. Chance comes from a seed,
//! and the same seed does the same again.

#![allow(unreachable_pub, reason = "its parts are modules of one test")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod account;
mod chance;
mod crowd;
mod daemon;
mod faults;
mod hearing;
mod ledger;
mod library;
mod mood;
mod narrow;
mod plain;
mod plan;
mod run;
mod said;
mod talker;
mod trace;
mod wire;
mod world;

use plan::Shape;

// Each of these would pass if nothing ever happened: so the sums over all seeds have to show that it did.

#[test]
fn rooms_of_every_policy_lose_nothing_silently() {
    let Some(sum) = run::all("rooms_of_every_policy_lose_nothing_silently", Shape::Rooms, 0..80) else {
        return;
    };
    assert!(sum.received > 10_000 && sum.missing > 1_000 && sum.own_passed > 1_000, "{sum:?}");
    assert!(sum.gaps > 200 && sum.replays > 100 && sum.cuts > 100 && sum.resumed > 50, "{sum:?}");
    assert!(sum.fell_behind > 5 && sum.keepalives > 5 && sum.silent > 5, "{sum:?}");
    assert!(sum.leaves > 50 && sum.presences > 200 && sum.directs > 50, "{sum:?}");
}

#[test]
fn a_daemon_that_stops_and_comes_back_loses_nothing_silently() {
    let name = "a_daemon_that_stops_and_comes_back_loses_nothing_silently";
    let Some(sum) = run::all(name, Shape::Lives, 1_000..1_060) else { return };
    assert!(sum.received > 10_000 && sum.gaps > 200 && sum.other_epochs > 50, "{sum:?}");
    assert!(sum.sent_away > 60 && sum.not_resumed > 20, "{sum:?}");
}

#[test]
fn a_room_that_waits_for_its_slowest_skips_no_listener() {
    let name = "a_room_that_waits_for_its_slowest_skips_no_listener";
    let Some(sum) = run::all(name, Shape::Blocked, 2_000..2_060) else { return };
    assert!(sum.received > 10_000 && sum.replays > 50 && sum.resumed > 20 && sum.held > 50, "{sum:?}");
}

#[test]
fn the_librarys_client_resumes_without_duplicate_or_unmarked_loss() {
    let name = "the_librarys_client_resumes_without_duplicate_or_unmarked_loss";
    let Some(sum) = run::all(name, Shape::Library, 3_000..3_060) else { return };
    assert!(sum.received > 10_000 && sum.gaps > 200 && sum.cuts > 100, "{sum:?}");
    assert!(sum.replays > 100 && sum.resumed > 50, "{sum:?}");
}

#[test]
fn ten_minutes_of_a_crowd_that_is_cut_once_a_minute_lose_nothing_silently() {
    let name = "ten_minutes_of_a_crowd_that_is_cut_once_a_minute_lose_nothing_silently";
    let Some(sum) = run::all(name, Shape::Crowd, 5_000..5_001) else { return };
    assert!(sum.received > 30_000 && sum.missing > 1_000 && sum.gaps > 50, "{sum:?}");
    assert!(sum.cuts > 250 && sum.replays > 250 && sum.resumed > 200, "{sum:?}");
    assert_eq!(sum.not_resumed, 0, "nobody was away for longer than a ticket is good: {sum:?}");
}

#[test]
fn plain_rooms_count_what_they_do_not_deliver() {
    let Some(sum) = run::all("plain_rooms_count_what_they_do_not_deliver", Shape::Plain, 4_000..4_060) else {
        return;
    };
    assert!(sum.received > 10_000 && sum.missing > 1_000 && sum.held > 50, "{sum:?}");
}

#[test]
fn the_same_seed_does_the_same_again() {
    let mut lines = 0;
    for (seed, shape) in
        (40..).zip([Shape::Rooms, Shape::Lives, Shape::Blocked, Shape::Library, Shape::Plain].repeat(3))
    {
        let [one, two] = [(); 2].map(|()| run::simulate(seed, shape).trace);
        let differs = one.lines().zip(two.lines()).position(|(one, two)| one != two);
        let around = |trace: &str| {
            let lines = trace.lines().skip(differs.unwrap_or_default().saturating_sub(5)).take(8);
            lines.collect::<Vec<_>>().join("\n")
        };
        assert!(one == two, "seed {seed}: once\n{}\nand then\n{}", around(&one), around(&two));
        lines += one.lines().count();
    }
    assert!(lines > 5_000, "{lines} lines of traces: next to nothing happened");
    assert_ne!(run::simulate(7, Shape::Rooms).trace, run::simulate(8, Shape::Rooms).trace);
}
