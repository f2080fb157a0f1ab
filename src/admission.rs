//! Who may become a session: caps for the process, the listener and the address, as guards. A place lives exactly as long as its
//! [`Admission`]; nothing else counts sessions.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::peer::{Peer, SessionId};
use crate::reason::RefuseReason;

/// Places of the whole process.
#[derive(Debug)]
pub struct ProcessGate {
    places: Places,
    numbers: AtomicU64,
    /// Told whenever a place becomes free: accept loops that ran out of descriptors and a drain that waits for the last session.
    freed: Notify,
}

/// Places of one listener, within those of the process.
#[derive(Debug)]
pub struct ListenerGate {
    process: Arc<ProcessGate>,
    places: Places,
    /// 0: no cap, and no address is remembered.
    per_address: u64,
    addresses: Mutex<HashMap<IpAddr, u64>>,
}

/// A session's place. Dropping it frees the place.
#[derive(Debug)]
pub struct Admission {
    gate: Arc<ListenerGate>,
    peer: Peer,
    id: SessionId,
}

#[derive(Debug)]
struct Places {
    taken: AtomicU64,
    limit: u64,
}

impl ProcessGate {
    /// So many sessions in all.
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { places: Places::new(limit), numbers: AtomicU64::new(1), freed: Notify::new() })
    }

    /// Live sessions.
    pub fn active(&self) -> u64 {
        self.places.taken.load(SeqCst)
    }

    /// The most that may live at once.
    pub fn limit(&self) -> u64 {
        self.places.limit
    }

    /// Waits until some session has ended after this call, awaited or not.
    pub fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }

    /// Waits until no session is left.
    pub async fn empty(&self) {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.active() == 0 {
                return;
            }
            freed.await;
        }
    }
}

impl ListenerGate {
    /// So many sessions on this listener, and so many from each address (0: no cap).
    pub fn new(process: Arc<ProcessGate>, limit: u64, per_address: u64) -> Arc<Self> {
        Arc::new(Self { process, places: Places::new(limit), per_address, addresses: Mutex::default() })
    }

    /// Live sessions of this listener.
    pub fn active(&self) -> u64 {
        self.places.taken.load(Relaxed)
    }

    /// The most that may live at once.
    pub fn limit(&self) -> u64 {
        self.places.limit
    }

    /// Takes a place for `peer`, or says which cap forbids it.
    pub fn admit(self: &Arc<Self>, peer: Peer) -> Result<Admission, RefuseReason> {
        if !self.process.places.take() {
            return Err(RefuseReason::ProcessFull);
        }
        if !self.places.take() {
            self.process.leave();
            return Err(RefuseReason::ListenerFull);
        }
        if !self.take_address(peer) {
            self.places.leave();
            self.process.leave();
            return Err(RefuseReason::AddressFull);
        }
        Ok(Admission { gate: self.clone(), peer, id: SessionId(self.process.numbers.fetch_add(1, Relaxed)) })
    }

    fn take_address(&self, peer: Peer) -> bool {
        let (Some(ip), 1..) = (peer.ip(), self.per_address) else { return true };
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = addresses.entry(ip).or_default();
        // An entry exists only while a session holds it, so that addresses cannot pile up.
        let free = *taken < self.per_address;
        *taken += u64::from(free);
        free
    }

    fn leave_address(&self, peer: Peer) {
        let (Some(ip), 1..) = (peer.ip(), self.per_address) else { return };
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = addresses.get_mut(&ip) {
            *taken -= 1;
            if *taken == 0 {
                addresses.remove(&ip);
            }
        }
    }
}

impl Admission {
    /// Who was admitted.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// The session's number.
    pub fn id(&self) -> SessionId {
        self.id
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.gate.leave_address(self.peer);
        self.gate.places.leave();
        self.gate.process.leave();
    }
}

impl ProcessGate {
    fn leave(&self) {
        self.places.leave();
        self.freed.notify_waiters();
    }
}

impl Places {
    fn new(limit: u64) -> Self {
        Self { taken: AtomicU64::new(0), limit }
    }

    fn take(&self) -> bool {
        // Never above the limit, not even for an instant: a refusal must not take the place of another, nor hold up a drain.
        self.taken.fetch_update(SeqCst, SeqCst, |taken| (taken < self.limit).then_some(taken + 1)).is_ok()
    }

    fn leave(&self) {
        self.taken.fetch_sub(1, SeqCst);
    }
}
