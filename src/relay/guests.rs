//! The sessions of a house by number, those that ended lately, and how one takes the place of another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::departures::{Departure, Departures};
use super::tickets::{Bearer, Claim};
use crate::handle::{Handle, ring};
use crate::peer::SessionId;
use crate::reason::CloseReason;

/// Sessions that ended of which is kept how. Of more at a time, those that ended first come back by what their ticket says alone.
const DEPARTURES: usize = 65_536;

/// The sessions of a house: in plain mode all, with protocol 1 those that were welcomed.
#[derive(Debug)]
pub(super) struct Guests(Mutex<Book>);

/// Who is here, and who was.
#[derive(Debug)]
struct Book {
    here: HashMap<SessionId, Guest>,
    /// None where sessions do not come back.
    gone: Option<Departures>,
}

/// One of them.
#[derive(Debug)]
struct Guest {
    handle: Arc<Handle>,
    /// What most have not: it is in each of them.
    more: Option<Box<More>>,
}

/// What is known of a session that has a name, came back, or is about to be replaced.
#[derive(Debug, Default)]
struct More {
    /// What it calls itself; none if nothing.
    name: Option<Arc<str>>,
    /// How often it came back.
    generation: u32,
    /// Who waits to take its place.
    heir: Option<Arc<Handle>>,
    /// Whether an operator ended it, also if it was told to end for another reason before.
    kicked: bool,
}

/// What comes of a ticket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// The session is the one of the ticket from here on; it came back so often.
    Back(u32),
    /// That one is still here. It has been told to end, and whoever asks will be woken.
    Waits,
    /// The ticket brings nobody back: it was overtaken by a newer one, its session ended too long ago, or was kicked.
    Stale,
}

impl Guests {
    /// Nobody yet. A session may come back for so long after its end; none: it does not.
    pub(super) fn new(resume_for: Option<Duration>) -> Self {
        let gone = resume_for.map(|resume_for| Departures::new(resume_for, DEPARTURES));
        Self(Mutex::new(Book { here: HashMap::new(), gone }))
    }

    /// A session comes, under its own number.
    pub(super) fn check_in(&self, handle: &Arc<Handle>, name: Option<Arc<str>>) {
        let more = name.is_some().then(|| Box::new(More { name, ..More::default() }));
        let guest = Guest { handle: handle.clone(), more };
        self.lock().here.insert(handle.session(), guest);
    }

    /// A session comes back under the number of its ticket.
    pub(super) fn come_back(&self, claim: Claim, handle: &Arc<Handle>, name: Option<Arc<str>>) -> Return {
        let bearer = claim.bearer;
        let mut book = self.lock();
        if let Some(guest) = book.here.get_mut(&bearer.session) {
            let more = guest.more.get_or_insert_default();
            if is_overtaken(bearer, more.generation) {
                return Return::Stale;
            }
            more.heir = Some(handle.clone());
            let predecessor = guest.handle.clone();
            drop(book);
            predecessor.order(CloseReason::Replaced);
            ring(None, vec![predecessor.wake_for(0)]);
            return Return::Waits;
        }
        if !book.take_back(claim) {
            return Return::Stale;
        }
        handle.rename(bearer.session);
        let generation = bearer.generation.saturating_add(1);
        let more = Some(Box::new(More { name, generation, ..More::default() }));
        book.here.insert(bearer.session, Guest { handle: handle.clone(), more });
        Return::Back(generation)
    }

    /// A session goes. Whoever waits for its place is woken.
    pub(super) fn check_out(&self, handle: &Arc<Handle>) {
        let mut book = self.lock();
        let session = handle.session();
        if !book.here.get(&session).is_some_and(|guest| Arc::ptr_eq(&guest.handle, handle)) {
            return;
        }
        let more =
            book.here.remove(&session).and_then(|guest| guest.more).map(|more| *more).unwrap_or_default();
        let kicked = more.kicked || handle.ordered() == Some(CloseReason::Kicked);
        book.note_departure(
            session,
            if kicked { Departure::Kicked } else { Departure::Left(more.generation) },
        );
        drop(book);
        if let Some(heir) = more.heir {
            ring(None, vec![heir.wake_for(0)]);
        }
    }

    /// An operator ends the session of this number: its ticket brings nobody back, also where it is about to be replaced or has left, and says its
    /// last words. Says who has the number.
    pub(super) fn bar(&self, session: SessionId) -> Option<Arc<Handle>> {
        let mut book = self.lock();
        if let Some(guest) = book.here.get_mut(&session) {
            guest.more.get_or_insert_default().kicked = true;
            return Some(guest.handle.clone());
        }
        if let Some(gone) = &mut book.gone {
            gone.bar(session);
        }
        None
    }

    /// The session of this number.
    pub(super) fn get(&self, session: SessionId) -> Option<Arc<Handle>> {
        self.lock().here.get(&session).map(|guest| guest.handle.clone())
    }

    /// What the session calls itself.
    pub(super) fn name(&self, session: SessionId) -> Option<Arc<str>> {
        self.lock().here.get(&session)?.more.as_ref()?.name.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Whether a session that is not here comes back by this claim.
    fn take_back(&mut self, claim: Claim) -> bool {
        let Some(gone) = &mut self.gone else { return false };
        let comes = match gone.get(Instant::now(), claim.bearer.session) {
            Some(Departure::Left(generation)) => !is_overtaken(claim.bearer, generation),
            Some(Departure::Kicked) => false,
            // It ended too long ago, and then this is too late as well; or too many ended after it.
            None => claim.in_time,
        };
        if comes {
            gone.forget(claim.bearer.session);
        }
        comes
    }

    fn note_departure(&mut self, session: SessionId, departure: Departure) {
        if let Some(gone) = &mut self.gone {
            gone.note(Instant::now(), session, departure);
        }
    }
}

/// Whether a ticket is neither the newest of a session that came back so often, nor the one before, which counts if the answer to its use
/// was lost.
fn is_overtaken(bearer: Bearer, generation: u32) -> bool {
    bearer.generation.saturating_add(1) < generation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Peer;

    fn handle(session: u64) -> Arc<Handle> {
        Handle::new(SessionId(session), Peer::Local, "rooms".into(), Arc::default())
    }

    #[test]
    fn one_of_which_nothing_is_kept_comes_back_by_the_date_of_its_ticket() {
        let gone = Some(Departures::new(Duration::from_mins(1), 1));
        let guests = Guests(Mutex::new(Book { here: HashMap::new(), gone }));
        for session in [1, 2].map(handle) {
            guests.check_in(&session, None);
            guests.check_out(&session);
        }
        let back = |session, in_time| {
            let bearer = Bearer { session: SessionId(session), generation: 0 };
            guests.come_back(Claim { bearer, in_time }, &handle(3), None)
        };
        assert_eq!(back(1, false), Return::Stale);
        assert_eq!(back(1, true), Return::Back(1));
        assert_eq!(back(2, false), Return::Back(1), "the second is kept");
    }
    #[test]
    fn one_that_is_kicked_on_its_way_out_does_not_come_back() {
        let guests = Guests::new(Some(Duration::from_mins(1)));
        let back = |session| {
            let bearer = Bearer { session: SessionId(session), generation: 0 };
            guests.come_back(Claim { bearer, in_time: true }, &handle(9), None)
        };
        let (replaced, left, neither) = (handle(1), handle(2), handle(3));
        for session in [&replaced, &left, &neither] {
            guests.check_in(session, None);
        }
        assert_eq!(back(1), Return::Waits);
        assert!(guests.bar(SessionId(1)).is_some_and(|found| Arc::ptr_eq(&found, &replaced)));
        guests.check_out(&left);
        assert!(guests.bar(SessionId(2)).is_none());
        guests.check_out(&replaced);
        guests.check_out(&neither);
        assert_eq!([1, 2, 3].map(back), [Return::Stale, Return::Stale, Return::Back(1)]);
    }
}
