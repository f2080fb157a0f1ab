//! A session as everyone else sees it: its number, how to wake it, what it is told to do, and its mail. The session itself owns the rest.
//!
//! ```text
//!   other sessions ── mail, news ──►┐
//!   rooms ── news of a place ──────►├─ Handle ── wakes ──► the session's task, which looks at all of it in its next turn
//!   operators ── order to end ─────►┘
//! ```
//! A wake-up that crosses workers goes through the bell of the other one, since each that goes directly to another thread's runtime costs a
//! system call.

mod bell;
mod mail;
mod news;
mod patience;

mod atomics {
    //! What the model of the lock-free part puts others in the place of.
    pub(super) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
}

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Instant;

pub use bell::{Bell, ring};
pub use mail::{Fetched, Mail, MailRules, Refused};
use news::News;

use crate::peer::{Peer, SessionId};
use crate::reason::CloseReason;

/// A session as everyone else sees it.
#[derive(Debug)]
pub struct Handle {
    session: AtomicU64,
    peer: Peer,
    listener: Arc<str>,
    born: Instant,
    bell: Arc<Bell>,
    /// Of the task that the session is. Set in its first turn; a spawned task keeps its waker for life.
    waker: OnceLock<Waker>,
    news: News,
    /// Bytes in its outbox, for people to look at.
    owed: AtomicU32,
    mail: Mail,
}

/// A wish to be woken, as it is left with whoever will have news: the session, and the place in which the news will be.
#[derive(Debug, Clone)]
pub struct Wake {
    handle: Arc<Handle>,
    place: u32,
}

impl Handle {
    /// A session that begins, on the worker of `bell`.
    pub fn new(session: SessionId, peer: Peer, listener: Arc<str>, bell: Arc<Bell>) -> Arc<Self> {
        Arc::new(Self {
            session: AtomicU64::new(session.0),
            peer,
            listener,
            born: Instant::now(),
            bell,
            waker: OnceLock::new(),
            news: News::new(),
            owed: AtomicU32::new(0),
            mail: Mail::default(),
        })
    }

    /// The session's number.
    pub fn session(&self) -> SessionId {
        SessionId(self.session.load(Ordering::Relaxed))
    }

    /// The session is another one from here on: the one that came back.
    pub fn rename(&self, session: SessionId) {
        self.session.store(session.0, Ordering::Relaxed);
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// The name of the listener over which it came.
    pub fn listener(&self) -> &str {
        &self.listener
    }

    /// When it began.
    pub fn born(&self) -> Instant {
        self.born
    }

    /// The task to be woken. Called in each turn; only the first call counts.
    #[inline]
    pub fn polled_by(&self, waker: &Waker) {
        if self.waker.get().is_none() {
            // Lost only to this very session, which polls itself from one thread.
            let _ = self.waker.set(waker.clone());
            News::registered();
        }
    }

    /// Gives the session a turn, from its own worker or where it happens seldom.
    pub fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// Tells the session to end, unless it was told before.
    pub fn end(&self, reason: CloseReason) {
        self.order(reason);
        self.wake();
    }

    /// As [`Handle::end`], for whoever wakes it in another way.
    pub fn order(&self, reason: CloseReason) {
        self.news.order(reason as u8);
    }

    /// What the session was told to end with.
    #[inline]
    pub fn ordered(&self) -> Option<CloseReason> {
        CloseReason::ALL.get(usize::from(self.news.ordered()?)).copied()
    }

    /// A wish to be woken for news in this place.
    pub fn wake_for(self: &Arc<Self>, place: u32) -> Wake {
        Wake { handle: self.clone(), place }
    }

    /// Notes that there is news in a place, without waking.
    pub fn note(&self, place: u32) {
        self.news.note(place);
    }

    /// A bit for each place in which there is news since the last time, place 64 counting as place 0 again.
    #[inline]
    pub fn take_news(&self) -> u64 {
        self.news.take()
    }

    /// Whether there is news that was not taken yet.
    pub fn has_news(&self) -> bool {
        self.news.any()
    }

    /// Bytes in the session's outbox, as of its last turn.
    pub fn owed(&self) -> u32 {
        self.owed.load(Ordering::Relaxed)
    }

    /// Shows how many bytes the outbox holds.
    pub fn show_owed(&self, bytes: usize) {
        self.owed.store(u32::try_from(bytes).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// What other sessions sent to this one.
    pub fn mail(&self) -> &Mail {
        &self.mail
    }
}

impl Wake {
    /// Whether the session lives on the worker of this bell.
    #[inline]
    pub fn is_at(&self, bell: &Arc<Bell>) -> bool {
        Arc::ptr_eq(&self.handle.bell, bell)
    }

    /// The bell of the session's worker.
    pub fn bell(&self) -> &Arc<Bell> {
        &self.handle.bell
    }

    /// Wakes it now: on its own worker.
    #[inline]
    pub fn now(self) {
        self.handle.note(self.place);
        self.handle.wake();
    }
}
