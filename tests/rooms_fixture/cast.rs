//! Whom many tests need: one who speaks and knows where it was put, and many who listen all the time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tokio::task::JoinHandle;

use super::{Ears, Guest, Heard, LOBBY, Ledger, in_time, until};

/// The number of the last message of all.
pub const END: u32 = u32::MAX;

/// One who says numbered messages and waits for the receipts.
pub struct Speaker {
    pub guest: Guest,
    pub ledger: Ledger,
    number: u32,
}

impl Speaker {
    /// In the lobby. It hears what others say there as far as it reads receipts.
    pub async fn come(address: SocketAddr) -> Self {
        Self::in_room(address, LOBBY).await
    }

    /// In this room.
    pub async fn in_room(address: SocketAddr, room: &str) -> Self {
        let mut guest = Guest::connect(address).await;
        let (_, position) = guest.enter(room, false, None).await;
        Self { guest, ledger: Ledger::from(position), number: 0 }
    }

    /// The bytes of the next messages, each of this many bytes, with a receipt for each.
    pub fn next(&mut self, messages: u32, size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..messages {
            self.number += 1;
            let mut payload = vec![b'.'; size.max(4)];
            payload[..4].copy_from_slice(&self.number.to_be_bytes());
            bytes.extend(self.guest.mouth.message(self.number, &payload));
        }
        bytes
    }

    /// Says as many messages, and the position of the last.
    pub async fn say(&mut self, messages: u32, size: usize) -> u64 {
        let bytes = self.next(messages, size);
        self.guest.mouth.send(&bytes).await;
        self.hear_receipts().await
    }

    /// Waits for the last receipt, and says the position.
    pub async fn hear_receipts(&mut self) -> u64 {
        self.guest.ears.receipt(&mut self.ledger, self.number).await
    }

    /// Says the last message.
    pub async fn say_end(&mut self) -> u64 {
        let bytes = self.guest.mouth.message(END, &END.to_be_bytes());
        self.guest.mouth.send(&bytes).await;
        self.guest.ears.receipt(&mut self.ledger, END).await
    }
}

/// Whether this is the last message.
pub fn is_end(heard: &Heard) -> bool {
    matches!(heard, Heard::Message { payload, .. } if payload[..4] == END.to_be_bytes())
}

/// Notes all up to the last message.
pub async fn hear_to_the_end(ears: &mut Ears, ledger: &mut Ledger) {
    loop {
        let heard = ears.hear().await.expect("the last message");
        ledger.note(&heard);
        if is_end(&heard) {
            return;
        }
    }
}

/// Members who read all the time.
pub struct Audience {
    through: Vec<Arc<AtomicU64>>,
    readers: Vec<JoinHandle<Ledger>>,
}

impl Audience {
    /// So many in the lobby.
    pub async fn seat(address: SocketAddr, members: usize) -> Self {
        let mut all = Self { through: Vec::new(), readers: Vec::new() };
        for _ in 0..members {
            let mut guest = Guest::connect(address).await;
            let ledger = guest.join(false).await;
            let through = Arc::new(AtomicU64::new(ledger.joined));
            all.through.push(through.clone());
            all.readers.push(tokio::spawn(listen(guest, ledger, through)));
        }
        all
    }

    /// Waits until everyone has heard this position.
    pub async fn hears(&self, position: u64) {
        let all_have = || self.through.iter().all(|through| through.load(SeqCst) >= position);
        until("all who read have heard it", all_have).await;
    }

    /// Their ledgers, once the last message was said.
    pub async fn ledgers(self) -> Vec<Ledger> {
        let mut ledgers = Vec::new();
        for reader in self.readers {
            ledgers.push(in_time("a reader hears the end", reader).await.unwrap());
        }
        ledgers
    }
}

async fn listen(mut guest: Guest, mut ledger: Ledger, through: Arc<AtomicU64>) -> Ledger {
    loop {
        let heard = guest.ears.hear().await.expect("the last message");
        ledger.note(&heard);
        through.store(ledger.next - 1, SeqCst);
        if is_end(&heard) {
            return ledger;
        }
    }
}
