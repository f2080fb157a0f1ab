//! The relay: sessions that speak to each other through rooms. A room is a bounded log (`crate::room`) that its members read with cursors:
//! publishing appends once and wakes them, and each writes what lies past its cursor straight from the shared bytes.
//!
//! ```text
//!   Relay (service) ─ one House a listener ─┬─ rooms by name ─► Room { log, notices }
//!        │                                  └─ sessions by number ─► handle
//!        └─ opens a Conversation a session ─┬─ memberships: room, seat, which have news
//!                                           └─ plain, or a Speaker of protocol 1
//! ```
//! In this order of locks, never the other way: rooms of a house, one room, then sessions of a house or its list of rooms that were left.
//! Nobody is woken, and nothing is written, while a lock is held.
//!
//! Invariants:
//! 1. A message is encoded once and copied once, into its room's log; members are lent it from there.
//! 2. A session that has nothing to read in a room is registered there, by the call that told it so.
//! 3. What a member does not get is announced to it in place where the wire can say so, and counted under one reason in any case.

mod authority;
mod conversation;
mod delivery;
mod departures;
mod epochs;
mod gathering;
mod greeting;
mod guests;
mod house;
mod houses;
mod life;
mod membership;
mod notices;
mod plain;
mod publication;
mod relief;
mod requests;
mod room;
mod speaker;
mod staged;
mod tend;
mod tickets;
mod view;

use std::sync::Arc;

pub use authority::{Authority, StaticRules};
pub use conversation::Conversation;
pub use house::House;
pub use houses::Houses;
pub use life::Life;
pub use view::{MemberView, RoomView};

use crate::service::{Service, Turn};
use crate::stats::ListenerStats;
use crate::worker::Worker;

/// The relay service of one listener.
#[derive(Clone)]
pub struct Relay(Arc<House>);

impl Relay {
    /// A relay that serves this house.
    pub fn new(house: Arc<House>) -> Self {
        Self(house)
    }

    /// Its rooms and sessions.
    pub fn house(&self) -> &Arc<House> {
        &self.0
    }
}

impl Service for Relay {
    type Talk = Conversation;

    fn open(&self, turn: &Turn<'_>) -> Conversation {
        Conversation::begin(&self.0, turn)
    }

    fn start(&self, worker: &Arc<Worker>, stats: &Arc<ListenerStats>) {
        tend::start(&self.0, worker, stats);
    }
}
