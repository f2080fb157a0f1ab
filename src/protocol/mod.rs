//! Relay protocol 1 on the wire: frames into values, values into frames. `docs/protocol.md` is the specification.
//!
//! Pure: no I/O, no clock, no sessions and rooms; what a frame is answered with is decided elsewhere. A frame comes here whole,
//! as the codec cut it and without its length.
//!
//! ```text
//!  over a stream      ├ u32 length ┤ u8 type ┤ body … ┤     length = type and body
//!  over messages                   ├ u8 type ┤ body … ┤
//!                                  └─────────┬────────┘
//!                                     decode takes this
//! ```
//! Invariants:
//! - Decoding allocates nothing: names, texts and payloads are slices of the frame. No number in a frame reserves memory.
//! - What encodes decodes to the same value; what cannot be encoded leaves the buffer as it was.
//! - A struct's fields stand in the order of the wire, and `LAYOUT` says so to documents and tests.

mod body;
mod client;
mod error_frame;
mod fault;
mod field;
mod flags;
mod gap;
mod id;
mod join;
mod kind;
mod limits;
mod list;
mod name;
mod payload;
mod presence;
mod reader;
mod run;
mod server;
mod writer;

pub use client::{ClientFrame, Hello, Leave, Publish, SendTo};
pub use error_frame::ErrorFrame;
pub use fault::{Flaw, Malformed, Misfit};
pub use gap::{Gap, Missed};
pub use id::{Epoch, Position, Request, RoomNumber};
pub use join::{Join, Since};
pub use kind::{FRAME_TYPES, FrameType, Sender};
pub use limits::{
    ERROR_TEXT_MAX, FRAME_MAX_LEAST, HELLO_MAX, INTEGER_MAX, LENGTH_BYTES, MESSAGE_OVERHEAD, NAME_MAX,
    VERSION, choose_version, max_payload,
};
pub use list::{ErrorCode, GapReason, Listed, Numbered, PresenceEvent, PresenceKind};
pub use name::{NameFlaw, RoomName, SessionName};
pub use payload::Payload;
pub use presence::{Entries, Entry, EntryBuffer, Presence};
pub use run::MessageRun;
pub use server::{Direct, GoingAway, Joined, Left, Message, Ping, Pong, Receipt, ServerFrame, Welcome};
pub use writer::Form;
