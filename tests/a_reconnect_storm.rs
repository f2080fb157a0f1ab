//! Promise: clients that are cut again and again, and come back with their ticket for what they missed, see each message once or are told that
//! it is missing: two thousand cuts, among them connections that are left open and replaced.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rooms_fixture;
mod support;

use std::net::SocketAddr;
use std::time::Duration;

use oread::settings::RoomSettings;
use rooms_fixture::{
    Chronicle, Guest, LOBBY, Ledger, Quiet, Random, Speaker, hear_to_the_end, in_time, play, relay,
};
use support::Daemon;

const CLIENTS: u32 = 50;
const ROUNDS: u32 = 40;
const MESSAGES: u32 = 25;

/// What a client keeps while it is away.
struct Traveller {
    ticket: Vec<u8>,
    session: u64,
    epoch: u64,
    ledger: Ledger,
    random: Random,
    /// Connections that it left open.
    left: Vec<Quiet>,
}

impl Traveller {
    async fn set_out(address: SocketAddr, random: Random) -> Self {
        let mut guest = Guest::connect(address).await;
        let (epoch, position) = guest.enter(LOBBY, true, None).await;
        let (session, ticket) = (guest.session, guest.ticket.clone());
        guest.close();
        Self { ticket, session, epoch, ledger: Ledger::from(position), random, left: Vec::new() }
    }

    async fn come_back(&mut self, address: SocketAddr) -> Guest {
        let mut guest = Guest::come_back(address, &self.ticket).await;
        assert_eq!(guest.session, self.session, "it is the same session");
        self.ticket.clone_from(&guest.ticket);
        let (epoch, _) = guest.enter(LOBBY, true, Some((self.epoch, self.ledger.next - 1))).await;
        assert_eq!(epoch, self.epoch);
        guest
    }

    /// One journey: back, some of what was missed, and gone.
    async fn journey(mut self, address: SocketAddr) -> Self {
        let mut guest = self.come_back(address).await;
        // It has at least so many to hear, as messages or in gaps.
        let wanted = self.ledger.next + u64::from(self.random.below(MESSAGES));
        guest.ears.follow(&mut self.ledger, wanted.saturating_sub(2)).await;
        match self.random.below(4) {
            0 => self.left.push(guest.fall_silent()),
            1 => guest.close(),
            _ => guest.reset(),
        }
        self
    }
}

#[test]
fn two_thousand_cuts() {
    let room =
        RoomSettings { log_bytes: 256 << 10, history: Duration::from_mins(1), ..RoomSettings::default() };
    let daemon = Daemon::start(relay(room));
    play(async {
        let address = daemon.address("echo");
        let mut random = Random::seeded();
        let mut speaker = Speaker::come(address).await;
        let mut travellers = Vec::new();
        for _ in 0..CLIENTS {
            travellers.push(Traveller::set_out(address, random.fork()).await);
        }
        for _ in 0..ROUNDS {
            let away: Vec<_> = travellers.into_iter().map(|one| tokio::spawn(one.journey(address))).collect();
            speaker.say(MESSAGES, 1_000).await;
            travellers = Vec::new();
            for traveller in away {
                travellers.push(in_time("a journey ends", traveller).await.unwrap());
            }
        }
        let end = speaker.say_end().await;
        let mut chronicle = Chronicle::default();
        let mut missing = 0;
        for mut traveller in travellers {
            let mut guest = traveller.come_back(address).await;
            hear_to_the_end(&mut guest.ears, &mut traveller.ledger).await;
            traveller.ledger.assert_conserved(end);
            chronicle.add(&traveller.ledger);
            missing += traveller.ledger.missing();
        }
        assert_eq!(end, u64::from(ROUNDS * MESSAGES) + 1);
        assert!(missing > 0, "the log held everything: no gap was ever told");
        let metrics = daemon.metrics();
        let cuts = i64::from(CLIENTS * (ROUNDS + 1));
        assert_eq!(metrics.sum("oread_relay_sessions_resumed_total", &[]), cuts);
        assert!(metrics.closed("replaced") > 0, "some had left their connection open");
    });
}
