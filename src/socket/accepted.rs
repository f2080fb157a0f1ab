//! What each accepted socket still needs, worked out once when its listener is bound.
//!
//! On Linux TCP that is nothing. Elsewhere it is the options of a connection that the settings ask for.

use std::io;
use std::sync::Arc;

use socket2::SockRef;

use super::options::{Ask, Family, OptionRow, Scope, rows};
use super::reading::OptionReading;
use crate::settings::{ListenerSettings, SocketSettings};

/// What each accepted socket of a listener still needs: the options that it does not take over from the listening one.
#[derive(Debug, Clone)]
pub struct AcceptOptions {
    rows: Arc<[&'static OptionRow]>,
    settings: Arc<SocketSettings>,
    family: Family,
}

impl AcceptOptions {
    /// What sockets accepted by this listener need.
    pub fn new(listener: &ListenerSettings) -> Self {
        let family = Family::of(&listener.bind);
        let wanted = |row: &&OptionRow| {
            row.scope == Scope::Connection
                && row.calls.is_some()
                && (row.requested)(&listener.socket).is_some()
        };
        let rows: Vec<_> = rows(family).filter(wanted).filter(|row| !row.inherited(&listener.bind)).collect();
        Self { rows: rows.into(), settings: Arc::new(listener.socket.clone()), family }
    }

    /// How many options are set on each accepted socket; 0 where the kernel hands them all on.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether an accept costs no call.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sets them on an accepted socket: a standard one or Tokio's.
    ///
    /// An error names the option. The usual cause is a peer that is gone already, which its first read will say too:
    /// worth a debug line, no more.
    pub fn apply<'s, S>(&self, socket: &'s S) -> io::Result<()>
    where
        SockRef<'s>: From<&'s S>,
    {
        if self.rows.is_empty() {
            return Ok(());
        }
        let socket = SockRef::from(socket);
        self.rows.iter().try_for_each(|row| row.set(&socket, self.ask())).map_err(io::Error::from)
    }

    /// Reads every connection option back from an accepted socket.
    pub fn readings<'s, S>(&self, socket: &'s S) -> Vec<OptionReading>
    where
        SockRef<'s>: From<&'s S>,
    {
        let socket = SockRef::from(socket);
        rows(self.family)
            .filter(|row| row.scope == Scope::Connection)
            .filter_map(|row| row.reading(&socket, self.ask()))
            .collect()
    }

    fn ask(&self) -> Ask<'_> {
        Ask { options: &self.settings, family: self.family }
    }
}
