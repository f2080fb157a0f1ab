//! Windows, against Unix systems. `SO_REUSEADDR` is missing on purpose: here it lets another process take the port, and
//! nothing needs it, since an address in `TIME_WAIT` can be bound.

use std::io;

use socket2::Socket;

use super::super::options::Calls;
use super::super::reading::Value;

pub(in crate::socket) const REUSE_ADDRESS: Option<Calls> = None;

/// `IP_TOS` is accepted and ignored unless the administrator lifts a policy.
pub(in crate::socket) const DSCP: Option<Calls> = None;

/// Idle time and interval are set together and cannot be read back by this way.
#[expect(clippy::unnecessary_wraps, reason = "the signature of its Unix twin")]
pub(super) fn read_probes(_: &Socket) -> io::Result<Option<Value>> {
    Ok(None)
}
