//! Promise: when sessions have taken every descriptor, metrics still come, and the loop neither spins nor keeps what it borrowed.
//!
//! Alone in its binary: it lowers the limit of the whole process.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

mod operator;

use std::fs::File;

use operator::exposition::read;
use operator::{Admin, Answer, PATIENCE, read_all};
use oread::admin::AdminLimits;
use oread::descriptors::Reserve;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

#[tokio::test]
async fn metrics_come_though_accept_has_no_descriptor_left() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(128), maximum }).unwrap();
    let reserve = Reserve::new();
    let admin = Admin::start_with(AdminLimits::default(), reserve.clone());
    let clients: Vec<TcpSocket> = (0..10).map(|_| TcpSocket::new_v4().unwrap()).collect();
    let hogs: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!hogs.is_empty() && File::open("/dev/null").is_err(), "no descriptor is left");
    for client in clients {
        let mut stream = client.connect(admin.address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answer = Answer::parse(&read_all(&mut stream).await);
        let shown = read(&answer.body);
        assert_eq!(answer.code, 200);
        if cfg!(target_os = "linux") {
            assert!(shown["process_open_fds"].samples[0].value > 100.0, "read on borrowed descriptors");
        }
    }
    let whole = async {
        while !reserve.is_whole() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("every loan comes back");
    drop(hogs);
    assert_eq!(admin.get("/livez").await.code, 200);
}
