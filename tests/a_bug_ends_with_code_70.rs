//! Promise: a panic outside of sessions is not lived with: the daemon drains, so that whoever is connected is finished in order, and ends with
//! code 70, upon which a supervisor starts it again. The binary turns any panic of its own into that code too.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use oread::app::App;
use oread::exit::Exit;
use oread::service::{Batch, Next, Reply, Service, Talk, Turn};
use oread::settings::ServiceKind;
use oread::stats::ListenerStats;
use oread::worker::Worker;
use support::Daemon;
use tokio::sync::Notify;

/// Echoes, and has a task beside its sessions that panics when told to.
struct Fragile(Arc<Notify>);

struct Echoes;

impl Service for Fragile {
    type Talk = Echoes;

    fn open(&self, _: &Turn<'_>) -> Echoes {
        Echoes
    }

    fn start(&self, worker: &Arc<Worker>, _: &Arc<ListenerStats>) {
        let told = self.0.clone();
        worker.spawn_vital(async move {
            told.notified().await;
            panic!("told to");
        });
    }
}

impl Talk for Echoes {
    fn answer(&mut self, _: &Turn<'_>, _: &mut Batch<'_>, reply: &mut Reply<'_>) -> Next {
        reply.echo();
        Next::Go
    }
}

#[test]
fn a_part_that_panics_lets_the_daemon_drain_itself() {
    let told = Arc::<Notify>::default();
    let mut settings = support::settings();
    settings.listeners[0].service = ServiceKind::Custom("fragile".into());
    let daemon = Daemon::run(App::builder(settings).service("fragile", Fragile(told.clone())));
    let mut client = daemon.connect();
    client.echo(b"before");
    told.notify_one();
    // In order, at a frame border, and not by a reset.
    client.expect_close();
    drop(client);
    let report = daemon.ended();
    assert_eq!((report.broken, report.finished, report.cut, report.exit()), (true, 1, 0, Exit::Internal));
}

#[cfg(target_os = "linux")]
#[test]
fn no_panic_of_the_binary_ends_with_a_code_that_means_nothing() {
    // With too few descriptors even the runtime's own code panics, in places that are none of ours.
    let ends: Vec<(Option<i32>, bool)> = (3..12)
        .map(|limit| {
            let script = format!("ulimit -n {limit}; exec \"$0\" ping --count 1 tcp://127.0.0.1:1");
            let mut shell = std::process::Command::new("sh");
            let output = shell.args(["-c", &script, env!("CARGO_BIN_EXE_oread")]).output().unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stderr).contains("panicked"))
        })
        .collect();
    assert!(
        ends.iter().any(|(_, panicked)| *panicked),
        "nothing panicked: look for something else: {ends:?}"
    );
    for (code, panicked) in &ends {
        assert_eq!(*code == Some(70), *panicked, "{ends:?}");
    }
}
