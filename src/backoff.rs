//! How long to wait after a failed accept. Pure.
//!
//! Most failures of `accept` are about one connection and cost nothing to pass over. Running out of descriptors or memory is about all
//! of them: trying again at once would burn the core that could end sessions, so the wait doubles from 5 ms up to 1 s.

use std::io;
use std::time::Duration;

use crate::reason::AcceptFault;

const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// The waits of one accept loop.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backoff {
    wait: Duration,
}

impl Backoff {
    /// An accept succeeded.
    pub fn succeeded(&mut self) {
        self.wait = Duration::ZERO;
    }

    /// An accept failed: how long to wait before the next.
    pub fn failed(&mut self, fault: AcceptFault) -> Duration {
        if fault == AcceptFault::PeerGone {
            return Duration::ZERO;
        }
        self.wait = if self.wait.is_zero() { FIRST } else { (self.wait * 2).min(LONGEST) };
        self.wait
    }
}

/// The error of a process without descriptors, for when those that are left are spoken for.
pub fn out_of_descriptors() -> io::Error {
    #[cfg(unix)]
    return rustix::io::Errno::MFILE.into();
    #[cfg(not(unix))]
    return io::Error::from_raw_os_error(10024); // WSAEMFILE
}

/// What an error of `accept` is about.
pub fn classify(error: &io::Error) -> AcceptFault {
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::NotConnected // Windows: the peer's name is asked for when it is gone already
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::TimedOut
        | io::ErrorKind::Interrupted => AcceptFault::PeerGone,
        io::ErrorKind::OutOfMemory => AcceptFault::Memory,
        _ => classify_code(error.raw_os_error()),
    }
}

#[cfg(unix)]
fn classify_code(code: Option<i32>) -> AcceptFault {
    use rustix::io::Errno;
    match code.map(Errno::from_raw_os_error) {
        Some(Errno::MFILE) => AcceptFault::ProcessDescriptors,
        Some(Errno::NFILE) => AcceptFault::HostDescriptors,
        Some(Errno::NOBUFS | Errno::NOMEM) => AcceptFault::Memory,
        Some(Errno::PROTO | Errno::PERM) => AcceptFault::PeerGone,
        _ => AcceptFault::Other,
    }
}

#[cfg(windows)]
fn classify_code(code: Option<i32>) -> AcceptFault {
    const WSAEMFILE: i32 = 10024;
    const WSAENOBUFS: i32 = 10055;
    match code {
        Some(WSAEMFILE) => AcceptFault::ProcessDescriptors,
        Some(WSAENOBUFS) => AcceptFault::Memory,
        _ => AcceptFault::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_second_and_start_over_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> =
            (0..10).map(|_| backoff.failed(AcceptFault::ProcessDescriptors).as_millis()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        backoff.succeeded();
        assert_eq!(backoff.failed(AcceptFault::Memory).as_millis(), 5);
    }

    #[test]
    fn a_peer_that_gave_up_is_passed_over_at_once() {
        let aborted = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert_eq!(Backoff::default().failed(classify(&aborted)), Duration::ZERO);
    }

    #[cfg(unix)]
    #[test]
    fn lack_of_descriptors_is_told_from_lack_of_memory() {
        let fault = |errno: rustix::io::Errno| classify(&errno.into());
        assert_eq!(fault(rustix::io::Errno::MFILE), AcceptFault::ProcessDescriptors);
        assert_eq!(fault(rustix::io::Errno::NFILE), AcceptFault::HostDescriptors);
        assert_eq!(fault(rustix::io::Errno::NOBUFS), AcceptFault::Memory);
    }
}
