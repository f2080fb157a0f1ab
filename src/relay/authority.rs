//! Who may do what: the seam at which joining and publishing are decided. The rules of the configuration are one implementation; an
//! embedding program brings its own.

use crate::peer::{Peer, SessionId};
use crate::settings::{NamePattern, RelaySettings};

/// Decides who may do what. Asked once for each joining; what it says of publishing holds until the session leaves the room.
pub trait Authority: Send + Sync {
    /// Whether this session may hear what is said in the room.
    fn may_join(&self, session: SessionId, peer: Peer, room: &str) -> bool;

    /// Whether it may say something there.
    fn may_publish(&self, session: SessionId, peer: Peer, room: &str) -> bool;

    /// Whether a peer may be here with this token, which is empty if it brought none. Not asked about a token that others could read.
    fn accepts(&self, peer: Peer, token: &[u8]) -> bool;
}

/// The same for everyone: `relay.join` and `relay.publish`. Any token is good, since none is asked for.
#[derive(Debug)]
pub struct StaticRules {
    join: Vec<NamePattern>,
    publish: Vec<NamePattern>,
}

impl StaticRules {
    /// The rules that these settings make.
    pub fn new(settings: &RelaySettings) -> Self {
        Self { join: settings.join.clone(), publish: settings.publish.clone() }
    }
}

impl Authority for StaticRules {
    fn may_join(&self, _: SessionId, _: Peer, room: &str) -> bool {
        self.join.iter().any(|pattern| pattern.matches(room))
    }

    fn may_publish(&self, _: SessionId, _: Peer, room: &str) -> bool {
        self.publish.iter().any(|pattern| pattern.matches(room))
    }

    fn accepts(&self, _: Peer, _: &[u8]) -> bool {
        true
    }
}
