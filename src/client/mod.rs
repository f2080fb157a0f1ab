//! A client of the relay, for programs on Tokio: it joins rooms, publishes, hands out events, and comes back by itself.
//!
//! ```no_run
//! use oread::client::{Client, Event, JoinOptions, Options, Target};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let target: Target = "127.0.0.1:7001".parse()?;
//! let options = Options { name: "ada".into(), ..Options::default() };
//! let (client, mut events) = Client::connect(target, options).await?;
//!
//! client.join("lobby", JoinOptions { own: true, ..JoinOptions::default() }).await?;
//! client.publish("lobby", "hello, everyone").await?;
//!
//! while let Some(event) = events.next().await {
//!     match event {
//!         Event::Message(message) => println!("{}: {:?}", message.from, message.content),
//!         Event::Gap { room, missed, .. } => println!("{room}: missed {missed:?}"),
//!         Event::Disconnected { why, back_in: Some(wait) } => println!("{why}; back in {wait:?}"),
//!         _ => {}
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # What it promises
//! - **Nothing twice, nothing missing unannounced.** After a loss it resumes its session by ticket and joins each room again from the last
//!   position that it had. What the room no longer holds comes as [`Event::Gap`] at its place. A message or gap whose position was passed
//!   already is dropped and counted. [`Client::room`] shows the account.
//! - **Each request ends once**: with the server's answer, or with an error. [`Error::Disconnected`]: not done, ask again.
//!   [`Error::UnknownOutcome`]: the receipt was on its way when the connection was lost; the message may have been delivered or not. The client never
//!   sends a message a second time. Without a receipt a message at a cut may be lost without a word.
//! - **A request made while the connection is down waits** for it in the queue and is sent when every room is back.
//! - **It stays away** from a server that ended the session for good, `replaced` and `kicked` above all; [`Lost::may_come_back`] says which.
//!   From anything else it comes back, in waits that double and are spread by chance ([`Retry`]). To a node that is going away it comes back
//!   at the time that the node named, for as long as the node named.
//! - **Dead servers are noticed**: it pings after 30 s of silence and gives up the connection after 45 s ([`Options`]).
//! - **Everything is bounded.** Requests wait for space ([`Options::requests`], [`Options::request_bytes`]). Events that are not taken fill
//!   their queue, and then the connection is not read: what happens then is the rooms' policy. So take events, or drop [`Events`] to do without.
//!   In memory besides: 16 KiB to be written, 16 KiB of reading, and one unfinished frame up to [`Options::frame_max`].
//!
//! # What it is made of
//! [`Client`] and [`Events`] are the program's ends; one task between them owns the connection. What it decides is pure: the rooms and requests
//! (`state`), the account of each room (`account`), when to come back (`comeback`). Time is Tokio's and chance has a seed, so that a client over a
//! simulated network ([`Connect`]) does the same again for the same seed.

mod account;
mod comeback;
mod connect;
mod connection;
mod driver;
mod error;
mod event;
mod handle;
mod inbox;
mod options;
mod queue;
mod request;
mod sending;
mod state;

pub use account::RoomState;
pub use connect::{BadTarget, Connect, Duplex, Target};
pub use error::{Error, Lost, Refusal};
pub use event::{Content, Event, Membership, Message, Presence, PresenceEntry, Receipt, Welcome};
pub use handle::{Client, PendingReceipt};
pub use options::{JoinOptions, Options, Retry};
pub use queue::Events;
