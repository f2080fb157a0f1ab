//! The closed lists of names: why a session ended, why a frame was dropped, why a connection was refused, what a stream got wrong.
//!
//! The same word stands in the enum, the log, the metric's `reason` label and, where the wire has room for it, the wire.
//! A name is never reused for another meaning.

/// Declares a closed list: an enum, its words, and all of them in order.
macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every member, in the order of its number: `ALL[x as usize] == x`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word in logs, labels and on the wire.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

closed_list! {
    /// Why a session ended. Each session has exactly one.
    CloseReason {
        /// The peer closed its side at a frame border and has been sent all that it was owed.
        PeerClosed => "peer_closed",
        /// The peer, or the network, reset the connection.
        Reset => "reset",
        /// Another error of the socket.
        SocketError => "socket_error",
        /// The stream ended inside a frame.
        Truncated => "truncated",
        /// A frame announced or reached more than the listener's maximum.
        FrameTooLarge => "frame_too_large",
        /// A length that cannot be: shorter than the header that it includes.
        BadLength => "bad_length",
        /// No whole frame within `limits.handshake`.
        HandshakeTimeout => "handshake_timeout",
        /// A frame took longer than `limits.frame` from its first byte.
        FrameTimeout => "frame_timeout",
        /// Nothing went either way for `limits.idle`.
        IdleTimeout => "idle_timeout",
        /// The peer took nothing for `limits.write_stall` while it was owed something.
        WriteStall => "write_stall",
        /// The session reached `limits.lifetime`.
        Lifetime => "lifetime",
        /// The outbox was full and its policy is `disconnect`.
        OutboxFull => "outbox_full",
        /// Unfinished frames of all sessions reached `limits.partial_frames`.
        PartialBudget => "partial_budget",
        /// The service ended the session.
        Service => "service",
        /// A frame that cannot be decoded, or that had no place where it came.
        BadFrame => "bad_frame",
        /// The first frame was not the greeting that the protocol asks for.
        HelloExpected => "hello_expected",
        /// The peer speaks no version of the protocol that the daemon speaks.
        NoCommonVersion => "no_common_version",
        /// A token came over a transport that others can read.
        TokenExposed => "token_exposed",
        /// The token is not valid, or there is none.
        BadToken => "bad_token",
        /// Another connection is this session now: its resume ticket was used again.
        Replaced => "replaced",
        /// Nothing was heard for 1.5 times the keepalive.
        Keepalive => "keepalive",
        /// It fell behind in a room that ends laggards.
        FellBehind => "fell_behind",
        /// The room that it came for has as many members as it may.
        RoomFull => "room_full",
        /// An operator ended it.
        Kicked => "kicked",
        /// The daemon is stopping; the session was finished in order.
        Drained => "drained",
        /// The daemon stopped before the session was finished.
        Cut => "cut",
        /// A panic in the session's own code. A bug of ours; only this session ended.
        Panicked => "panicked",
    }
}

closed_list! {
    /// Why a frame that was owed to a peer was not delivered.
    DropReason {
        /// The outbox was full: the oldest made room (`drop-oldest`).
        OutboxOldest => "outbox_oldest",
        /// The outbox was full: the newest was refused (`drop-newest`).
        OutboxNewest => "outbox_newest",
        /// It waited in the outbox for longer than `outbox.age`.
        OutboxAge => "outbox_age",
        /// The session ended while it waited.
        SessionEnded => "session_ended",
        /// The member read more slowly than its room was written.
        Behind => "behind",
        /// It was older than the room delivers before the member read it.
        TooOld => "too_old",
    }
}

closed_list! {
    /// Why a connection was closed before it became a session.
    RefuseReason {
        /// The listener has `limits.sessions` of them.
        ListenerFull => "listener_full",
        /// The process has `limits.sessions` of them.
        ProcessFull => "process_full",
        /// The peer's address has `limits.sessions_per_ip` of them.
        AddressFull => "address_full",
        /// The connection died or could not be set up between accept and its first read.
        Setup => "setup",
    }
}

closed_list! {
    /// What went wrong with `accept` itself.
    AcceptFault {
        /// The process has no descriptor left (`EMFILE`).
        ProcessDescriptors => "process_descriptors",
        /// The host has no descriptor left (`ENFILE`).
        HostDescriptors => "host_descriptors",
        /// The kernel has no memory for the socket (`ENOBUFS`, `ENOMEM`).
        Memory => "memory",
        /// The peer gave up while it waited (`ECONNABORTED` and its kin): of no consequence.
        PeerGone => "peer_gone",
        /// Anything else.
        Other => "other",
    }
}

closed_list! {
    /// What became of a request to read the configuration again.
    ReloadOutcome {
        /// It says what is in force already.
        Unchanged => "unchanged",
        /// It differs, and the differences were reported.
        Reported => "reported",
        /// It has problems; what is in force stays.
        Refused => "refused",
    }
}

closed_list! {
    /// Why a member of a room is told that messages are missing.
    GapReason {
        /// It read more slowly than the room was written, and the room's bounds were reached.
        Behind => "behind",
        /// They were older than the room's `max_age` before it read them.
        TooOld => "too_old",
        /// It asked for a replay from a position that the room no longer holds.
        NotKept => "not_kept",
        /// It asked for a replay from another life of the room, whose positions mean nothing in this one.
        AnotherEpoch => "another_epoch",
    }
}

closed_list! {
    /// Why a request of a relay's session failed. The session goes on.
    RequestFault {
        /// A request of a type that this daemon does not know.
        Unsupported => "unsupported",
        /// A room name that is empty, too long, not UTF-8, or has a control character in it.
        BadName => "bad_name",
        /// A payload that is marked as text and is not UTF-8.
        BadText => "bad_text",
        /// A payload over what WELCOME allowed.
        PayloadTooLarge => "payload_too_large",
        /// No room ever had this number.
        UnknownRoom => "unknown_room",
        /// The session is not in that room, or the room is no more.
        NotJoined => "not_joined",
        /// No session has this number, or none that the sender may reach.
        UnknownSession => "unknown_session",
        /// The session may not do this here.
        NotPermitted => "not_permitted",
        /// The recipient's outbox is full.
        RecipientFull => "recipient_full",
        /// The listener has as many rooms as it may.
        NoMoreRooms => "no_more_rooms",
        /// The session is in as many rooms as it may.
        TooManyRooms => "too_many_rooms",
        /// The room has as many members as it may.
        RoomFull => "room_full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_one_reason() {
        let words: std::collections::BTreeSet<_> = CloseReason::ALL.iter().map(|r| r.word()).collect();
        assert_eq!(words.len(), CloseReason::COUNT);
        for (number, reason) in CloseReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, number);
        }
    }
}
