//! What the simulated clients say: payloads that tell who said them and which they are, and that cannot be cut or mixed up unnoticed.

use super::chance::Chance;

/// One message, by who said it, over which of its connections, and which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    pub publisher: u16,
    pub connection: u16,
    pub number: u32,
}

/// Bytes that say which message it is.
const HEAD: usize = 8;

impl Said {
    /// The whole payload. Its length and its bytes follow from which message it is; some are long enough to own a segment of the log.
    pub fn payload(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.publisher.to_be_bytes());
        bytes.extend_from_slice(&self.connection.to_be_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        let mut chance = Chance::new(u64::from_be_bytes(bytes[..HEAD].try_into().unwrap()));
        let filling = if chance.one_in(24) { chance.size(500, 3_000) } else { chance.size(0, 90) };
        // A line feed would end the frame where lines are frames.
        bytes.extend((0..filling).map(|_| b'a' + u8::try_from(chance.between(0, 25)).unwrap()));
        bytes
    }

    /// Which message this is; none if it is not one as it was said.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let head = payload.get(..HEAD)?;
        let said = Self {
            publisher: u16::from_be_bytes(head[..2].try_into().unwrap()),
            connection: u16::from_be_bytes(head[2..4].try_into().unwrap()),
            number: u32::from_be_bytes(head[4..].try_into().unwrap()),
        };
        (said.payload() == payload).then_some(said)
    }
}
