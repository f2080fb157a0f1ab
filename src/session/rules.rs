//! The rules of a listener's sessions, in the units in which they are kept: what the settings mean to a session.

use super::clocks::Patience;
use crate::codec::Codec;
use crate::outbox::OutboxRules;
use crate::pace::Rate;
use crate::settings::{ListenerSettings, RelayProtocol, ServiceKind};
use crate::tick::Tick;

/// What all sessions of a listener have in common.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How bytes become frames.
    pub codec: Codec,
    /// How long things may take.
    pub patience: Patience,
    /// The bounds of an outbox.
    pub outbox: OutboxRules,
    /// Bytes a second from the peer.
    pub rate: Rate,
}

impl Rules {
    /// The rules that these settings make.
    pub fn new(settings: &ListenerSettings) -> Self {
        let mut patience = Patience::new(&settings.limits);
        if let ServiceKind::Relay(relay) = &settings.service
            && relay.protocol == RelayProtocol::Oread
        {
            patience.keepalive = Tick::span(relay.keepalive);
        }
        Self {
            codec: Codec::new(&settings.codec),
            patience,
            outbox: OutboxRules::new(&settings.outbox),
            rate: Rate::per_second(settings.limits.read_rate),
        }
    }

    /// The same while the outboxes of all sessions together are at their limit: each is full with one frame.
    #[cold]
    #[must_use]
    pub fn crowded(&self) -> Self {
        Self { outbox: OutboxRules { frames: 1, ..self.outbox }, ..*self }
    }
}
