//! Raises the soft limit of open files to what a tool needs. Each connection is a descriptor; the rest are a few of our own.

/// Descriptors that a tool needs besides its connections: standard streams, the poller, a reading of `/proc`.
const OWN: u64 = 32;

/// Makes room for `connections`. The error says what to do.
#[cfg(unix)]
pub(crate) fn make_room(connections: u32) -> Result<(), String> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let needed = u64::from(connections) + OWN;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|soft| soft >= needed) {
        return Ok(());
    }
    if let Some(hard) = limit.maximum.filter(|&hard| hard < needed) {
        return Err(format!(
            "{connections} connections need {needed} open files, but this process may have {hard}: raise its hard limit (`ulimit -Hn`) or ask for fewer"
        ));
    }
    limit.current = Some(needed);
    setrlimit(Resource::Nofile, limit)
        .map_err(|error| format!("raising the limit of open files to {needed}: {error}"))
}

/// Other platforms have no such limit.
#[cfg(not(unix))]
pub(crate) fn make_room(_connections: u32) -> Result<(), String> {
    let _ = OWN;
    Ok(())
}
