//! Promise: a peer that vanished without a word, as in a power cut, is noticed by TCP keepalive and its session ended, though nothing is sent
//! to it.
//!
//! The peer lives in a network namespace of its own, whose packets are then dropped. That takes root, `ip` and `iptables`; without them
//! there is nothing to test here.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use support::Program;

/// A namespace and the pair of interfaces that joins it with this one; gone with this guard.
struct Island {
    name: String,
    here: String,
}

impl Island {
    /// `None` where this host does not let us.
    fn new() -> Option<Self> {
        let id = std::process::id() % 60_000;
        let island = Self { name: format!("oread-{id}"), here: format!("oread{id}") };
        let (third, fourth) = (id / 250, id % 250);
        let address = |end: u32| format!("10.{}.{third}.{end}/30", 200 + fourth % 50);
        let there = format!("peer{id}");
        let made = ip(&["netns", "add", &island.name])
            && ip(&["link", "add", &island.here, "type", "veth", "peer", "name", &there])
            && ip(&["link", "set", &there, "netns", &island.name])
            && ip(&["addr", "add", &address(1), "dev", &island.here])
            && ip(&["link", "set", &island.here, "up"])
            && island.inside(&["ip", "addr", "add", &address(2), "dev", &there])
            && island.inside(&["ip", "link", "set", &there, "up"])
            && island.inside(&["iptables", "-L", "-n"]);
        made.then_some(island)
    }

    fn address() -> String {
        let id = std::process::id() % 60_000;
        format!("10.{}.{}.1", 200 + id % 250 % 50, id / 250)
    }

    fn inside(&self, command: &[&str]) -> bool {
        quiet(Command::new("ip").args(["netns", "exec", &self.name]).args(command))
    }

    /// A client that says a frame, tells when it is answered, and then is silent.
    fn client(&self, address: &str, port: u16) -> Child {
        let script = format!(
            "exec 3<>/dev/tcp/{address}/{port}; printf '\\0\\0\\0\\1x' >&3; head -c 5 <&3 >/dev/null; echo answered; read -r _"
        );
        Command::new("ip")
            .args(["netns", "exec", &self.name, "bash", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// No packet gets in or out any more, not even a reset.
    fn cut_off(&self) {
        for chain in ["INPUT", "OUTPUT"] {
            assert!(self.inside(&["iptables", "-A", chain, "-j", "DROP"]));
        }
    }
}

impl Island {
    /// Packets that did not get in since it was cut off.
    fn kept_out(&self) -> u64 {
        let mut list = Command::new("ip");
        list.args(["netns", "exec", &self.name, "iptables", "-L", "INPUT", "-n", "-v", "-x"]);
        let told = String::from_utf8(list.output().unwrap().stdout).unwrap();
        let rule = told.lines().find(|line| line.contains("DROP")).unwrap();
        rule.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Island {
    fn drop(&mut self) {
        ip(&["link", "del", &self.here]);
        ip(&["netns", "del", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> bool {
    quiet(Command::new("ip").args(arguments))
}

fn quiet(command: &mut Command) -> bool {
    let silenced = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silenced.status().is_ok_and(|status| status.success())
}

#[test]
fn though_nothing_is_sent_to_it() {
    let Some(island) = Island::new() else { return };
    let address = Island::address();
    let daemon = Program::start(&[
        &format!("listener.front.bind=tcp://{address}:0"),
        "listener.front.socket.keepalive={ idle = \"1s\", interval = \"1s\", count = 2 }",
        "listener.echo.bind=tcp://127.0.0.1:0",
    ]);
    let mut client = island.client(&address, daemon.address("front").port());
    let mut said = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "answered\n");

    island.cut_off();
    let metrics = daemon.until("the session has ended", |metrics| metrics.active() == 0);
    // Not by any other limit: those are minutes.
    assert_eq!(metrics.closed("reset"), 1);
    // Two probes that nobody answered, as configured, and the reset that goes with the end.
    assert_eq!(island.kept_out(), 3);
    let _ = client.kill();
    let _ = client.wait();
}
