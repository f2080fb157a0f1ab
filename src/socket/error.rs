//! Why a listener could not be bound: its name, its address, what went wrong and what to do about it, in one line.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

use super::options::Refused;
use super::platform;
use crate::exit::Exit;
use crate::settings::{Address, ListenerSettings};

/// A listener that could not be bound. It prints as one line for the operator.
#[derive(Debug)]
pub struct BindError {
    listener: String,
    address: Address,
    problem: String,
    remedy: String,
    exit: Exit,
    source: Option<io::Error>,
}

impl BindError {
    fn new(listener: &ListenerSettings, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            listener: listener.name.clone(),
            address: listener.bind.clone(),
            problem: problem.into(),
            remedy: remedy.into(),
            exit: Exit::Os,
            source: None,
        }
    }

    fn because(self, source: io::Error) -> Self {
        let exit = if source.kind() == ErrorKind::PermissionDenied { Exit::Permission } else { self.exit };
        Self { exit, source: Some(source), ..self }
    }

    /// The listener's name.
    pub fn listener(&self) -> &str {
        &self.listener
    }

    /// The code that the process ends with when it cannot go on without this listener.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Creating, binding or preparing a socket failed.
    pub(super) fn socket(listener: &ListenerSettings, error: io::Error) -> Self {
        let tcp = matches!(listener.bind, Address::Tcp(_));
        let (problem, remedy) = match error.kind() {
            ErrorKind::AddrInUse => ("address in use".into(), in_use(listener)),
            ErrorKind::PermissionDenied if tcp => ("permission denied".into(), PORT_REMEDY.into()),
            ErrorKind::AddrNotAvailable => {
                ("no interface of this host has this address".into(), ADDRESS_REMEDY.into())
            }
            _ if is(&error, Failing::FAMILY) => (
                "this host does not have this address family".into(),
                "IPv6 is switched off? bind an IPv4 address".into(),
            ),
            _ if is(&error, Failing::DESCRIPTORS) => {
                ("no descriptor left".into(), "raise the limit (`ulimit -n`, systemd: LimitNOFILE=)".into())
            }
            _ => (error.to_string(), String::new()),
        };
        Self::new(listener, problem, remedy).because(error)
    }

    /// An option was refused by the kernel, or does not exist here.
    pub(super) fn option(listener: &ListenerSettings, refused: Refused) -> Self {
        let Refused { row, value, error } = refused;
        let Some(error) = error else {
            let problem = format!("socket.{} = {value}: this platform does not have it", row.name);
            let remedy = format!("it exists on {}; remove the key here", row.platforms);
            return Self { exit: Exit::Config, ..Self::new(listener, problem, remedy) };
        };
        // Linux finds a taken port as late as `listen` when both sides set SO_REUSEADDR.
        if row.name == "backlog" {
            return Self::socket(listener, error);
        }
        let problem = format!("socket.{} = {value}: {error}", row.name);
        Self::new(listener, problem, option_remedy(row.name, &error)).because(error)
    }

    /// Unix sockets are not served on this platform.
    #[cfg(not(unix))]
    pub(super) fn no_unix_sockets(listener: &ListenerSettings) -> Self {
        let error = Self::new(listener, "this platform has no Unix sockets", "bind tcp:// instead");
        Self { exit: Exit::Config, ..error }
    }

    /// The path of a Unix socket is in the way, or cannot be used.
    #[cfg(unix)]
    pub(super) fn path(
        listener: &ListenerSettings,
        problem: String,
        remedy: &str,
        source: io::Error,
    ) -> Self {
        Self::new(listener, problem, remedy).because(source)
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, address, problem, remedy, .. } = self;
        write!(f, "listener.{listener}: {address}: {problem}")?;
        if remedy.is_empty() { Ok(()) } else { write!(f, ": {remedy}") }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

const PORT_REMEDY: &str = if cfg!(windows) {
    "the port is held exclusively or reserved: `netsh interface ipv4 show excludedportrange protocol=tcp` lists those"
} else {
    "ports below 1024 need CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE); or choose a higher port"
};

const ADDRESS_REMEDY: &str = if cfg!(windows) {
    "`ipconfig` lists those that do; 0.0.0.0 and [::] stand for all"
} else {
    "`ip address` lists those that do; 0.0.0.0 and [::] stand for all"
};

fn in_use(listener: &ListenerSettings) -> String {
    let address = match &listener.bind {
        Address::Tcp(address) => address,
        Address::Unix(path) => {
            let path = path.display();
            return format!(
                "a process answers there, `ss -xlp src {path}` tells which: stop it or choose another path"
            );
        }
    };
    let tells = holder(address.port());
    let both_families = address.is_ipv6() && address.ip().is_unspecified() && !listener.socket.only_v6;
    let dual =
        if both_families { "; [::] takes the port on IPv4 too unless socket.only_v6 = true" } else { "" };
    format!("another process has it, {tells} tells which: stop it or choose another port{dual}")
}

/// The command that tells which process listens on a TCP `port`.
pub(crate) fn holder(port: u16) -> String {
    if cfg!(windows) {
        format!("`netstat -ano -p tcp | findstr :{port}`")
    } else if cfg!(target_os = "linux") {
        format!("`ss -ltnp 'sport = :{port}'`")
    } else {
        format!("`lsof -nP -iTCP:{port} -sTCP:LISTEN`")
    }
}

fn option_remedy(name: &str, error: &io::Error) -> String {
    match (name, error.kind()) {
        ("congestion", ErrorKind::NotFound) => {
            let loaded = platform::congestion_controls().unwrap_or_else(|| "unknown".into());
            format!("the kernel has loaded: {loaded}; `modprobe tcp_NAME` loads another")
        }
        ("congestion", ErrorKind::PermissionDenied) => {
            "allow it in net.ipv4.tcp_allowed_congestion_control, or give CAP_NET_ADMIN".into()
        }
        ("bind_device", ErrorKind::PermissionDenied) => "needs CAP_NET_RAW on this kernel".into(),
        ("bind_device", _) => "no such interface? `ip link` lists them".into(),
        _ => String::new(),
    }
}

/// Errors that the standard library has no kind for, by their number on each platform.
struct Failing;

#[cfg(unix)]
impl Failing {
    const FAMILY: &[i32] = &[rustix::io::Errno::AFNOSUPPORT.raw_os_error()];
    const DESCRIPTORS: &[i32] =
        &[rustix::io::Errno::MFILE.raw_os_error(), rustix::io::Errno::NFILE.raw_os_error()];
}

#[cfg(not(unix))]
impl Failing {
    const FAMILY: &[i32] = &[10047]; // WSAEAFNOSUPPORT
    const DESCRIPTORS: &[i32] = &[10024]; // WSAEMFILE
}

fn is(error: &io::Error, numbers: &[i32]) -> bool {
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::options::options;
    use super::*;

    fn front() -> ListenerSettings {
        ListenerSettings::echo("front", Address::Tcp(([127, 0, 0, 1], 7000).into()))
    }

    #[test]
    fn an_option_that_the_platform_lacks_is_a_mistake_of_the_configuration() {
        let row = options().iter().find(|row| row.name == "user_timeout").unwrap();
        let error = BindError::option(&front(), Refused { row, value: "5s".into(), error: None });
        assert_eq!(error.exit(), Exit::Config);
        assert_eq!(
            error.to_string(),
            "listener.front: tcp://127.0.0.1:7000: socket.user_timeout = 5s: this platform does not have it: it exists \
             on Linux; remove the key here"
        );
    }

    #[test]
    fn errors_without_a_kind_of_their_own_are_known_by_number() {
        let failing = |numbers: &[i32]| BindError::socket(&front(), io::Error::from_raw_os_error(numbers[0]));
        assert!(failing(Failing::FAMILY).to_string().contains("bind an IPv4 address"));
        assert!(failing(Failing::DESCRIPTORS).to_string().contains("no descriptor left: raise the limit"));
    }
}
