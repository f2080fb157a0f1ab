//! Binding TCP: one listening socket, or with `reuse_port` several siblings on one port.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

use super::options::{self, Ask};
use super::{AcceptOptions, BindError, Bound, Listening};
use crate::settings::{Address, ListenerSettings};

pub(super) fn bind(
    listener: &ListenerSettings,
    address: SocketAddr,
    accept_sockets: usize,
) -> Result<Bound, BindError> {
    let fail = |error| BindError::socket(listener, error);
    let first = open(listener, address)?;
    // Siblings take the port that the first was given, which matters when the settings say 0.
    let local = first.local_addr().and_then(|found| internet(&found)).map_err(fail)?;
    let readings = options::readings(&first, Ask::of(listener));

    let siblings = if listener.socket.reuse_port { accept_sockets.max(1) - 1 } else { 0 };
    let mut sockets = vec![first];
    for _ in 0..siblings {
        sockets.push(open(listener, local)?);
    }
    Ok(Bound {
        listeners: sockets.into_iter().map(|socket| Listening::Tcp(socket.into())).collect(),
        local: Address::Tcp(local),
        accepted: AcceptOptions::new(listener),
        readings,
        #[cfg(unix)]
        file: None,
    })
}

fn open(listener: &ListenerSettings, address: SocketAddr) -> Result<Socket, BindError> {
    let fail = |error| BindError::socket(listener, error);
    let refused = |refused| BindError::option(listener, refused);
    let socket =
        Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).map_err(fail)?;
    socket.set_nonblocking(true).map_err(fail)?;
    options::set_before_bind(&socket, Ask::of(listener)).map_err(refused)?;
    socket.bind(&address.into()).map_err(fail)?;
    options::set_after_bind(&socket, Ask::of(listener)).map_err(refused)?;
    Ok(socket)
}

fn internet(address: &socket2::SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}
