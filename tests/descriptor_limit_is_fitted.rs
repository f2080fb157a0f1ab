//! Promise: the soft descriptor limit is raised; `"auto"` becomes a number that can really be opened beside all else; a
//! number that cannot be carried is refused with the arithmetic.
//!
//! Limits belong to a process: what lowers one runs in a child, this test run again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(unix)]
mod descriptor_fixture;

use oread::descriptors::{Demand, Fitted, fit};
use oread::settings::SessionLimit::{Auto, Exactly};
use proptest::prelude::*;

const DEMAND: Demand = Demand { accept_sockets: 2, runtimes: 3, admin_connections: 16 };

#[test]
fn auto_takes_what_the_limit_carries_less_the_reserve_and_says_so() {
    let fitted = fit(Auto, DEMAND, Some(1024)).unwrap();
    let reserve = DEMAND.total();
    assert_eq!(fitted, Fitted { sessions: 1024 - reserve, descriptors: Some(1024), reserve, auto: true });
    let sessions = fitted.sessions;
    let said = format!(
        "limits.sessions = \"auto\" is {sessions}: descriptor limit 1024, {reserve} of them kept for the rest"
    );
    assert_eq!(fitted.to_string(), said);
}

#[test]
fn a_number_that_is_carried_is_taken_as_it_is() {
    let most = 1024 - DEMAND.total();
    assert_eq!(fit(Exactly(most), DEMAND, Some(1024)).unwrap().sessions, most);
    assert_eq!(fit(Exactly(7), DEMAND, Some(1024)).unwrap().sessions, 7);
    assert_eq!(fit(Exactly(u64::MAX), DEMAND, None).unwrap().sessions, u64::MAX);
}

#[test]
fn a_number_that_is_not_carried_is_refused_with_the_numbers_and_the_remedy() {
    let (reserve, most) = (DEMAND.total(), 1024 - DEMAND.total());
    let unfit = fit(Exactly(most + 1), DEMAND, Some(1024)).unwrap_err();
    let text = unfit.to_string();
    for words in [
        format!("limits.sessions = {} needs 1025 descriptors, the limit is 1024", most + 1),
        format!("a session takes one, {reserve} are for inherited 8, "),
        "accept sockets 2, ".into(),
        format!("; set at most {most} or \"auto\", or raise the limit to 1025 "),
        "LimitNOFILE=".into(),
    ] {
        assert!(text.contains(&words), "{words:?} is missing in: {text}");
    }
}

#[test]
fn a_limit_below_the_reserve_carries_nothing_and_is_refused_even_for_auto() {
    let text = fit(Auto, DEMAND, Some(20)).unwrap_err().to_string();
    assert!(text.contains("the limit is 20") && !text.contains("set at most"), "{text}");
}

proptest! {
    #[test]
    fn sessions_and_reserve_never_exceed_the_limit(
        sessions: u64, accept_sockets: u64, runtimes: u64, admin_connections: u64, limit: u64, auto: bool,
    ) {
        let demand = Demand { accept_sockets, runtimes, admin_connections };
        let asked = if auto { Auto } else { Exactly(sessions) };
        match fit(asked, demand, Some(limit)) {
            Ok(fitted) => prop_assert!(fitted.sessions.checked_add(fitted.reserve).is_some_and(|sum| sum <= limit)),
            Err(unfit) => prop_assert!(unfit.sessions.saturating_add(demand.total()) > limit),
        }
    }
}

#[cfg(unix)]
mod in_a_child {
    use std::fs::File;

    use oread::descriptors::{Demand, Reserve, fit, raise};
    use oread::settings::{Address, ListenerSettings, SessionLimit};

    use crate::descriptor_fixture::{in_child, limit_to};

    fn runtime_that_heeds_signals() -> tokio::runtime::Runtime {
        use tokio::signal::unix::{SignalKind, signal};
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        drop(runtime.block_on(async { signal(SignalKind::hangup()) }).unwrap());
        runtime
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        in_child("in_a_child::the_soft_limit_is_raised_to_the_hard_one", || {
            limit_to(64, 200);
            let raised = raise();
            assert_eq!((raised.before, raised.now, raised.hard), (Some(64), Some(200), Some(200)));
            assert_eq!(raised.to_string(), "descriptor limit raised from 64 to 200");
            let files: Result<Vec<_>, _> = (0..100).map(|_| File::open("/dev/null")).collect();
            assert_eq!(files.expect("beyond the old limit").len(), 100);
            assert_eq!(raise().to_string(), "descriptor limit 200");
        });
    }

    #[test]
    fn auto_is_a_number_that_can_really_be_opened_beside_all_else() {
        in_child("in_a_child::auto_is_a_number_that_can_really_be_opened_beside_all_else", || {
            limit_to(256, 256);
            let (workers, admin_connections) = (3, 4);
            let demand = Demand { accept_sockets: 1, runtimes: workers, admin_connections };
            let fitted = fit(SessionLimit::Auto, demand, raise().now).unwrap();

            let _reserve = Reserve::new();
            let any = ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()));
            let _listener = oread::socket::bind(&any, 1).unwrap();
            let _admin: Vec<_> = (0..=admin_connections).map(|_| File::open("/dev/null").unwrap()).collect();
            let _runtimes: Vec<_> = (0..workers).map(|_| runtime_that_heeds_signals()).collect();
            let sessions: Result<Vec<_>, _> = (0..fitted.sessions).map(|_| File::open("/dev/null")).collect();
            assert_eq!(sessions.expect("every session finds a descriptor").len() as u64, fitted.sessions);
            let _reload: Vec<_> =
                (0..8).map(|_| File::open("/dev/null").expect("a reload finds descriptors")).collect();
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_runtime_takes_no_more_than_the_reserve_allows_for() {
        in_child("in_a_child::a_runtime_takes_no_more_than_the_reserve_allows_for", || {
            let open = || std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
            let build = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let _first = build(); // makes the signal pipe, which belongs to the process
            let before = open();
            let _second = build();
            let of = |runtimes| Demand { accept_sockets: 0, runtimes, admin_connections: 0 }.total();
            assert!(open() - before <= of(1) - of(0), "{} descriptors", open() - before);
        });
    }
}
