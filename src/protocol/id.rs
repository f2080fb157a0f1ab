//! The numbers that name things on this wire, so that one cannot be passed for another.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A client's own number for something it asks; it comes back in the answer. 0: no answer is wanted, or none was asked for.
    Request(u32)
}

impl Request {
    /// No request.
    pub const NONE: Self = Self(0);
}

id! {
    /// A room, by the node's number: the same for each member, never used again while the process lives, never 0.
    RoomNumber(u32)
}

id! {
    /// One life of a room's history, at most [`INTEGER_MAX`](super::INTEGER_MAX). 0 in a JOIN: whatever life there is.
    Epoch(u64)
}

id! {
    /// A message of a room's history, counted from 1 without holes, at most [`INTEGER_MAX`](super::INTEGER_MAX). 0: before the first.
    Position(u64)
}
