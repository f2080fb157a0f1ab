//! The sessions of a house by number, and how one takes the place of another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::tickets::Bearer;
use crate::handle::{Handle, ring};
use crate::peer::SessionId;
use crate::reason::CloseReason;

/// The sessions of a house: in plain mode all, with protocol 1 those that were welcomed.
#[derive(Debug, Default)]
pub(super) struct Guests(Mutex<HashMap<SessionId, Guest>>);

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
}

/// What comes of a ticket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// The session is the one of the ticket from here on; it came back so often.
    Back(u32),
    /// That one is still here. It has been told to end, and whoever asks will be woken.
    Waits,
    /// The ticket is older than what that session was made with: it is not to be replaced by it.
    Stale,
}

impl Guests {
    /// A session comes, under its own number.
    pub(super) fn check_in(&self, handle: &Arc<Handle>, name: Option<Arc<str>>) {
        let more = name.is_some().then(|| Box::new(More { name, ..More::default() }));
        let guest = Guest { handle: handle.clone(), more };
        self.lock().insert(handle.session(), guest);
    }

    /// A session comes back under the number of its ticket.
    pub(super) fn come_back(&self, bearer: Bearer, handle: &Arc<Handle>, name: Option<Arc<str>>) -> Return {
        let mut guests = self.lock();
        if let Some(guest) = guests.get_mut(&bearer.session) {
            // The newest ticket, or the one before, if the answer to its use was lost.
            let more = guest.more.get_or_insert_default();
            if bearer.generation.saturating_add(1) < more.generation {
                return Return::Stale;
            }
            more.heir = Some(handle.clone());
            let predecessor = guest.handle.clone();
            drop(guests);
            predecessor.order(CloseReason::Replaced);
            ring(None, vec![predecessor.wake_for(0)]);
            return Return::Waits;
        }
        handle.rename(bearer.session);
        let generation = bearer.generation.saturating_add(1);
        let more = Some(Box::new(More { name, generation, heir: None }));
        guests.insert(bearer.session, Guest { handle: handle.clone(), more });
        Return::Back(generation)
    }

    /// A session goes. Whoever waits for its place is woken.
    pub(super) fn check_out(&self, handle: &Arc<Handle>) {
        let mut guests = self.lock();
        let session = handle.session();
        if !guests.get(&session).is_some_and(|guest| Arc::ptr_eq(&guest.handle, handle)) {
            return;
        }
        let heir = guests.remove(&session).and_then(|guest| guest.more?.heir);
        drop(guests);
        if let Some(heir) = heir {
            ring(None, vec![heir.wake_for(0)]);
        }
    }

    /// The session of this number.
    pub(super) fn get(&self, session: SessionId) -> Option<Arc<Handle>> {
        self.lock().get(&session).map(|guest| guest.handle.clone())
    }

    /// What the session calls itself.
    pub(super) fn name(&self, session: SessionId) -> Option<Arc<str>> {
        self.lock().get(&session)?.more.as_ref()?.name.clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Guest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
