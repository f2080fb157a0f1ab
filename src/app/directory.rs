//! Who is here: sessions and rooms, for the admin address.

use crate::settings::{ListenerSettings, RelayProtocol, ServiceKind};

/// Rooms that a relay has at most; `None` for other services.
pub(super) fn rooms_limit(settings: &ListenerSettings) -> Option<u64> {
    let ServiceKind::Relay(relay) = &settings.service else { return None };
    Some(match relay.protocol {
        RelayProtocol::Oread => relay.rooms_max,
        RelayProtocol::Plain { .. } => 1,
    })
}
