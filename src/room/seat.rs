//! A seat: a member's cursor, and the account of what became of each message that was published since it joined.

use std::time::Duration;

use crate::peer::SessionId;

/// A member's claim to its seat. There is one of each: it is given up by [`RoomLog::leave`](super::RoomLog::leave).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a seat that nobody gives up holds the log"]
pub struct Member(pub(super) usize);

/// Which messages a member wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hearing {
    /// Those that others publish.
    #[default]
    Others,
    /// Its own too.
    All,
    /// None: it only publishes, and never holds anything back.
    Nothing,
}

/// Where a member begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With what is published from now on.
    Newest,
    /// With the oldest message held.
    Oldest,
    /// With the message after `position`; a gap comes first if that is no longer held, or if `epoch` is not that of the log.
    After {
        /// The life of the room in which the position was seen.
        epoch: u64,
        /// The last position seen.
        position: u64,
    },
}

/// What became of the messages published since a member joined: `published = received + missing + own + unread`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Messages published after the position at which the member began to hear.
    pub published: u64,
    /// Messages that its socket took, or took the beginning of.
    pub received: u64,
    /// Messages announced as missing.
    pub missing: u64,
    /// Its own, which it did not want.
    pub own: u64,
    /// Messages that are still to be delivered or announced.
    pub unread: u64,
}

impl Account {
    /// The invariant.
    pub fn adds_up(&self) -> bool {
        self.published == self.received + self.missing + self.own + self.unread
    }
}

/// How far a member is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// The member's session.
    pub session: SessionId,
    /// Messages published past its cursor, its own and those no longer held included.
    pub messages: u64,
    /// Bytes of those that are still held.
    pub bytes: u64,
    /// The age of the oldest of those that are still held; zero if there is none.
    pub age: Duration,
}

/// The log's side of a member.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) session: SessionId,
    pub(super) hearing: Hearing,
    /// The position that it reads next. It may lie before what the log holds: that is the gap to be announced.
    pub(super) next: u64,
    /// The position up to which a reading is under way; `next` if none is.
    pub(super) taken: u64,
    /// The newest position that may be its own: nothing of what follows has to be left out.
    pub(super) last_own: u64,
    /// From here on its own messages, where it does not want them, are counted. Those before were held when it came or changed what it wants:
    /// nobody looks for them unless it leaves before it has passed them.
    pub(super) counted_from: u64,
    /// Own messages past its cursor that it does not want, of those that are counted: they are unread, but nobody owes them to it.
    pub(super) own_ahead: u64,
    /// Own messages that were given up before it passed them: they are not missing to it.
    pub(super) lost_own: u64,
    /// Of those, the ones that are counted.
    pub(super) lost_counted: u64,
    /// Whether it asked for what `next` says, and has not read since.
    pub(super) replays: bool,
    /// Whether it asked for a replay of another epoch, and was not yet told.
    pub(super) other_epoch: bool,
    /// Whether it was skipped, told so, and has read nothing since.
    pub(super) passed_over: bool,
    /// Up to where it is forgiven that it was skipped: it has read since, or came later.
    pub(super) forgiven: u64,
    /// The position at which its account begins.
    pub(super) start: u64,
    pub(super) received: u64,
    pub(super) missing: u64,
    pub(super) own: u64,
}

impl Seat {
    pub(super) fn new(session: SessionId, hearing: Hearing, next: u64, forgiven: u64) -> Self {
        Self {
            session,
            hearing,
            next,
            taken: next,
            last_own: 0,
            counted_from: next,
            own_ahead: 0,
            lost_own: 0,
            lost_counted: 0,
            replays: false,
            other_epoch: false,
            passed_over: false,
            forgiven,
            start: next,
            received: 0,
            missing: 0,
            own: 0,
        }
    }

    /// Its cursor moves past so many of its own, which it does not want; so many of them were counted.
    pub(super) fn pass_own(&mut self, messages: u64, counted: u64) {
        self.own += messages;
        self.own_ahead -= counted;
    }

    /// Of its own, so many were given up that it has not passed.
    pub(super) fn lose_own(&mut self, messages: u64, counted: u64) {
        self.lost_own += messages;
        self.lost_counted += counted;
    }

    /// Its own messages are counted from `next` on, and those before no longer.
    pub(super) fn count_own_from(&mut self, next: u64) {
        (self.counted_from, self.own_ahead, self.lost_counted) = (next, 0, 0);
    }

    pub(super) fn hears(&self) -> bool {
        self.hearing != Hearing::Nothing
    }

    /// Whose messages it is not to get, among those from `position` on.
    pub(super) fn leaves_out(&self, position: u64) -> Option<SessionId> {
        (self.hearing == Hearing::Others && position <= self.last_own).then_some(self.session)
    }

    pub(super) fn account(&self, newest: u64) -> Account {
        if !self.hears() {
            return Account::default();
        }
        Account {
            published: newest + 1 - self.start,
            received: self.received,
            missing: self.missing,
            own: self.own,
            unread: newest + 1 - self.next,
        }
    }
}
