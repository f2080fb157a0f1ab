//! What operators see: metrics and logs. Not the counting itself, which sessions do in [`crate::stats`] without knowing of a recorder.
//!
//! Metrics live in plain atomics, one block for each listener and worker. A scrape adds the blocks up and sets the recorder's
//! handles, so that counting costs one uncontended add and scraping pays for the rest. Every label set is registered before the
//! first session, so that each series begins at 0.

mod catalogue;
mod exposition;
mod family;
pub mod log;
mod recorder;
mod series;
mod system;

pub use catalogue::families;
pub use family::{Family, Kind};
pub use recorder::{ListenerFacts, Telemetry};
