//! Promise: out of descriptors an accept loop tries again after waits that double from 5 ms to 1 s, and at once when a session ends: exactly,
//! in virtual time. (With a real lack of descriptors: `without_descriptors_sessions_go_on.rs`.)

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod session_fixture;

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use oread::descriptors::Reserve;
use oread::line_budget::LineBudget;
use oread::listener::{AcceptLoop, AcceptRate, Refusals, Source};
use oread::reason::AcceptFault;
use oread::service::Echo;
use oread::settings::{Address, ListenerSettings};
use oread::socket;
use session_fixture::World;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn waits_are_counted_and_the_end_of_a_session_cuts_them_short() {
    let settings = ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()));
    let world = World::new(&settings);
    let bound = socket::bind(&settings, 1).unwrap();
    let Address::Tcp(address) = bound.local else { unreachable!("a TCP listener") };
    let reserve = Reserve::new();
    // While it is lent out, a descriptor is what the process has none of.
    let loan = reserve.lend().unwrap();
    let now = std::time::Instant::now();
    let accept = AcceptLoop {
        gate: world.places(),
        process: world.gate.clone(),
        host: Arc::new(Echo),
        contexts: vec![world.context.clone()],
        options: bound.accepted,
        reserve,
        rate: AcceptRate::per_second(0),
        refusals: Arc::new(Refusals::new(now)),
        complaints: Arc::new(LineBudget::new(1, Duration::from_secs(10), now)),
    };
    let _waits_in_the_backlog = TcpStream::connect(address).unwrap();
    let another = world.admit();
    let (_serving, stop) = watch::channel(false);
    let listening = bound.listeners.into_iter().next().unwrap();
    tokio::spawn(accept.run(Source::register(listening).unwrap(), stop));

    sleep(Duration::from_millis(60_500)).await;
    let faults = &world.stats().accept_faults[AcceptFault::ProcessDescriptors as usize];
    // At 0, 5, 15, 35 … 1275 ms, and from then on once a second.
    assert_eq!(faults.now(), 9 + 59);

    let freed = Instant::now();
    drop((loan, another));
    while world.gate.active() == 0 {
        sleep(Duration::from_millis(1)).await;
        assert!(freed.elapsed() < Duration::from_millis(100), "it waits to the end of its second");
    }
    assert_eq!(faults.now(), 9 + 59);
}
