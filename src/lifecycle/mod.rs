//! The stages of a running daemon, from starting to stopped. Not the work done in them.

mod readiness;

pub use readiness::{Readiness, Stage};
