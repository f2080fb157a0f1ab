//! The rooms that a session is in, and which of them have news for it. Places do not move: the wake-ups that are left in rooms name them.

use std::sync::Arc;

use super::room::Room;
use crate::room::{Hearing, Member};

/// A session's place in one room.
#[derive(Debug)]
pub(super) struct Membership {
    pub(super) room: Arc<Room>,
    pub(super) member: Member,
    pub(super) hearing: Hearing,
    pub(super) may_publish: bool,
    /// The number of the last notice of who is there that it was sent; none if it wants none.
    pub(super) told: Option<u64>,
}

/// All of a session's places.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    places: Vec<Option<Membership>>,
    /// A bit for each place with news; place 64 shares that of place 0.
    news: u64,
    /// The place that is looked at first: each gets its turn.
    first: u32,
    /// How often all bits had their turn. Places that share one are looked at from another one on each time.
    round: u32,
}

impl Memberships {
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Membership)> {
        let numbered = (0..).zip(&self.places);
        numbered.filter_map(|(place, membership)| Some((place, membership.as_ref()?)))
    }

    pub(super) fn get(&mut self, place: u32) -> Option<&mut Membership> {
        self.places.get_mut(place as usize)?.as_mut()
    }

    /// The place in the room of this number.
    pub(super) fn of_room(&self, number: u32) -> Option<u32> {
        self.iter().find(|(_, membership)| membership.room.number == number).map(|(place, _)| place)
    }

    /// The place in the room of this name.
    pub(super) fn of_name(&self, name: &str) -> Option<u32> {
        self.iter().find(|(_, membership)| &*membership.room.name == name).map(|(place, _)| place)
    }

    /// The place that the next membership will have.
    pub(super) fn free(&self) -> u32 {
        let free = self.places.iter().position(Option::is_none).unwrap_or(self.places.len());
        u32::try_from(free).unwrap_or(u32::MAX)
    }

    /// Takes the place that was free, with news: it has not looked yet.
    pub(super) fn take(&mut self, membership: Membership) {
        let place = self.free();
        if let Some(free) = self.places.get_mut(place as usize) {
            *free = Some(membership);
        } else {
            // Most sessions are in one room: no spare places.
            self.places.reserve_exact(1);
            self.places.push(Some(membership));
        }
        self.look_at(place);
    }

    pub(super) fn give_up(&mut self, place: u32) -> Option<Membership> {
        self.places.get_mut(place as usize)?.take()
    }

    /// All of them, given up.
    pub(super) fn give_up_all(&mut self) -> impl Iterator<Item = Membership> + use<> {
        self.news = 0;
        std::mem::take(&mut self.places).into_iter().flatten()
    }

    /// There may be news in this place.
    pub(super) fn look_at(&mut self, place: u32) {
        self.note(1 << (place % u64::BITS));
    }

    /// There is news in the places of these bits.
    #[inline]
    pub(super) fn note(&mut self, news: u64) {
        self.news |= news;
    }

    #[inline]
    pub(super) fn has_news(&self) -> bool {
        self.news != 0
    }

    /// The next place whose turn it is, and takes its bit away. Those that share the bit follow by [`Memberships::sharing`].
    pub(super) fn next(&mut self) -> Option<u32> {
        if self.news == 0 {
            return None;
        }
        let bit = (self.first + self.news.rotate_right(self.first).trailing_zeros()) % u64::BITS;
        self.news &= !(1 << bit);
        self.round = self.round.wrapping_add(u32::from(bit < self.first));
        self.first = bit + 1;
        Some(bit)
    }

    /// The places whose bit this is, another one first in each round: the way may be full behind it.
    pub(super) fn sharing(&self, bit: u32) -> impl Iterator<Item = u32> + use<> {
        let places = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let all = places.saturating_sub(bit).div_ceil(u64::BITS);
        let first = self.round.checked_rem(all).unwrap_or(0);
        (0..all).map(move |turn| bit + (first + turn) % all * u64::BITS)
    }
}
