//! Promise: however long a session stands, its ticket brings its number back, as long as it stands and for `resume_for` after its end. After
//! that, or once it was overtaken or its session was kicked, it makes a new session. Hours pass here, in virtual time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod memory_fixture;
mod relay_fixture;
mod session_fixture;
mod support;

use std::time::Duration;

use memory_fixture::{client, heard_by, relay};
use oread::protocol::{ClientFrame, ErrorCode, Hello};
use oread::reason::CloseReason;
use oread::relay::Relay;
use oread::settings::RelaySettings;
use relay_fixture::{Heard, bytes, hello};
use session_fixture::{Wire, World, in_virtual_time};
use tokio::time::sleep;

const RESUME_FOR: Duration = Duration::from_mins(5);
const ALMOST: Duration = Duration::from_secs(295);
const HOURS: Duration = Duration::from_hours(7);
/// Longer than anything takes that is done here; a few of them fit between `ALMOST` and `RESUME_FOR`.
const A_WHILE: Duration = Duration::from_secs(1);

/// A relay and its world.
struct Rooms {
    world: World,
    relay: Relay,
}

/// A client, as it was welcomed.
struct Client {
    wire: Wire,
    session: u64,
    ticket: Vec<u8>,
}

impl Rooms {
    fn open() -> Self {
        let settings =
            RelaySettings { resume_for: RESUME_FOR, keepalive: Duration::ZERO, ..RelaySettings::default() };
        let (world, relay) = relay(&settings);
        Self { world, relay }
    }

    /// A client comes, with this ticket or with none.
    async fn welcome(&self, ticket: &[u8]) -> Client {
        let hello = ClientFrame::Hello(Hello { ticket, ..hello() });
        let wire = client(&self.world, &self.relay, &bytes(&hello));
        sleep(A_WHILE).await;
        match &heard_by(&wire)[..] {
            [Heard::Welcome { session, ticket, .. }] => {
                Client { wire, session: *session, ticket: ticket.clone() }
            }
            other => panic!("not WELCOME: {other:?}"),
        }
    }

    /// A session whose ticket was made hours ago.
    async fn one_that_stood_for_hours(&self) -> Client {
        let client = self.welcome(&[]).await;
        sleep(HOURS).await;
        client
    }

    /// The client's connection ends.
    async fn cut(&self, client: &Client) {
        let before = self.world.gate.active();
        client.wire.change(|ends| ends.eof = true);
        sleep(A_WHILE).await;
        assert_eq!(self.world.gate.active(), before - 1);
    }

    fn resumed(&self) -> u64 {
        self.world.stats().relay.resumed.now()
    }
}

impl Client {
    /// With which ERROR its session ended.
    fn ended_with(&self) -> Option<ErrorCode> {
        match heard_by(&self.wire).pop() {
            Some(Heard::Error { code, ends: true, .. }) => Some(code),
            _ => None,
        }
    }
}

#[test]
fn one_that_stands_is_replaced_however_old_its_ticket_is() {
    in_virtual_time(async {
        let rooms = Rooms::open();
        let mut ada = rooms.one_that_stood_for_hours().await;
        for round in 1..=3 {
            let next = rooms.welcome(&ada.ticket).await;
            assert_eq!((next.session, rooms.resumed()), (ada.session, round));
            assert_eq!(ada.ended_with(), Some(ErrorCode::Replaced));
            sleep(HOURS).await;
            ada = next;
        }
    });
}

#[test]
fn one_that_ended_comes_back_until_its_time_is_over() {
    in_virtual_time(async {
        let rooms = Rooms::open();
        let mut ada = rooms.one_that_stood_for_hours().await;
        for round in 1..=3 {
            rooms.cut(&ada).await;
            sleep(ALMOST).await;
            let next = rooms.welcome(&ada.ticket).await;
            assert_eq!((next.session, rooms.resumed()), (ada.session, round));
            sleep(HOURS).await;
            ada = next;
        }
        rooms.cut(&ada).await;
        sleep(RESUME_FOR).await;
        assert_ne!(rooms.welcome(&ada.ticket).await.session, ada.session);
        assert_eq!(rooms.resumed(), 3);
    });
}

#[test]
fn one_that_stood_for_a_moment_has_as_much_time_and_no_more() {
    in_virtual_time(async {
        let rooms = Rooms::open();
        let [ada, bob] = [rooms.welcome(&[]).await, rooms.welcome(&[]).await];
        rooms.cut(&ada).await;
        rooms.cut(&bob).await;
        sleep(ALMOST).await;
        assert_eq!(rooms.welcome(&ada.ticket).await.session, ada.session);
        sleep(5 * A_WHILE).await;
        assert_ne!(rooms.welcome(&bob.ticket).await.session, bob.session);
    });
}

#[test]
fn an_overtaken_ticket_brings_nobody_back_once_its_session_ended() {
    in_virtual_time(async {
        let rooms = Rooms::open();
        let first = rooms.welcome(&[]).await;
        let second = rooms.welcome(&first.ticket).await;
        let third = rooms.welcome(&second.ticket).await;
        rooms.cut(&third).await;
        assert_ne!(rooms.welcome(&first.ticket).await.session, first.session);
        // The answer to its use may have been lost.
        assert_eq!(rooms.welcome(&second.ticket).await.session, first.session);
    });
}

#[test]
fn one_that_was_kicked_does_not_get_its_number_again() {
    in_virtual_time(async {
        let rooms = Rooms::open();
        for stood in [Duration::ZERO, HOURS] {
            let ada = rooms.welcome(&[]).await;
            sleep(stood).await;
            for handle in rooms.world.context.worker.sessions() {
                handle.end(CloseReason::Kicked);
            }
            sleep(A_WHILE).await;
            assert_eq!(ada.ended_with(), Some(ErrorCode::Kicked));
            let again = rooms.welcome(&ada.ticket).await;
            assert_ne!(again.session, ada.session);
            rooms.cut(&again).await;
            assert_eq!(rooms.welcome(&again.ticket).await.session, again.session, "the new one may resume");
        }
        assert_eq!(rooms.resumed(), 2);
    });
}
