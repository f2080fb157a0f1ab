//! The exit codes of the binary: the numbers of BSD's `sysexits.h` where it has one, so that a supervisor can tell a bad configuration from a taken port.

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well; for a drain: every session was finished.
    Ok = 0,
    /// A load client found that the server did what it must not. No number of `sysexits.h`: the client itself has done its work.
    Failed = 1,
    /// The command line is wrong (`EX_USAGE`).
    Usage = 64,
    /// Something that is needed does not answer (`EX_UNAVAILABLE`).
    Unavailable = 69,
    /// A bug of ours (`EX_SOFTWARE`).
    Internal = 70,
    /// The operating system refused (`EX_OSERR`): an address in use, no descriptors.
    Os = 71,
    /// The drain was cut short: its deadline or a second signal ended sessions (`EX_TEMPFAIL`).
    DrainCut = 75,
    /// Not permitted (`EX_NOPERM`).
    Permission = 77,
    /// The configuration is wrong (`EX_CONFIG`).
    Config = 78,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
