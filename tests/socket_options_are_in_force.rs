//! Promise: every socket option that is asked for is in force on the sockets that are really accepted, or is reported.
//!
//! Read back here by hand, beside the table's own reading, so that a wrong row cannot vouch for itself.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod socket_fixture;

use std::time::Duration;

use oread::settings::{Address, Keepalive, ListenerSettings, SocketSettings};
use oread::socket::{AcceptOptions, OptionReading, Scope, Transports, bind, options};
use socket_fixture::{accept, connect, host_has_ipv6, listener, on};
use socket2::SockRef;

fn everything() -> SocketSettings {
    SocketSettings {
        backlog: 77,
        nodelay: true,
        keepalive: Some(Keepalive {
            idle: Duration::from_secs(41),
            interval: Duration::from_secs(7),
            count: 3,
        }),
        reuse_port: true,
        notsent_lowat: Some(48 << 10),
        recv_buffer: Some(40_000),
        send_buffer: Some(50_000),
        user_timeout: Some(Duration::from_millis(12_345)),
        linger: Some(Duration::from_secs(3)),
        dscp: Some(10),
        congestion: Some("reno".into()),
        fast_open: Some(16),
        bind_device: Some("lo".into()),
        only_v6: false,
        mode: None,
    }
}

fn with_everything(address: &str) -> ListenerSettings {
    ListenerSettings { socket: everything(), ..listener(address) }
}

#[track_caller]
fn assert_none_differs(readings: &[OptionReading]) {
    let differing: Vec<_> = readings.iter().filter(|r| r.differs).map(ToString::to_string).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

fn assert_in_force(socket: &SockRef<'_>) {
    assert!(socket.tcp_nodelay().unwrap());
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(41));
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(7));
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
    assert_eq!(socket.tcp_notsent_lowat().unwrap(), 48 << 10);
    assert_eq!(socket.recv_buffer_size().unwrap(), 2 * 40_000, "Linux doubles it");
    assert_eq!(socket.send_buffer_size().unwrap(), 2 * 50_000, "Linux doubles it");
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_millis(12_345)));
    assert_eq!(socket.linger().unwrap(), Some(Duration::from_secs(3)));
    assert!(socket.tcp_congestion().unwrap().starts_with(b"reno"));
    assert_eq!(socket.device().unwrap().unwrap(), b"lo");
}

#[test]
fn an_accepted_ipv4_socket_has_them_all_without_a_call() {
    let settings = with_everything("127.0.0.1:0");
    let bound = bind(&settings, 1).unwrap();
    assert!(bound.accepted.is_empty(), "an accept costs no setsockopt: {:?}", bound.accepted);

    let (_client, accepted) = (connect(&bound), accept(&bound));
    bound.accepted.apply(&accepted).unwrap();
    assert_in_force(&SockRef::from(&accepted));
    assert_eq!(SockRef::from(&accepted).tos_v4().unwrap(), 10 << 2);
    assert_none_differs(&bound.accepted.readings(&accepted));
}

#[test]
fn an_accepted_ipv6_socket_has_them_all() {
    if !host_has_ipv6() {
        return;
    }
    let bound = bind(&with_everything("[::1]:0"), 1).unwrap();
    let (_client, accepted) = (connect(&bound), accept(&bound));
    assert_in_force(&SockRef::from(&accepted));
    assert_eq!(SockRef::from(&accepted).tclass_v6().unwrap(), 10 << 2);
    assert_none_differs(&bound.accepted.readings(&accepted));
}

#[test]
fn an_ipv4_connection_of_a_dual_stack_socket_has_them_all() {
    if !host_has_ipv6() {
        return;
    }
    let bound = bind(&with_everything("[::]:0"), 1).unwrap();
    let _client = std::net::TcpStream::connect(("127.0.0.1", socket_fixture::port(&bound))).unwrap();
    let accepted = accept(&bound);
    assert_in_force(&SockRef::from(&accepted));
    assert_eq!(SockRef::from(&accepted).tos_v4().unwrap(), 10 << 2, "what IPv4 packets carry");
}

#[test]
fn every_row_of_the_table_is_reported_once_for_the_listening_socket() {
    if !host_has_ipv6() {
        return;
    }
    let bound = bind(&with_everything("[::]:0"), 1).unwrap();
    let reported: Vec<_> = bound.readings.iter().map(|r| r.name).collect();
    let of_tcp = options().iter().filter(|row| row.transports != Transports::Unix);
    let table: Vec<_> = of_tcp.map(|row| row.name).collect();
    assert_eq!(reported, table);
    let others: Vec<_> = bound.readings.into_iter().filter(|r| r.name != "fast_open").collect();
    assert_none_differs(&others);
}

#[test]
fn only_v6_is_not_reported_where_it_means_nothing() {
    if !host_has_ipv6() {
        return;
    }
    let bound = bind(&listener("[::1]:0"), 1).unwrap(); // Linux reads it back as set here, whatever was asked
    assert!(bound.readings.iter().all(|reading| reading.name != "only_v6"));
    assert_none_differs(&bound.readings);
}

#[test]
fn fast_open_is_reported_as_off_unless_the_host_lets_servers_use_it() {
    let bound = bind(&with_everything("127.0.0.1:0"), 1).unwrap();
    let reading = on(&bound, "fast_open");
    let bits: u64 =
        std::fs::read_to_string("/proc/sys/net/ipv4/tcp_fastopen").unwrap().trim().parse().unwrap();
    let (effective, differs) = if bits & 2 == 0 { ("off", true) } else { ("16", false) };
    assert_eq!((reading.effective.as_str(), reading.differs), (effective, differs));
}

#[test]
fn what_the_kernel_caps_is_reported_as_differing() {
    let mut settings = listener("127.0.0.1:0");
    settings.socket.backlog = u32::MAX;
    settings.socket.recv_buffer = Some(1 << 30);
    let bound = bind(&settings, 1).unwrap();
    let somaxconn = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    let backlog = on(&bound, "backlog");
    assert_eq!((backlog.requested.as_str(), backlog.effective.as_str()), ("4294967295", somaxconn.trim()));
    assert!(backlog.differs);
    assert!(on(&bound, "recv_buffer").differs, "{:?}", bound.readings);
    let (asked, found) = (&backlog.requested, &backlog.effective);
    assert_eq!(backlog.to_string(), format!("socket.backlog: requested {asked}, effective {found}"));
}

#[test]
fn part_of_a_second_is_rounded_up_and_reported_never_down_to_nothing() {
    let mut settings = listener("127.0.0.1:0");
    settings.socket.linger = Some(Duration::from_millis(300)); // rounded down it would reset every connection
    settings.socket.user_timeout = Some(Duration::from_micros(10)); // rounded down it would be off
    let bound = bind(&settings, 1).unwrap();
    assert_eq!(on(&bound, "linger").effective, "1s");
    assert!(on(&bound, "linger").differs);
    assert_eq!(on(&bound, "user_timeout").effective, "1ms");
}

#[test]
fn an_option_left_to_the_kernel_is_reported_with_what_the_kernel_chose() {
    let bound = bind(&listener("127.0.0.1:0"), 1).unwrap();
    let reading = on(&bound, "send_buffer");
    assert_eq!(reading.requested, "unset");
    assert!(reading.effective.parse::<u64>().unwrap() > 0);
    assert!(!reading.differs);
}

#[test]
fn a_unix_socket_takes_over_nothing_and_is_given_its_send_buffer() {
    let directory = tempfile::tempdir().unwrap();
    let address = Address::Unix(directory.path().join("s"));
    let mut settings = ListenerSettings::echo("u", address.clone());
    settings.socket.send_buffer = Some(30_000);
    let bound = bind(&settings, 1).unwrap();
    assert_eq!(bound.accepted.len(), 1);

    let client = std::os::unix::net::UnixStream::connect(directory.path().join("s")).unwrap();
    let oread::socket::Listening::Unix(listening) = &bound.listeners[0] else { panic!("a Unix listener") };
    let (accepted, _) = listening.accept().unwrap();
    assert_ne!(
        SockRef::from(&accepted).send_buffer_size().unwrap(),
        60_000,
        "else the row need not be applied"
    );
    bound.accepted.apply(&accepted).unwrap();
    assert_eq!(SockRef::from(&accepted).send_buffer_size().unwrap(), 60_000);
    assert_none_differs(&bound.accepted.readings(&accepted));
    drop(client);
}

#[test]
fn a_row_says_what_an_accepted_socket_inherits() {
    let tcp = listener("127.0.0.1:0");
    for row in options() {
        assert_eq!(row.inherited(&tcp.bind), row.scope == Scope::Connection, "{}", row.name);
        assert!(!row.inherited(&Address::Unix("/s".into())), "{}", row.name);
    }
    assert!(AcceptOptions::new(&tcp).is_empty());
}
