//! Promise: a listener that cannot be bound says which it is, where, why, and what to do, with the right exit code.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod socket_fixture;

use oread::exit::Exit;
use oread::settings::{Address, ListenerSettings};
use oread::socket::{BindError, bind};
use socket_fixture::{host_has_ipv6, listener, port};

fn refused(settings: &ListenerSettings) -> BindError {
    bind(settings, 1).expect_err("it cannot be bound")
}

#[track_caller]
fn assert_says(error: &BindError, exit: Exit, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.exit(), exit, "{text}");
    assert_eq!(error.listener(), "front");
    assert!(text.starts_with("listener.front: "), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
    assert!(!text.contains('\n'), "one line: {text}");
}

#[test]
fn a_taken_port() {
    let holder = bind(&listener("127.0.0.1:0"), 1).unwrap();
    let taken = format!("127.0.0.1:{}", port(&holder));
    let error = refused(&listener(&taken));
    let tells = format!("ss -ltnp 'sport = :{}'", port(&holder));
    assert_says(&error, Exit::Os, &[&format!("tcp://{taken}"), "address in use", "another process", &tells]);
}

#[test]
fn a_port_taken_by_a_socket_that_does_not_share_it() {
    let holder = bind(&listener("127.0.0.1:0"), 1).unwrap();
    let mut settings = listener(&format!("127.0.0.1:{}", port(&holder)));
    settings.socket.reuse_port = true;
    assert_says(&refused(&settings), Exit::Os, &["address in use"]);
}

#[test]
fn a_dual_stack_port_taken_on_ipv4() {
    if !host_has_ipv6() {
        return;
    }
    let holder = bind(&listener("0.0.0.0:0"), 1).unwrap();
    let error = refused(&listener(&format!("[::]:{}", port(&holder))));
    assert_says(&error, Exit::Os, &["address in use", "socket.only_v6 = true"]);
}

#[test]
fn an_address_that_is_not_ours() {
    let error = refused(&listener("192.0.2.1:7000")); // for documents only (RFC 5737)
    assert_says(&error, Exit::Os, &["tcp://192.0.2.1:7000", "no interface of this host", "ip address"]);
}

#[test]
fn an_unknown_congestion_control() {
    let mut settings = listener("127.0.0.1:0");
    settings.socket.congestion = Some("nosuch".into());
    assert_says(&refused(&settings), Exit::Os, &["socket.congestion = nosuch", "reno", "modprobe tcp_NAME"]);
}

#[test]
fn an_unknown_device() {
    let mut settings = listener("127.0.0.1:0");
    settings.socket.bind_device = Some("nosuch0".into());
    assert_says(&refused(&settings), Exit::Os, &["socket.bind_device = nosuch0", "ip link"]);
}

#[test]
fn a_directory_that_does_not_exist() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing/s");
    let error = refused(&ListenerSettings::echo("front", Address::Unix(path)));
    assert_says(&error, Exit::Os, &["missing does not exist", "RuntimeDirectory=oread"]);
}

#[test]
fn a_path_that_is_too_long() {
    let path = format!("/tmp/{}", "x".repeat(120));
    let error = refused(&ListenerSettings::echo("front", Address::Unix(path.into())));
    assert_says(&error, Exit::Os, &["too long", "107 bytes"]);
}

/// Root may do all this, so the test runs itself again as nobody.
mod without_rights {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const MARK: &str = "RUN_WITHOUT_RIGHTS";
    const NOBODY: u32 = 65534;
    /// A copy that is being written must not be inherited by a child that another test starts: it could not be run ("text file busy").
    static COPYING: std::sync::Mutex<()> = std::sync::Mutex::new(());

    fn as_nobody(test: &str, body: fn()) {
        if std::env::var_os(MARK).is_some() || !rustix::process::geteuid().is_root() {
            return body();
        }
        let _alone = COPYING.lock();
        let directory = tempfile::Builder::new().permissions(permissions(0o755)).tempdir().unwrap();
        let program = directory.path().join("test");
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let output = Command::new(program)
            .args([&format!("without_rights::{test}"), "--exact", "--nocapture"])
            .env(MARK, "1")
            .current_dir("/")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    fn permissions(mode: u32) -> std::fs::Permissions {
        std::os::unix::fs::PermissionsExt::from_mode(mode)
    }

    #[test]
    fn a_low_port() {
        as_nobody("a_low_port", || {
            let first_free =
                std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
            if first_free.trim() == "0" {
                return; // this host lets everybody have low ports
            }
            let error = refused(&listener("127.0.0.1:1"));
            let words = ["permission denied", "CAP_NET_BIND_SERVICE", "AmbientCapabilities"];
            assert_says(&error, Exit::Permission, &words);
        });
    }

    #[test]
    fn a_directory_of_others() {
        as_nobody("a_directory_of_others", || {
            let error =
                refused(&ListenerSettings::echo("front", Address::Unix("/usr/oread-test.sock".into())));
            assert_says(
                &error,
                Exit::Permission,
                &["permission denied in /usr", "able to reach and to write"],
            );
        });
    }
}
