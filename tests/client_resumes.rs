//! Promise: over real sockets and against the real relay, a client that is cut again and again while its room talks resumes its session, hears
//! each message once and in order or is told of the gap, and its account is the room's.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cuttable;
mod support;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use cuttable::Cuttable;
use oread::client::{Client, Content, Error, Event, Events, JoinOptions, Options, Retry, Target};
use oread::settings::{Address, ListenerSettings, RelaySettings, Settings};
use support::{Daemon, PATIENCE, settings};
use tokio::time::timeout;

fn relay(change: impl FnOnce(&mut RelaySettings)) -> Settings {
    let mut settings = settings();
    let mut relay = RelaySettings::default();
    change(&mut relay);
    settings.listeners =
        vec![ListenerSettings::relay("rooms", Address::Tcp(([127, 0, 0, 1], 0).into()), relay)];
    settings
}

fn options(name: &str) -> Options {
    let (first, longest) = (Duration::from_millis(4), Duration::from_millis(20));
    let retry = Retry { first, longest, seed: 1, ..Retry::default() };
    Options { name: name.into(), retry, ..Options::default() }
}

async fn connect(address: SocketAddr, name: &str) -> (Client, Events) {
    Client::connect(Target::Tcp(address.to_string()), options(name)).await.unwrap()
}

/// Runs a test on a runtime of its own; the daemon has its own thread.
fn live(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

async fn next(events: &mut Events) -> Event {
    timeout(PATIENCE, events.next()).await.expect("an event in time").expect("the client lives")
}

fn own() -> JoinOptions {
    JoinOptions { own: true, ..JoinOptions::default() }
}

#[test]
fn two_clients_chat() {
    let daemon = Daemon::start(relay(|_| {}));
    let address = daemon.address("rooms");
    live(two_chat(address));
}

async fn two_chat(address: SocketAddr) {
    let (ada, mut to_ada) = connect(address, "ada").await;
    let (bob, mut to_bob) = connect(address, "bob").await;
    ada.join("lobby", JoinOptions::default()).await.unwrap();
    bob.join("lobby", own()).await.unwrap();

    let receipt = ada.publish_for_receipt("lobby", "hé, bob").await.unwrap().await.unwrap();
    assert_eq!((receipt.position.0, receipt.members), (1, 1));
    let heard = message(&mut to_bob).await;
    assert_eq!((heard.from, heard.content), (ada.session().unwrap(), Content::from("hé, bob")));

    let receipt = bob.publish_for_receipt("lobby", &b"\xde\xad"[..]).await.unwrap().await.unwrap();
    assert_eq!(receipt.position.0, 2);
    assert_eq!(message(&mut to_ada).await.content, Content::Bytes(vec![0xde, 0xad]));
    assert_eq!(message(&mut to_bob).await.position.0, 2, "bob wants its own");

    let ada_is = ada.session().unwrap();
    assert_eq!(bob.send_for_receipt(ada_is, "psst").await.unwrap().await.unwrap().members, 1);
    assert!(matches!(next(&mut to_ada).await, Event::Direct { content, .. } if content == "psst".into()));

    bob.leave("lobby").await.unwrap();
    assert!(matches!(
        ada.send_for_receipt(bob.session().unwrap(), "?").await.unwrap().await,
        Err(Error::Refused(_))
    ));
    for client in [&ada, &bob] {
        assert_eq!(client.ignored_frames(), 0);
    }
    assert_eq!(ada.room("lobby").unwrap().unexplained(), 0);
    ada.close().await;
    bob.close().await;
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_as_good() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = relay(|_| {});
    settings.listeners[0].bind = Address::Unix(folder.path().join("relay"));
    let daemon = Daemon::start(settings);
    let target: Target = format!("unix://{}", daemon.path("rooms").display()).parse().unwrap();
    live(async {
        let (ada, _events) = Client::connect(target, options("ada")).await.unwrap();
        ada.join("lobby", own()).await.unwrap();
        say(&ada, 3).await;
        assert_eq!(ada.room("lobby").unwrap().published, 3);
    });
}

#[test]
fn a_listener_that_is_cut_again_and_again_hears_everything_once() {
    let daemon = Daemon::start(relay(|relay| {
        // Enough for all, so that a gap would be a mistake.
        relay.room.log_bytes = 64 << 20;
        relay.room.history = Duration::from_mins(10);
    }));
    live(every_message_is_heard_once(daemon.address("rooms")));
}

async fn every_message_is_heard_once(address: SocketAddr) {
    const MESSAGES: u64 = 4_000;
    let way = Cuttable::to(address);
    let (ada, mut to_ada) = connect(way.address, "ada").await;
    let (bob, _) = connect(address, "bob").await;
    ada.join("lobby", own()).await.unwrap();
    bob.join("lobby", JoinOptions { publish_only: true, ..JoinOptions::default() }).await.unwrap();
    let session = ada.session();

    let publisher = tokio::spawn(async move {
        for number in 1..=MESSAGES {
            bob.publish_for_receipt("lobby", number.to_string()).await.unwrap().await.unwrap();
        }
    });
    let (mut heard, mut resumed) = (0, 0);
    while heard < MESSAGES {
        match next(&mut to_ada).await {
            Event::Message(message) => {
                heard += 1;
                assert_eq!(message.content.text(), Some(heard.to_string().as_str()));
                if heard % 400 == 0 {
                    way.cut();
                }
            }
            Event::Resumed(welcome) => {
                resumed += 1;
                assert_eq!(Some(welcome.session), session);
            }
            Event::Joined(_) | Event::Connected(_) | Event::Disconnected { back_in: Some(_), .. } => {}
            other => panic!("{other:?}"),
        }
    }
    publisher.await.unwrap();
    assert!(resumed >= 5, "{resumed}");
    let room = ada.room("lobby").unwrap();
    assert_eq!((room.received, room.missing, room.skipped, room.duplicates), (MESSAGES, 0, 0, 0));
}

#[test]
fn what_the_room_no_longer_holds_is_announced_and_adds_up() {
    let daemon = Daemon::start(relay(|relay| relay.room.log_messages = 16));
    live(heard_and_missing_add_up(daemon.address("rooms")));
}

#[test]
fn a_daemon_that_makes_way_for_another_gets_its_clients_back() {
    let daemon = Daemon::start(relay(|_| {}));
    let address = daemon.address("rooms");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (ada, mut to_ada) = runtime.block_on(async {
        let (ada, events) = connect(address, "ada").await;
        ada.join("lobby", own()).await.unwrap();
        say(&ada, 3).await;
        (ada, events)
    });
    daemon.stop();

    let mut settings = relay(|_| {});
    settings.listeners[0].bind = Address::Tcp(address);
    let _daemon = Daemon::start(settings);
    runtime.block_on(async {
        // Waits until the room is back, though it is another life of it.
        say(&ada, 2).await;
        let (mut told, mut heard, mut anew) = (false, 0, false);
        while heard < 5 {
            match next(&mut to_ada).await {
                Event::GoingAway { .. } => told = true,
                Event::Message(_) => heard += 1,
                Event::Gap { missed, .. } => anew = missed.is_none(),
                Event::Disconnected { why, back_in: None } => panic!("{why}"),
                _ => {}
            }
        }
        assert!(told && anew, "told of the end: {told}; of the room's new life: {anew}");
        let room = ada.room("lobby").unwrap();
        assert_eq!((room.received, room.uncounted, room.unexplained()), (5, 1, 0));
    });
}

async fn heard_and_missing_add_up(address: SocketAddr) {
    const ROUNDS: u64 = 10;
    let way = Cuttable::to(address);
    let (ada, mut to_ada) = connect(way.address, "ada").await;
    let (bob, _to_bob) = connect(address, "bob").await;
    ada.join("lobby", own()).await.unwrap();
    bob.join("lobby", JoinOptions::default()).await.unwrap();
    let mut account = Account::default();
    for round in 1..=ROUNDS {
        say(&bob, 5).await;
        account.hear(&mut to_ada, round * 45 - 40).await;
        way.close();
        say(&bob, 40).await;
        way.open();
        account.hear(&mut to_ada, round * 45).await;
    }
    assert!(account.missing > ROUNDS * 10, "a room that keeps 16 messages has not kept 40: {account:?}");
    assert_eq!(account.heard + account.missing, ROUNDS * 45);
    let room = ada.room("lobby").unwrap();
    assert_eq!((room.received, room.missing), (account.heard, account.missing));
    assert_eq!((room.duplicates, room.unexplained()), (0, 0));
}

/// What a listener had of its room.
#[derive(Debug, Default)]
struct Account {
    position: u64,
    heard: u64,
    missing: u64,
}

impl Account {
    /// Takes events up to this position; each message and each gap stands where the one before ended.
    async fn hear(&mut self, events: &mut Events, up_to: u64) {
        while self.position < up_to {
            match next(events).await {
                Event::Message(message) => {
                    assert_eq!(message.position.0, self.position + 1);
                    (self.heard, self.position) = (self.heard + 1, message.position.0);
                }
                Event::Gap { missed, .. } => {
                    let missed = missed.expect("the room stands all the time");
                    assert_eq!(missed.first().0, self.position + 1);
                    (self.missing, self.position) = (self.missing + missed.messages(), missed.last().0);
                }
                Event::Disconnected { why, back_in: None } => panic!("{why}"),
                _ => {}
            }
        }
    }
}

/// Says so many messages and waits until the room has them.
async fn say(client: &Client, count: u32) {
    for number in 0..count {
        client.publish_for_receipt("lobby", number.to_string()).await.unwrap().await.unwrap();
    }
}

async fn message(events: &mut Events) -> oread::client::Message {
    loop {
        if let Event::Message(message) = next(events).await {
            return message;
        }
    }
}
