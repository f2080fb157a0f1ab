//! Promise: a listener is bound where its settings say, on each address family, and tells the address in force.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod socket_fixture;

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

use oread::settings::Address;
use oread::socket::bind;
use socket_fixture::{accept, connect, host_has_ipv6, listener, port, tcp};

/// Where other tests and programs do not take ports at random.
const HERE: Ipv4Addr =
    if cfg!(target_os = "linux") { Ipv4Addr::new(127, 70, 0, 1) } else { Ipv4Addr::LOCALHOST };

#[test]
fn port_0_is_resolved_and_the_socket_does_not_block() {
    let bound = bind(&listener("127.0.0.1:0"), 4).unwrap();
    assert_ne!(port(&bound), 0);
    assert_eq!(bound.listeners.len(), 1, "one socket serves all without reuse_port");
    let empty = tcp(&bound).next().unwrap().accept().unwrap_err();
    assert_eq!(empty.kind(), std::io::ErrorKind::WouldBlock);
    let _client = connect(&bound);
    accept(&bound);
}

#[test]
fn ipv6_is_bound() {
    if !host_has_ipv6() {
        return;
    }
    let bound = bind(&listener("[::1]:0"), 1).unwrap();
    let _client = connect(&bound);
    assert!(accept(&bound).local_addr().unwrap().is_ipv6());
}

#[test]
fn dual_stack_answers_on_both_families() {
    if !host_has_ipv6() {
        return;
    }
    let bound = bind(&listener("[::]:0"), 1).unwrap();
    let _four = TcpStream::connect((Ipv4Addr::LOCALHOST, port(&bound))).unwrap();
    accept(&bound);
    let _six = TcpStream::connect((Ipv6Addr::LOCALHOST, port(&bound))).unwrap();
    accept(&bound);
}

#[test]
fn only_v6_leaves_ipv4_to_others() {
    if !host_has_ipv6() {
        return;
    }
    let mut settings = listener("[::]:0");
    settings.socket.only_v6 = true;
    let bound = bind(&settings, 1).unwrap();
    let _six = TcpStream::connect((Ipv6Addr::LOCALHOST, port(&bound))).unwrap();
    accept(&bound);
    TcpListener::bind((HERE, port(&bound))).expect("the port is free on IPv4");
}

#[test]
fn a_port_is_bound_again_at_once_after_a_run_that_closed_first() {
    let mut settings = listener(&format!("{HERE}:0"));
    let bound = bind(&settings, 1).unwrap();
    let client = connect(&bound);
    drop(accept(&bound)); // closes first: the server's end waits in TIME_WAIT
    drop(client);
    settings.bind = Address::Tcp((HERE, port(&bound)).into());
    drop(bound);
    bind(&settings, 1).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn siblings_with_reuse_port_share_one_port_and_all_of_them_accept() {
    use std::collections::HashSet;

    let mut settings = listener("127.0.0.1:0");
    settings.socket.reuse_port = true;
    let bound = bind(&settings, 3).unwrap();
    let ports: HashSet<_> = tcp(&bound).map(|socket| socket.local_addr().unwrap().port()).collect();
    assert_eq!((bound.listeners.len(), ports), (3, HashSet::from([port(&bound)])));

    // The kernel spreads by a hash of the addresses: 200 connections miss one of three with a chance below 1e-34.
    let _clients: Vec<_> = (0..200).map(|_| connect(&bound)).collect();
    let taken: Vec<_> = tcp(&bound).map(|socket| socket.incoming().map_while(Result::ok).count()).collect();
    assert_eq!(taken.iter().sum::<usize>(), 200);
    assert!(taken.iter().all(|count| *count > 0), "{taken:?}");
}
