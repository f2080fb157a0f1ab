//! Promise: on every platform the default options are in force on an accepted socket, however it came by them, and an
//! option that the platform lacks is refused by its name.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod socket_fixture;

use std::time::Duration;

use oread::settings::SocketSettings;
use oread::socket::{bind, options, unsupported};
use socket_fixture::{accept, connect, listener};
use socket2::SockRef;

#[test]
fn an_accepted_socket_answers_at_once_and_probes_silent_peers() {
    let bound = bind(&listener("127.0.0.1:0"), 1).unwrap();
    let _client = connect(&bound);
    let accepted = accept(&bound);
    bound.accepted.apply(&accepted).unwrap();
    assert!(SockRef::from(&accepted).tcp_nodelay().unwrap());
    assert!(SockRef::from(&accepted).keepalive().unwrap());
}

#[test]
fn fixed_buffers_and_linger_are_in_force() {
    let mut settings = listener("127.0.0.1:0");
    settings.socket.send_buffer = Some(40_000);
    settings.socket.linger = Some(Duration::from_secs(2));
    let bound = bind(&settings, 1).unwrap();
    let _client = connect(&bound);
    let accepted = accept(&bound);
    bound.accepted.apply(&accepted).unwrap();
    let readings = bound.accepted.readings(&accepted);
    for name in ["send_buffer", "linger"] {
        let reading = readings.iter().find(|reading| reading.name == name).unwrap();
        assert!(!reading.differs, "{reading}");
    }
}

#[test]
fn an_option_is_refused_by_name_exactly_where_it_does_not_exist() {
    let base =
        SocketSettings { nodelay: false, keepalive: None, notsent_lowat: None, ..SocketSettings::default() };
    let asking: [(&str, SocketSettings); 5] = [
        ("reuse_port", SocketSettings { reuse_port: true, ..base.clone() }),
        ("notsent_lowat", SocketSettings { notsent_lowat: Some(1 << 16), ..base.clone() }),
        ("user_timeout", SocketSettings { user_timeout: Some(Duration::from_secs(9)), ..base.clone() }),
        ("dscp", SocketSettings { dscp: Some(8), ..base.clone() }),
        ("fast_open", SocketSettings { fast_open: Some(8), ..base }),
    ];
    for (name, socket) in asking {
        let row = options().iter().find(|row| row.name == name).unwrap();
        let mut settings = listener("127.0.0.1:0");
        settings.socket = socket;
        let lacking: Vec<_> =
            unsupported(&settings.bind, &settings.socket).iter().map(|row| row.name).collect();
        match bind(&settings, 1) {
            Ok(_) => assert!(row.supported() && lacking.is_empty(), "{name}"),
            Err(error) => {
                assert!(!row.supported() && lacking == [name], "{error}");
                assert!(error.to_string().contains(&format!("socket.{name} = ")), "{error}");
            }
        }
    }
}
