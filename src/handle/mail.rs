//! Mail: whole frames that other sessions send to this one. It waits here until the session's outbox is empty, and counts against the same
//! bounds as the outbox until the socket has taken it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much mail a session may be owed.
#[derive(Debug, Clone, Copy)]
pub struct MailRules {
    /// Frames.
    pub frames: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The mailbox is full, or its session is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// A session's mailbox. One that never got any owns no memory.
#[derive(Debug, Default)]
pub struct Mail {
    arrived: AtomicBool,
    /// Changed and read under the lock.
    closed: AtomicBool,
    letters: Mutex<Option<Box<Letters>>>,
}

#[derive(Debug, Default)]
struct Letters {
    bytes: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
    /// Frames and bytes that the session has fetched and its socket has not taken.
    fetched: (u64, u64),
}

/// Mail that was fetched: frames one behind the other, and where each ends.
pub type Fetched = (Vec<u8>, Vec<usize>);

impl Mail {
    /// Leaves a frame. The session is to be woken afterwards.
    pub fn post(&self, rules: MailRules, frame: &[u8]) -> Result<(), Refused> {
        let mut letters = self.letters();
        if self.closed.load(Ordering::Relaxed) {
            return Err(Refused);
        }
        let letters = letters.get_or_insert_default();
        let frames = letters.ends.len() as u64 + letters.fetched.0;
        let bytes = letters.bytes.len() as u64 + letters.fetched.1;
        // An empty mailbox takes any one frame, as an outbox does.
        let fits = frames == 0 || (frames < rules.frames && bytes + frame.len() as u64 <= rules.bytes);
        if !fits {
            return Err(Refused);
        }
        letters.bytes.extend_from_slice(frame);
        letters.ends.push(letters.bytes.len());
        self.arrived.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether there is anything to fetch.
    #[inline]
    pub fn waits(&self) -> bool {
        self.arrived.load(Ordering::Acquire)
    }

    /// Hands over all of it, to a session whose outbox is empty: what was fetched before has been sent.
    pub fn fetch(&self) -> Fetched {
        let mut letters = self.letters();
        self.arrived.store(false, Ordering::Release);
        let Some(letters) = &mut *letters else { return Fetched::default() };
        letters.fetched = (letters.ends.len() as u64, letters.bytes.len() as u64);
        (std::mem::take(&mut letters.bytes), std::mem::take(&mut letters.ends))
    }

    /// The session's outbox is empty: what was fetched has been sent.
    pub fn delivered(&self) {
        let mut letters = self.letters();
        if letters.as_ref().is_some_and(|letters| letters.ends.is_empty()) {
            *letters = None;
        } else if let Some(letters) = &mut *letters {
            letters.fetched = (0, 0);
        }
    }

    /// Takes nothing more. Says how many frames nobody fetched.
    pub fn close(&self) -> u64 {
        let mut letters = self.letters();
        self.closed.store(true, Ordering::Relaxed);
        letters.take().map_or(0, |letters| letters.ends.len() as u64)
    }

    fn letters(&self) -> MutexGuard<'_, Option<Box<Letters>>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
