//! Oread is an echo and relay daemon: one binary that holds very many long-lived connections, answers them, and lets them talk to each
//! other through rooms. This is the library that the binary is made of, for programs that embed the daemon or bring a service of their own.
//!
//! # A daemon in your program
//! ```
//! use oread::app::App;
//! use oread::lifecycle::{Order, Orders};
//! use oread::settings::{Address, ListenerSettings, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut settings = Settings::default();
//! settings.admin.bind = None;
//! settings.listeners = vec![ListenerSettings::echo("echo", Address::Tcp(([127, 0, 0, 1], 0).into()))];
//!
//! let app = App::build(settings)?; // binds everything, spawns nothing
//! for (listener, address) in app.listeners() {
//!     println!("{} on {address}", listener.name);
//! }
//! let (orderer, orders) = Orders::channel();
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let report = runtime.block_on(async {
//!     orderer.send(Order::Stop).await?; // a real program sends it when it wants the daemon to end
//!     Ok::<_, Box<dyn std::error::Error>>(app.run(orders).await?)
//! })?;
//! assert_eq!(report.cut, 0);
//! # Ok(())
//! # }
//! ```
//! A service of your own implements [`service::Service`]; `examples/shout.rs` is one. Settings can be made in code, as above, or
//! read from TOML, environment and command line with [`config::load`].
//!
//! # One way through the code
//! ```text
//!  listener ─► transport ─► codec ─► session ─► service
//!   accept                  batches   one life    echo, relay
//!   admit                   limits    one task
//!                                        │
//!                                     outbox      what the socket does not take at once, bounded
//!                                        ▲
//!                                     handle      news, mail and orders from everyone else
//! ```
//! - Nouns that depend on nothing: [`reason`], [`tick`], [`peer`], [`settings`], [`stats`], [`exit`], [`budget`], [`pace`], [`pages`],
//!   [`vitals`].
//! - The way of a frame: [`listener`], [`admission`], [`session`], [`codec`], [`service`], [`outbox`]; sessions live on a [`worker`], and others
//!   see them as a [`handle`].
//! - What sessions share: the [`relay`], whose every [`room`] is a log that its members read; it speaks [`protocol`] 1 with a [`client`].
//! - Beside it: [`config`] and [`cli`] (what a person wrote), [`socket`] and [`descriptors`] (the host), [`lifecycle`],
//!   [`telemetry`] and [`admin`] (what operators see), [`tools`] (ping, bench, probe).
//! - [`app`] wires it all; [`serve`] is the binary around it.
//!
//! `tests/architecture.rs` holds this direction. The life of a connection is one screen: [`session::Session`].

#![warn(clippy::disallowed_methods)]

pub mod admin;
pub mod admission;
pub mod app;
pub mod backoff;
pub mod budget;
pub mod cli;
pub mod client;
pub mod codec;
pub mod config;
pub mod descriptors;
pub mod exit;
pub mod handle;
pub mod lifecycle;
pub mod line_budget;
pub mod listener;
pub mod outbox;
pub mod pace;
pub mod pages;
pub mod peer;
pub mod protocol;
pub mod reason;
pub mod relay;
pub mod room;
pub mod secret;
pub mod serve;
pub mod service;
pub mod session;
pub mod settings;
pub mod socket;
pub mod stats;
pub mod telemetry;
pub mod tick;
pub mod tools;
pub mod vitals;
pub mod worker;
