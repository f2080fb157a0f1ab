//! Addresses: `tcp://127.0.0.1:7000`, `unix:///run/oread/echo.sock`; the scheme may be left out for TCP.
//!
//! Names of hosts are not resolved: a listener must not depend on a name server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Fault;
use crate::config::nearest;
use crate::settings::Address;

const SCHEMES: [&str; 2] = ["tcp", "unix"];
/// Schemes that the design knows and this version does not have.
const LATER: [&str; 4] = ["udp", "tls", "ws", "wss"];
/// The longest path that every Unix takes (`sun_path` holds 104 bytes on macOS and BSD, 108 on Linux).
const PATH_MAX: usize = 103;

/// Where a listener listens.
pub(super) fn listen(text: &str) -> Result<Address, Fault> {
    match text.split_once("://") {
        None => socket(text).map(Address::Tcp),
        Some(("tcp", rest)) => socket(rest).map(Address::Tcp),
        Some(("unix", path)) => unix(path),
        Some((scheme, _)) if LATER.contains(&scheme) => Err(Fault::new(
            format!("{scheme}:// is not built yet"),
            "this version listens on tcp:// and unix://",
        )),
        Some((scheme, rest)) => {
            let near = nearest::word(scheme, SCHEMES).unwrap_or("tcp");
            Err(Fault::new(format!("there is no scheme {scheme}://"), format!("write \"{near}://{rest}\"")))
        }
    }
}

fn unix(path: &str) -> Result<Address, Fault> {
    let example = "write a path, such as \"unix:///run/oread/echo.sock\"";
    if path.is_empty() || path.contains('\0') || path.ends_with('/') {
        return Err(Fault::new(format!("`{}` is not the path of a socket", path.escape_debug()), example));
    }
    if path.len() > PATH_MAX {
        let what = format!("the path has {} bytes, and a socket's has at most {PATH_MAX}", path.len());
        return Err(Fault::new(what, "choose a shorter one, such as under /run"));
    }
    Ok(Address::Unix(path.into()))
}

/// An IP address and a port; `:7000` is every IPv4 address.
pub(super) fn socket(text: &str) -> Result<SocketAddr, Fault> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Some(Ok(port)) = text.strip_prefix(':').map(str::parse) {
        return Ok((Ipv4Addr::UNSPECIFIED, port).into());
    }
    Err(Fault::new(format!("`{text}` is not an address with a port"), repair(text)))
}

/// What one who wrote `text` most likely meant.
fn repair(text: &str) -> String {
    if let Some((_, address)) = text.split_once("://") {
        return format!("leave out the scheme: \"{address}\"");
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && host.parse::<IpAddr>().is_ok_and(|host| host.is_ipv6())
    {
        return format!("put an IPv6 address in brackets: \"[{host}]:{port}\"");
    }
    if text.parse::<IpAddr>().is_ok() {
        let host = if text.contains(':') { format!("[{text}]") } else { text.into() };
        return format!("add the port: \"{host}:7000\"");
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return "write IP:PORT, such as \"127.0.0.1:7000\" or \"[::1]:7000\"".into();
    };
    if port.parse::<u16>().is_err() {
        return "a port is a number from 0 to 65535 (0: any free one)".into();
    }
    match host {
        "*" => format!("write \"[::]:{port}\" for every address, \"0.0.0.0:{port}\" for every IPv4 address"),
        "localhost" => format!("names are not resolved; write \"127.0.0.1:{port}\" or \"[::1]:{port}\""),
        _ if host.contains(':') => format!("put an IPv6 address in brackets, such as \"[::1]:{port}\""),
        _ if host.chars().any(char::is_alphabetic) => "names are not resolved; write the IP address".into(),
        _ => format!("write an IP address before the port, such as \"127.0.0.1:{port}\""),
    }
}
