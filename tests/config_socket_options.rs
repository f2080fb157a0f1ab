//! Promise: the configuration's table of socket options and that of the sockets say the same: which there are, where, and on which transport.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use oread::config::options::{self, Systems};
use oread::config::parse_for;
use oread::socket::{self, Transports};

/// The sockets' own business, not keys.
const NO_KEYS: [&str; 1] = ["reuse_address"];

#[test]
fn both_know_the_same_options_on_the_same_systems() {
    let section = options::SECTIONS.iter().find(|section| section.path == "listener.*.socket").unwrap();
    let mut keys: Vec<_> = section.options.iter().map(|option| (option.name, option.on)).collect();
    let systems = |row: &socket::OptionRow| match row.platforms {
        "all" => Systems::All,
        "all but Windows" => Systems::Unix,
        "Linux" => Systems::Linux,
        other => panic!("{}: {other}?", row.name),
    };
    let rows = socket::options().iter().filter(|row| !NO_KEYS.contains(&row.name));
    let mut rows: Vec<_> = rows.map(|row| (row.name, systems(row))).collect();
    keys.sort_by_key(|(name, _)| *name);
    rows.sort_by_key(|(name, _)| *name);
    assert_eq!(keys, rows);
}

#[test]
fn an_option_of_tcp_alone_is_refused_on_a_unix_socket() {
    let values = ["true", "false", "3", "\"7s\"", "\"64KiB\"", "\"cubic\""];
    for row in socket::options().iter().filter(|row| !NO_KEYS.contains(&row.name)) {
        let refused = values.iter().any(|value| {
            let text =
                format!("[listener.x]\nbind = \"unix:///x\"\n[listener.x.socket]\n{} = {value}\n", row.name);
            parse_for("linux", "f", &text)
                .is_err_and(|problems| problems.to_string().contains("no meaning with unix:///x"))
        });
        assert_eq!(refused, !matches!(row.transports, Transports::All | Transports::Unix), "{}", row.name);
    }
}
