//! The log of a room: one copy of what is published, read by each member with a cursor of its own. The relay service reads and writes it;
//! it knows neither sockets nor protocols, does no I/O, takes no lock, and is told the time.
//!
//! ```text
//!      given up       │              held: at most `bytes` and `messages`               │ to come
//!   ──────────────────┼──────────[ segment ]───────[ segment ]───────[ last segment ░░░ ]┼──────────►  position
//!             ▲       │  ▲            ▲                  ▲                               │▲
//!             │     floor │            │                  │                            head
//!     C reads here:   │  behind: 1 + C behind: 0         behind: 2                   at head: 997
//!     a gap, then the floor
//! ```
//! A publisher's run is one entry and one copy ([`RoomLog::append`]). A reader is lent the shared bytes ([`RoomLog::read`]), writes them after
//! the lock is released, and says how far it came ([`RoomLog::advance`]); of a message that was begun it keeps the rest for itself.
//! A member that finds nothing is registered by the call that told it so, and the next append hands all of these wakers out.
//!
//! Invariants:
//! 1. *Conservation.* For each member `published = received + missing + own + unread` ([`Account`]), at any time; `missing` was
//!    announced in [`Gap`]s, each before the first message behind it.
//! 2. *Order.* Positions count from 1 without holes. Each member gets messages in rising order; what it skips is its own, or in a gap.
//! 3. *Bounds.* Bytes charged ≤ `bytes` and messages held ≤ `messages`, or one message where that is more. Segments are charged with what
//!    they allocate, filled or not, and with their index. Beyond it members hold at most the rest of one message each.
//! 4. *Counts.* A segment's `behind` is the number of members that hear and whose next message, or the first that is left after it, is in that
//!    segment; all others that hear are counted `at_head`. So reclaiming asks nobody, and being pushed off costs one addition.
//! 5. *Patience.* A publisher is told to wait only for others, and for none that was skipped and whose socket took no message since (`crowd.rs`).
//! 6. *Wakers.* A member that was told to wait is in the list, until an append that is not its own, or its leaving. A publisher
//!    that was told to wait is in the other, until room may have been found.
//!
//! Cost: joining wherever, leaving, registering and giving up a segment's readers are O(1); finding a cursor's segment is a binary search;
//! a run is looked at once when it is given up unread, and when somebody leaves who asked for it as a replay and has not read it.
//! Members are visited one by one only to name laggards and to show lags.

mod append;
mod crowd;
mod delivery;
mod gap;
mod log;
mod reading;
mod retention;
mod rules;
mod seat;
mod segment;
mod waiting;

pub use append::{Append, Run};
pub use delivery::{Advanced, Read};
pub use gap::Gap;
pub use log::{Left, NotSeated, RoomLog};
pub use reading::{PIECES, Reading};
pub use rules::RoomRules;
pub use seat::{Account, Hearing, Lag, Member, Start};
