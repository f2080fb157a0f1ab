//! The stages of a running daemon, from starting to stopped, and what moves it from one to the next. Not the work done in them.

mod orders;
mod readiness;
pub mod signals;
pub mod supervisor;

pub use orders::{Order, Orderer, Orders};
pub use readiness::{Readiness, Stage};
