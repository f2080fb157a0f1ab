//! The closed lists that have numbers on this wire: error codes, gap reasons, presence kinds and events.
//!
//! A number is never used again for another meaning, and a word is the one that metrics and logs use. Closed is what is *sent*:
//! a reader meets the numbers of newer peers as [`Listed::Other`] and goes on.

pub use crate::reason::GapReason;

/// What the lists have in common.
pub trait Numbered: Copy + Sized + 'static {
    /// Every member, in the order of the numbers.
    const ALL: &'static [Self];

    /// The number on the wire.
    fn number(self) -> u16;

    /// The word in logs, labels and documents.
    fn word(self) -> &'static str;

    /// What it means, in a sentence.
    fn meaning(self) -> &'static str;

    /// The member with this number.
    fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|member| member.number() == number)
    }
}

/// A number of a list as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listed<L> {
    /// A member of the list.
    Known(L),
    /// A number that came into the list after this was built.
    Other(u16),
}

impl<L: Numbered> Listed<L> {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::Known(member) => member.number(),
            Self::Other(number) => number,
        }
    }

    /// The member, when it is known here.
    pub fn known(self) -> Option<L> {
        match self {
            Self::Known(member) => Some(member),
            Self::Other(_) => None,
        }
    }
}

impl<L: Numbered> From<u16> for Listed<L> {
    fn from(number: u16) -> Self {
        L::from_number(number).map_or(Self::Other(number), Self::Known)
    }
}

macro_rules! numbered_list {
    ($(#[$doc:meta])* $name:ident { $($number:literal $variant:ident $word:literal: $meaning:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum $name { $(#[doc = $meaning] $variant = $number,)+ }

        impl Numbered for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn number(self) -> u16 {
                self as u16
            }

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

numbered_list! {
    /// What an ERROR says. Below 200 the session ends with it, from 200 on one request failed and the session goes on.
    ErrorCode {
        100 BadFrame "bad_frame": "A frame that cannot be decoded, or that has no place here, such as a second HELLO.",
        101 FrameTooLarge "frame_too_large": "A length over the maximum, or a HELLO over its own.",
        102 HelloExpected "hello_expected": "The first frame was not HELLO.",
        103 NoCommonVersion "no_common_version": "None of the versions offered is spoken here; the text names those that are.",
        104 HandshakeTimeout "handshake_timeout": "No HELLO within the handshake deadline.",
        105 TokenExposed "token_exposed": "A token on a transport that anyone may read. Use TLS; the token should be considered known.",
        106 BadToken "bad_token": "The token is not valid, or no longer.",
        110 Replaced "replaced": "The resume ticket was used again: another connection is this session now. Do not come back by yourself.",
        111 Keepalive "keepalive": "Nothing was heard for 1.5 times the keepalive.",
        112 FellBehind "fell_behind": "A room that disconnects members who fall behind did so.",
        113 Draining "draining": "The node is stopping. Come back as `GOING_AWAY` said, or after a pause.",
        114 Kicked "kicked": "An operator ended the session.",
        115 Lifetime "lifetime": "The session is as old as sessions get here.",
        200 Unsupported "unsupported": "A request of a type that this node does not know.",
        201 BadName "bad_name": "A room name that is empty, over 128 bytes, not UTF-8, or has a control character in it.",
        202 BadText "bad_text": "A payload that is marked as text and is not UTF-8.",
        203 PayloadTooLarge "payload_too_large": "A payload over what WELCOME allowed.",
        204 UnknownRoom "unknown_room": "No room ever had this number.",
        205 NotJoined "not_joined": "The session is not in that room, or the room is no more.",
        206 UnknownSession "unknown_session": "No session has this number, or none that the sender may reach.",
        207 NotPermitted "not_permitted": "The session may not do this here.",
        208 RecipientFull "recipient_full": "The recipient's outbox is full; nothing was delivered.",
        209 NoMoreRooms "no_more_rooms": "The node has as many rooms as it may; only rooms that exist can be joined.",
        210 TooManyRooms "too_many_rooms": "The session is in as many rooms as it may; leave one first.",
        211 RoomFull "room_full": "The room has as many members as it may.",
        212 RateLimited "rate_limited": "The session publishes or asks faster than it may; this was not done.",
    }
}

impl ErrorCode {
    /// Whether the same may succeed later without anything being different on the client's side.
    pub fn temporary(self) -> bool {
        matches!(
            self,
            Self::HandshakeTimeout
                | Self::Keepalive
                | Self::FellBehind
                | Self::Draining
                | Self::Lifetime
                | Self::RecipientFull
                | Self::NoMoreRooms
                | Self::RoomFull
                | Self::RateLimited
        )
    }

    /// Whether the session ends with it.
    pub fn ends_session(self) -> bool {
        self.number() < 200
    }
}

/// The list is the daemon's own; on this wire its members count from 1.
impl Numbered for GapReason {
    const ALL: &'static [Self] = Self::ALL;

    fn number(self) -> u16 {
        self as u16 + 1
    }

    fn word(self) -> &'static str {
        self.word()
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Behind => "The member read too slowly, and the room went on without it.",
            Self::TooOld => "The messages were older than the room delivers.",
            Self::NotKept => "The log no longer holds what the JOIN asked for.",
            Self::AnotherEpoch => {
                "The JOIN named a life of the room that this is not: what is missing cannot be counted."
            }
        }
    }
}

numbered_list! {
    /// What a PRESENCE holds.
    PresenceKind {
        0 Changes "changes": "Who came and went since the PRESENCE before.",
        1 Roster "roster": "Everyone who is in the room, this member too; what was known before is void.",
        2 CountOnly "count_only": "The room is too large for names: only the number of members counts.",
    }
}

numbered_list! {
    /// What a PRESENCE says of one session.
    PresenceEvent {
        1 Joined "joined": "It is in the room.",
        2 Left "left": "It left the room.",
        3 Lost "lost": "Its connection ended without leaving.",
    }
}
