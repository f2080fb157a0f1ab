//! Promise: the admin address says what it knows to whoever asks properly, tells others what they could have asked, and keeps answering until
//! the daemon ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

mod operator;

use operator::{Admin, Answer, PATIENCE, echo, exposition, read_all};
use oread::admin::AdminLimits;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn metrics_come_in_prometheus_text_format() {
    let admin = Admin::start(AdminLimits::default());
    admin.telemetry.listener(&echo("a"), 1)[0].accepted.add(3);
    let answer = admin.get("/metrics").await;
    assert_eq!(answer.code, 200);
    assert!(
        answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{}",
        answer.head
    );
    let shown = exposition::read(&answer.body);
    assert_eq!(shown["oread_sessions_accepted_total"].samples[0].value, 3.0);
}

#[tokio::test]
async fn readyz_follows_the_stage_and_livez_does_not() {
    let admin = Admin::start(AdminLimits::default());
    let starting = admin.get("/readyz").await;
    assert_eq!((starting.code, starting.body.starts_with("starting")), (503, true));
    admin.readiness.ready();
    assert_eq!(admin.get("/readyz").await.code, 200);
    admin.readiness.draining();
    let draining = admin.get("/readyz").await;
    assert_eq!((draining.code, draining.body.starts_with("draining")), (503, true));
    assert_eq!(admin.get("/livez").await.code, 200);
}

#[tokio::test]
async fn status_is_json_that_names_the_stage() {
    let admin = Admin::start(AdminLimits::default());
    admin.readiness.draining();
    let answer = admin.get("/status").await;
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    let status: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(status["stage"], "draining");
    assert_eq!(status["process"]["sessions"]["limit"], 2);
}

#[tokio::test]
async fn an_unknown_path_lists_those_that_exist() {
    let admin = Admin::start(AdminLimits::default());
    let answer = admin.get("/metric").await;
    assert_eq!(answer.code, 404);
    for path in ["/metrics", "/livez", "/readyz", "/status", "/sessions", "/rooms", "/sessions/N/kick"] {
        assert!(answer.body.contains(path), "{}", answer.body);
        assert!(admin.get("/").await.body.contains(path));
    }
    assert_eq!(admin.get("/metrics?name=x").await.code, 200, "a query is ignored");
}

#[tokio::test]
async fn what_is_read_only_says_so() {
    let admin = Admin::start(AdminLimits::default());
    for path in ["/metrics", "/sessions", "/rooms", "/"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let answer = admin.ask(method, path).await;
            assert_eq!(answer.code, 405);
            assert!(answer.head.contains("allow: get, head"), "{}", answer.head);
        }
    }
    let head = admin.ask("HEAD", "/metrics").await;
    assert_eq!((head.code, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn one_connection_carries_one_request() {
    let admin = Admin::start(AdminLimits::default());
    let two = "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n".repeat(2);
    let answers = admin.raw(two.as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 1);
    assert!(Answer::parse(&answers).head.contains("connection: close"));
}

#[tokio::test]
async fn the_end_waits_for_an_answer_under_way_but_not_for_a_silent_client() {
    let admin = Admin::start(AdminLimits::default());
    let mut silent = admin.connect().await;
    let mut asking = admin.connect().await;
    asking.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    assert_eq!(admin.get("/livez").await.code, 200, "both are in by now: accept is in order");
    admin.stop.cancel();
    asking.write_all(b"\r\n").await.unwrap();
    assert_eq!(Answer::parse(&read_all(&mut asking).await).code, 200);
    tokio::time::timeout(PATIENCE, admin.server).await.expect("it ends").unwrap().unwrap();
    assert_eq!(read_all(&mut silent).await, "");
    assert!(tokio::net::TcpStream::connect(admin.address).await.is_err(), "the port is free");
}
