//! Promise: every label set that a metric can have is there at zero before the first session, each family has its HELP and TYPE as the
//! catalogue says, nothing renders as a summary, and sums over workers are right.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

mod operator;

use std::collections::BTreeSet;
use std::sync::Arc;

use operator::exposition::{Read, read};
use operator::{echo, relay};
use oread::lifecycle::Readiness;
use oread::reason::{
    AcceptFault, CloseReason, DropReason, GapReason, RefuseReason, ReloadOutcome, RequestFault,
};
use oread::stats::{ProcessStats, SessionState};
use oread::telemetry::{Kind, Telemetry, families};

struct Daemon {
    telemetry: Telemetry,
    stats: Arc<ProcessStats>,
    readiness: Arc<Readiness>,
}

fn daemon() -> Daemon {
    let (stats, readiness) = (Arc::new(ProcessStats::default()), Arc::new(Readiness::default()));
    Daemon { telemetry: Telemetry::new(stats.clone(), readiness.clone()), stats, readiness }
}

/// The values of one label in a family.
fn words<'a>(family: &'a Read, label: &str) -> BTreeSet<&'a str> {
    family.samples.iter().map(|sample| sample.label(label)).collect()
}

fn sum(family: &Read, label: &str, word: &str) -> f64 {
    family.samples.iter().filter(|sample| sample.label(label) == word).map(|sample| sample.value).sum()
}

#[test]
fn every_reason_and_state_is_there_at_zero() {
    let daemon = daemon();
    daemon.telemetry.listener(&echo("a"), 2);
    daemon.telemetry.listener(&echo("b"), 2);
    let shown = read(&daemon.telemetry.render());
    let lists: [(&str, &str, &[&str]); 6] = [
        ("oread_sessions_closed_total", "reason", CloseReason::WORDS),
        ("oread_sessions_refused_total", "reason", RefuseReason::WORDS),
        ("oread_frames_dropped_total", "reason", DropReason::WORDS),
        ("oread_accept_errors_total", "kind", AcceptFault::WORDS),
        ("oread_sessions", "state", SessionState::WORDS),
        ("oread_bytes_total", "direction", &["received", "sent"]),
    ];
    for (name, label, all) in lists {
        assert_eq!(words(&shown[name], label), all.iter().copied().collect(), "{name}");
        assert_eq!(shown[name].samples.len(), 2 * all.len(), "{name} for each listener");
    }
    let reloads = &shown["oread_config_reloads_total"];
    assert_eq!(words(reloads, "result"), ReloadOutcome::WORDS.iter().copied().collect());
    for (name, family) in shown.iter().filter(|(name, family)| {
        name.starts_with("oread_") && family.kind != "gauge" && !name.starts_with("oread_runtime_")
    }) {
        assert!(family.samples.iter().all(|sample| sample.value == 0.0), "{name} begins at zero");
    }
}

#[test]
fn a_relay_shows_every_series_of_rooms_at_zero_and_an_echo_none() {
    let daemon = daemon();
    daemon.telemetry.listener(&echo("a"), 2);
    let of_rooms = |name: &&String| name.starts_with("oread_room") || name.starts_with("oread_relay_");
    let shown = read(&daemon.telemetry.render());
    assert_eq!(shown.keys().find(of_rooms), None);
    daemon.telemetry.listener(&relay("b"), 2);
    let shown = read(&daemon.telemetry.render());
    let names: BTreeSet<&str> = shown.keys().filter(of_rooms).map(String::as_str).collect();
    let catalogue = families();
    assert_eq!(
        names,
        catalogue.iter().map(|f| f.name).filter(|name| of_rooms(&&(*name).to_owned())).collect()
    );
    for (name, label, all) in [
        ("oread_room_gaps_total", "reason", GapReason::WORDS),
        ("oread_room_gap_messages_total", "reason", GapReason::WORDS),
        ("oread_relay_requests_failed_total", "reason", RequestFault::WORDS),
    ] {
        assert_eq!(words(&shown[name], label), all.iter().copied().collect(), "{name}");
    }
    for name in names {
        for sample in &shown[name].samples {
            let expected = if name == "oread_rooms_limit" { 500.0 } else { 0.0 };
            assert_eq!((sample.label("listener"), sample.value), ("b", expected), "{name}");
        }
    }
}

#[test]
fn rooms_of_workers_add_up_and_of_their_lags_the_longest_shows() {
    let daemon = daemon();
    let blocks = daemon.telemetry.listener(&relay("a"), 2);
    for (block, lag) in blocks.iter().zip([1_500, 250]) {
        block.relay.rooms.add(2);
        block.relay.missing[GapReason::TooOld as usize].add(5);
        block.relay.longest_lag_ms.set(lag);
        block.relay.held.add(1);
        block.relay.fan_out.record(100.0);
    }
    let shown = read(&daemon.telemetry.render());
    assert_eq!(shown["oread_rooms"].samples[0].value, 4.0);
    assert_eq!(sum(&shown["oread_room_gap_messages_total"], "reason", "too_old"), 10.0);
    assert_eq!(shown["oread_room_longest_lag_seconds"].samples[0].value, 1.5);
    assert_eq!(sum(&shown["oread_reads_paused_total"], "reason", "held"), 2.0);
    assert_eq!(sum(&shown["oread_room_fan_out_members"], "le", "50"), 0.0);
    assert_eq!(sum(&shown["oread_room_fan_out_members"], "le", "100"), 2.0);
}

#[tokio::test]
async fn the_exposition_shows_the_catalogue_and_nothing_else() {
    let daemon = daemon();
    daemon.telemetry.listener(&echo("a"), 1);
    daemon.telemetry.listener(&relay("b"), 1);
    daemon.telemetry.runtime("worker-0", &tokio::runtime::Handle::current());
    let shown = read(&daemon.telemetry.render());
    let catalogue = families();
    for family in &catalogue {
        let Some(found) = shown.get(family.name) else {
            assert!(!cfg!(target_os = "linux") && family.name.starts_with("process_"), "{}", family.name);
            continue;
        };
        assert_eq!(
            (found.kind.as_str(), found.help.as_str()),
            (family.kind.word(), family.help),
            "{}",
            family.name
        );
        let labels: BTreeSet<&str> = family.labels.iter().copied().collect();
        for sample in &found.samples {
            let own = sample.labels.keys().map(String::as_str).filter(|label| *label != "le");
            assert_eq!(own.collect::<BTreeSet<_>>(), labels, "{}", family.name);
        }
        assert!(family.kind != Kind::Histogram || found.samples.len() > 10, "{} has buckets", family.name);
    }
    let known: BTreeSet<&str> = catalogue.iter().map(|family| family.name).collect();
    assert_eq!(known.len(), catalogue.len(), "a name stands once");
    assert!(shown.keys().all(|name| known.contains(name.as_str())), "{:?}", shown.keys());
}

#[test]
fn workers_add_up_and_a_listener_that_comes_back_goes_on_counting() {
    let daemon = daemon();
    for round in 1..=2 {
        let blocks = daemon.telemetry.listener(&echo("a"), 2);
        blocks[0].accepted.add(3);
        blocks[1].accepted.add(4);
        blocks[0].closed[CloseReason::Truncated as usize].add(1);
        blocks[0].states[SessionState::Open as usize].add(5);
        blocks[1].states[SessionState::Blocked as usize].add(2);
        blocks[1].sent.add(10, 2);
        let shown = read(&daemon.telemetry.render());
        let round = f64::from(round);
        assert_eq!(sum(&shown["oread_sessions_accepted_total"], "listener", "a"), 7.0 * round);
        assert_eq!(sum(&shown["oread_frame_errors_total"], "reason", "truncated"), round);
        assert_eq!(sum(&shown["oread_sessions_active"], "listener", "a"), 7.0 * round);
        assert_eq!(sum(&shown["oread_sessions"], "state", "blocked"), 2.0 * round);
        assert_eq!(sum(&shown["oread_bytes_total"], "direction", "sent"), 10.0 * round);
        assert_eq!(sum(&shown["oread_bytes_total"], "direction", "received"), 0.0);
        assert_eq!(sum(&shown["oread_sessions_limit"], "listener", "a"), 10_000.0);
    }
}

#[test]
fn a_level_that_is_negative_for_an_instant_shows_as_zero() {
    let daemon = daemon();
    daemon.telemetry.listener(&echo("a"), 1)[0].outbox_bytes.add(-5);
    let shown = read(&daemon.telemetry.render());
    assert_eq!(sum(&shown["oread_outbox_bytes"], "listener", "a"), 0.0);
}

#[test]
fn samples_reach_their_buckets_with_and_without_upkeep() {
    let daemon = daemon();
    let blocks = daemon.telemetry.listener(&echo("a"), 2);
    blocks[0].duration.record(5.0);
    daemon.telemetry.upkeep();
    blocks[1].duration.record(100.0);
    let shown = read(&daemon.telemetry.render());
    let duration = &shown["oread_session_duration_seconds"];
    assert_eq!(sum(duration, "le", "10"), 1.0);
    assert_eq!(sum(duration, "le", "+Inf"), 2.0);
}

#[test]
fn the_stage_of_the_daemon_shows() {
    let daemon = daemon();
    let stage = || {
        let shown = read(&daemon.telemetry.render());
        ["oread_ready", "oread_draining"].map(|name| shown[name].samples[0].value)
    };
    assert_eq!(stage(), [0.0, 0.0]);
    daemon.readiness.ready();
    assert_eq!(stage(), [1.0, 0.0]);
    daemon.readiness.draining();
    assert_eq!(stage(), [0.0, 1.0]);
    daemon.stats.log_lines_lost.add(2);
    let shown = read(&daemon.telemetry.render());
    assert_eq!(shown["oread_log_lines_lost_total"].samples[0].value, 2.0);
}
