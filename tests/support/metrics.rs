//! One scrape of `/metrics`, over HTTP as Prometheus does it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// The samples of one scrape.
#[derive(Debug, Clone)]
pub struct Metrics(String);

impl Metrics {
    /// Scrapes.
    pub fn scrape(admin: SocketAddr) -> Self {
        Self(get(admin, "/metrics"))
    }

    /// The sum of the samples of `name` whose labels hold all of `labels`, each written `key="value"`.
    pub fn sum(&self, name: &str, labels: &[&str]) -> i64 {
        let mut found = false;
        let mut sum = 0.0;
        for line in self.0.lines() {
            let Some(rest) = line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' '])) else {
                continue;
            };
            let (series, value) = rest.rsplit_once(' ').unwrap();
            if labels.iter().all(|label| series.contains(label)) {
                found = true;
                sum += value.parse::<f64>().unwrap();
            }
        }
        assert!(found, "no series {name} with {labels:?}");
        #[expect(clippy::cast_possible_truncation, reason = "counts of a test")]
        return sum as i64;
    }

    /// Sessions that ended for this reason.
    pub fn closed(&self, reason: &str) -> i64 {
        self.sum("oread_sessions_closed_total", &[&label("reason", reason)])
    }

    /// Frames dropped for this reason.
    pub fn dropped(&self, reason: &str) -> i64 {
        self.sum("oread_frames_dropped_total", &[&label("reason", reason)])
    }

    /// Connections refused for this reason.
    pub fn refused(&self, reason: &str) -> i64 {
        self.sum("oread_sessions_refused_total", &[&label("reason", reason)])
    }

    /// Frames in one direction.
    pub fn frames(&self, direction: &str) -> i64 {
        self.sum("oread_frames_total", &[&label("direction", direction)])
    }

    /// Live sessions.
    pub fn active(&self) -> i64 {
        self.sum("oread_sessions_active", &[])
    }

    /// Asserts what holds whenever no session is left: every gauge is at zero, and every session and every frame has been accounted for.
    /// (`echo`: each frame received is owed.)
    pub fn assert_settled(&self) {
        for gauge in [
            "oread_sessions_active",
            "oread_sessions",
            "oread_handshakes_active",
            "oread_outbox_frames",
            "oread_outbox_bytes",
            "oread_partial_frame_bytes",
        ] {
            assert_eq!(self.sum(gauge, &[]), 0, "{gauge}");
        }
        assert_eq!(
            self.sum("oread_sessions_accepted_total", &[]),
            self.sum("oread_sessions_closed_total", &[]),
            "accepted and closed"
        );
        assert_eq!(
            self.frames("received"),
            self.frames("sent") + self.sum("oread_frames_dropped_total", &[]),
            "frames received, and sent or dropped"
        );
    }
}

fn label(key: &str, value: &str) -> String {
    format!("{key}=\"{value}\"")
}

/// The body of an answer of the admin address.
pub fn get(admin: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: oread\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    body.to_owned()
}
