//! Promise: no client of the admin address holds a seat for longer than its deadline, takes more seats than there are, or makes it keep more
//! bytes than it said.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod operator;

use std::time::{Duration, Instant};

use operator::{Admin, Answer, PATIENCE, echo, read_all};
use oread::admin::AdminLimits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

const SHORT: Duration = Duration::from_millis(200);

/// Asks until the answer has this code: a seat may take a moment to become free.
async fn until(admin: &Admin, code: u16) -> Answer {
    let start = Instant::now();
    loop {
        let answer = admin.raw(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await;
        match (!answer.is_empty()).then(|| Answer::parse(&answer)) {
            Some(answer) if answer.code == code => return answer,
            answer => assert!(start.elapsed() < PATIENCE, "no {code}, but {answer:?}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let admin = Admin::start(AdminLimits { head: SHORT, ..AdminLimits::default() });
    let mut stream = admin.connect().await;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nx: ").await.unwrap();
    let start = Instant::now();
    let (mut reading, mut writing) = stream.into_split();
    let drip = tokio::spawn(async move {
        let mut tick = tokio::time::interval(SHORT / 10);
        loop {
            tick.tick().await;
            if writing.write_all(b"a").await.is_err() {
                return;
            }
        }
    });
    let mut rest = Vec::new();
    let closed = tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut rest);
    let _ = tokio::time::timeout(PATIENCE, closed).await.expect("it is closed while it drips");
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    assert!(start.elapsed() < AdminLimits::default().head, "by its own deadline");
    drip.abort();
}

#[tokio::test]
async fn a_silent_client_loses_its_seat() {
    let admin = Admin::start(AdminLimits { head: SHORT, connections: 1, ..AdminLimits::default() });
    let mut silent = admin.connect().await;
    assert!(!read_all(&mut silent).await.contains("200 OK"));
    assert_eq!(until(&admin, 200).await.body, "alive\n");
}

#[tokio::test]
async fn one_more_than_there_are_seats_is_told_so() {
    let admin = Admin::start(AdminLimits { connections: 2, ..AdminLimits::default() });
    let (first, second) = (admin.connect().await, admin.connect().await);
    let refusal = until(&admin, 503).await;
    assert!(refusal.body.contains("too many connections"), "{}", refusal.body);
    let length = format!("content-length: {}", refusal.body.len());
    assert!(refusal.head.contains(&length), "{}", refusal.head);
    drop((first, second));
    until(&admin, 200).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_seat() {
    let admin = Admin::start(AdminLimits { exchange: SHORT, connections: 1, ..AdminLimits::default() });
    for nth in 0..50 {
        admin.telemetry.listener(&echo(&format!("listener-{nth}")), 1);
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(admin.address).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    until(&admin, 200).await;
    let answer = read_all(&mut stream).await;
    let all = admin.telemetry.render().len();
    assert!(answer.len() < all, "{} of {all} bytes: it was cut off, not served", answer.len());
}

#[tokio::test]
async fn garbage_is_refused() {
    let admin = Admin::start(AdminLimits::default());
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\x01"[..], b"\0\0\0\x05hello\r\n\r\n", b"GET\r\n\r\n"] {
        let answer = admin.raw(garbage).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    }
    assert_eq!(admin.get("/livez").await.code, 200);
}

#[tokio::test]
async fn a_long_head_is_refused() {
    let admin = Admin::start(AdminLimits::default());
    let request = format!("GET /livez HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(64 << 10));
    let mut stream = admin.connect().await;
    // Refused before all of it was taken: the rest may meet a reset.
    let _ = stream.write_all(request.as_bytes()).await;
    let answer = read_all(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer:?}");
}

#[tokio::test]
async fn a_body_is_ignored_up_to_its_bound() {
    let limits = AdminLimits { body_bytes: 1024, ..AdminLimits::default() };
    let admin = Admin::start(limits);
    let post = |len: usize| {
        let head = format!("POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: {len}\r\n\r\n");
        [head.as_bytes(), &vec![b'x'; len]].concat()
    };
    assert_eq!(Answer::parse(&admin.raw(&post(1024)).await).code, 405);
    assert_eq!(Answer::parse(&admin.raw(&post(1025)).await).code, 413);
}
