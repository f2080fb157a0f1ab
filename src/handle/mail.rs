//! Mail: whole frames that other sessions send to this one. It waits here until the session's outbox is empty, and counts against the same
//! bounds as the outbox until the socket has taken it: against its own, and while it waits here against the process's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::budget::Budget;

/// How much mail a session may be owed.
#[derive(Debug, Clone, Copy)]
pub struct MailRules {
    /// Frames.
    pub frames: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The mailbox is full, its session is gone, or all that waits in the process is at its limit.
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

#[derive(Debug)]
struct Letters {
    /// What the bytes are charged to.
    queued: Arc<Budget>,
    bytes: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
    /// Frames and bytes that the session has fetched and its socket has not taken.
    fetched: (u64, u64),
}

/// Mail that was fetched: frames one behind the other, and where each ends.
pub type Fetched = (Vec<u8>, Vec<usize>);

impl Mail {
    /// Leaves a frame, which is charged to `queued` until it is fetched. The session is to be woken afterwards.
    pub fn post(&self, rules: MailRules, queued: &Arc<Budget>, frame: &[u8]) -> Result<(), Refused> {
        let mut letters = self.letters();
        if self.closed.load(Ordering::Relaxed) || queued.is_spent() {
            return Err(Refused);
        }
        let letters = letters.get_or_insert_with(|| Box::new(Letters::new(queued.clone())));
        let frames = letters.ends.len() as u64 + letters.fetched.0;
        let bytes = letters.bytes.len() as u64 + letters.fetched.1;
        // An empty mailbox takes any one frame, as an outbox does.
        let fits = frames == 0 || (frames < rules.frames && bytes + frame.len() as u64 <= rules.bytes);
        if !fits {
            return Err(Refused);
        }
        letters.charge(letters.bytes.len() + frame.len());
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
        letters.charge(0);
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

impl Letters {
    fn new(queued: Arc<Budget>) -> Self {
        Self { queued, bytes: Vec::new(), ends: Vec::new(), fetched: (0, 0) }
    }

    /// The bytes are about to become so many.
    fn charge(&self, bytes: usize) {
        let _ = self.queued.settle(self.bytes.len(), bytes);
    }
}

impl Drop for Letters {
    fn drop(&mut self) {
        self.charge(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: MailRules = MailRules { frames: 10, bytes: 1000 };

    #[test]
    fn mail_is_charged_while_it_waits_and_refused_when_all_is_spent() {
        let (queued, mail) = (Arc::new(Budget::new(20)), Mail::default());
        assert_eq!(mail.post(RULES, &queued, &[0; 9]), Ok(()));
        assert_eq!(mail.post(RULES, &queued, &[0; 11]), Ok(()));
        assert_eq!(queued.used(), 20);
        assert_eq!(mail.post(RULES, &queued, &[0]), Err(Refused));

        assert_eq!(mail.fetch().1, [9, 20]);
        assert_eq!(queued.used(), 0, "it is the outbox's now");
        mail.delivered();
        assert_eq!(mail.post(RULES, &queued, &[0; 7]), Ok(()));
        assert_eq!((queued.used(), mail.close(), queued.used()), (7, 1, 0));
        assert_eq!(mail.post(RULES, &queued, &[0]), Err(Refused), "its session is gone");
    }
}
