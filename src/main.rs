//! The binary's front door.
fn main() {}
