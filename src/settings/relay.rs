//! Settings of a relay: how its sessions speak, what a room may hold, and who may be in it.

use std::time::Duration;

/// The least that a listener may set as its longest frame where sessions speak protocol 1: a first frame must fit.
pub const OREAD_FRAME_MAX_LEAST: u64 = 4096;

/// The relay of one listener (`[listener.NAME.relay]`, `[listener.NAME.room]`, `[listener.NAME.rooms]`).
#[derive(Debug, Clone, PartialEq)]
pub struct RelaySettings {
    /// `relay.protocol`: how sessions and daemon speak.
    pub protocol: RelayProtocol,
    /// `relay.keepalive`: a session silent for so long is asked whether it lives; at 1.5 times it ends. Zero: never. Protocol 1 only.
    pub keepalive: Duration,
    /// `relay.resume_for`: how long after its session's end a ticket brings it back. Zero: there are no tickets. Protocol 1 only.
    pub resume_for: Duration,
    /// `relay.come_back_rate`: reconnects a second for which a drain spreads its sessions.
    pub come_back_rate: u64,
    /// `relay.publish_rate`: messages a second that a session may publish, kept by pacing; 0 is no cap.
    pub publish_rate: u64,
    /// `relay.join`: patterns of the rooms that may be joined.
    pub join: Vec<NamePattern>,
    /// `relay.publish`: patterns of the rooms that may be published to.
    pub publish: Vec<NamePattern>,
    /// `relay.insecure_tokens`: whether a token may come over a transport that others can read.
    pub insecure_tokens: bool,
    /// `relay.presence_interval`: how long comings and goings are gathered into one notice.
    pub presence_interval: Duration,
    /// `relay.presence_members`: a room with more members than this is told only their number.
    pub presence_members: u64,
    /// `room`: limits of each room.
    pub room: RoomSettings,
    /// `rooms.max`: rooms of the listener, those that only linger included.
    pub rooms_max: u64,
    /// `rooms.max_per_session`: rooms that one session may be in.
    pub rooms_per_session: u64,
    /// `rooms.PATTERN`: rooms whose name matches have these limits instead. The first that matches counts, in the order of the patterns.
    pub rooms: Vec<(NamePattern, RoomSettings)>,
}

impl RelaySettings {
    /// Limits of the room of this name.
    pub fn room(&self, name: &str) -> &RoomSettings {
        self.rooms.iter().find(|(pattern, _)| pattern.matches(name)).map_or(&self.room, |(_, room)| room)
    }
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            protocol: RelayProtocol::Oread,
            keepalive: Duration::from_secs(30),
            resume_for: Duration::from_mins(5),
            come_back_rate: 1_000,
            publish_rate: 0,
            join: vec![NamePattern::everything()],
            publish: vec![NamePattern::everything()],
            insecure_tokens: false,
            presence_interval: Duration::from_millis(500),
            presence_members: 256,
            room: RoomSettings::default(),
            rooms_max: 10_000,
            rooms_per_session: 64,
            rooms: Vec::new(),
        }
    }
}

/// How the sessions of a relay speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayProtocol {
    /// `"oread"`: protocol 1 of `docs/protocol.md`.
    Oread,
    /// `"plain"`: no protocol; each frame goes to everyone else in one room.
    Plain {
        /// `relay.room`: the room's name.
        room: String,
    },
}

impl RelayProtocol {
    /// The word in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Oread => "oread",
            Self::Plain { .. } => "plain",
        }
    }
}

/// Limits of each room (`[listener.NAME.room]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomSettings {
    /// Bytes of the log, its index included.
    pub log_bytes: u64,
    /// Messages in the log.
    pub log_messages: u64,
    /// Nothing older than this is delivered; zero is no limit.
    pub max_age: Duration,
    /// How long messages that everyone has read are kept for replay.
    pub history: Duration,
    /// How long a room without members keeps its epoch and its log.
    pub linger: Duration,
    /// Members at once.
    pub members: u64,
    /// What happens when a member has not read what has to make room.
    pub when_behind: WhenBehind,
    /// With `block`: how long publishers wait before the laggards are skipped.
    pub block_for: Duration,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            log_bytes: 4 << 20,
            log_messages: 65_536,
            max_age: Duration::ZERO,
            history: Duration::ZERO,
            linger: Duration::from_secs(30),
            members: 10_000,
            when_behind: WhenBehind::Skip,
            block_for: Duration::from_secs(5),
        }
    }
}

/// What a room does about a member that falls behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenBehind {
    /// `block`: publishers wait.
    Block,
    /// `skip`: the laggard misses messages, and is told which where the wire can say so.
    Skip,
    /// `disconnect`: the laggard is ended; until then it is skipped.
    Disconnect,
}

impl WhenBehind {
    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Skip => "skip",
            Self::Disconnect => "disconnect",
        }
    }
}

/// A pattern of room names: `*` stands for any bytes, any other character for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamePattern(String);

impl NamePattern {
    /// The pattern that is written so.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// Matches every name.
    pub fn everything() -> Self {
        Self::new("*")
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its place among several, the lowest first: the one with the most characters besides its stars, of equal ones the first in the alphabet.
    pub fn precedence(&self) -> (std::cmp::Reverse<usize>, String) {
        let literal = self.0.chars().filter(|c| *c != '*').count();
        (std::cmp::Reverse(literal), self.0.clone())
    }

    /// Whether `name` is one of those meant. Takes time linear in the name for each star at the most.
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_bytes_and_nothing_else_does() {
        for (pattern, names, others) in [
            ("*", &["", "a", "a*b"][..], &[][..]),
            ("chat", &["chat"], &["", "chats", "a chat"]),
            ("chat-*", &["chat-", "chat-1"], &["chat", "a chat-1"]),
            ("*-log", &["-log", "a-log"], &["log", "a-log-"]),
            ("a*b*c", &["abc", "a--b--c", "abbcc"], &["ab", "acb", "abcd"]),
            ("a*a", &["aa", "aba"], &["a"]),
            ("a.c", &["a.c"], &["abc"]),
        ] {
            let pattern = NamePattern::new(pattern);
            for name in names {
                assert!(pattern.matches(name), "{pattern:?} {name:?}");
            }
            for name in others {
                assert!(!pattern.matches(name), "{pattern:?} {name:?}");
            }
        }
    }
}
