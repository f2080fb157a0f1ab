//! Promise: a read rate is kept by reading later, never by dropping: everything is answered, no faster than the rate, and a session that keeps
//! within it is neither slowed nor woken for it. In virtual time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use oread::app::App;
use oread::lifecycle::{Order, Orders};
use oread::settings::Address;
use support::frames;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

const RATE: u64 = 100_000;

/// Runs a daemon with the rate on this thread, and a client beside it. Says how long the client took.
async fn paced(bytes: u32) -> Duration {
    let mut settings = support::settings();
    settings.admin.bind = None;
    settings.listeners[0].limits.read_rate = RATE;
    let app = App::build(settings).unwrap();
    let Some(Address::Tcp(address)) = app.listeners().next().map(|(_, address)| address.clone()) else {
        panic!("not TCP")
    };
    let (orders, received) = Orders::channel();
    let client = async {
        let started = Instant::now();
        let sent = frames(bytes / 1_000, 996);
        let mut stream = TcpStream::connect(address).await.unwrap();
        let (mut from, mut to) = stream.split();
        let mut came = vec![0; sent.len()];
        let (wrote, read) = tokio::join!(to.write_all(&sent), from.read_exact(&mut came));
        wrote.unwrap();
        read.unwrap();
        assert!(came == sent, "everything comes back");
        let took = started.elapsed();
        orders.send(Order::Stop).await.unwrap();
        drop(stream);
        took
    };
    let (report, took) = tokio::join!(app.run_here(received), client);
    assert_eq!(report.unwrap().cut, 0);
    took
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_worth_takes_nine_after_the_first() {
    let took = paced(1_000_000).await;
    assert!((8_900..9_400).contains(&took.as_millis()), "{took:?}: a second's worth may come at once");
}

#[tokio::test(start_paused = true)]
async fn what_keeps_within_the_rate_is_not_slowed() {
    let took = paced(90_000).await;
    assert!(took < Duration::from_millis(100), "{took:?}");
}
