//! An operator for tests: runs an admin server on port 0 and asks it, byte by byte if need be. Not a test.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test binary uses its part"
)]

pub mod exposition;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use oread::admin::status::{ProcessStatus, Usage};
use oread::admin::{self, AdminLimits, AdminState, Directory, RoomRow, SessionRow, Status, StatusSource};
use oread::descriptors::Reserve;
use oread::lifecycle::Readiness;
use oread::stats::ProcessStats;
use oread::telemetry::{ListenerFacts, Telemetry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// No answer takes longer than this unless it never comes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running admin server and what it shows.
pub struct Admin {
    pub address: SocketAddr,
    pub telemetry: Arc<Telemetry>,
    pub stats: Arc<ProcessStats>,
    pub readiness: Arc<Readiness>,
    pub stop: CancellationToken,
    pub server: JoinHandle<std::io::Result<()>>,
}

impl Admin {
    pub fn start(limits: AdminLimits) -> Self {
        Self::start_with(limits, Reserve::new())
    }

    pub fn start_with(limits: AdminLimits, reserve: Reserve) -> Self {
        let (stats, readiness) = (Arc::new(ProcessStats::default()), Arc::new(Readiness::default()));
        let telemetry = Arc::new(Telemetry::new(stats.clone(), readiness.clone()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        // Small, and inherited by what it accepts: the kernel must not take a long answer off our hands.
        socket2::SockRef::from(&listener).set_send_buffer_size(16 << 10).unwrap();
        let address = listener.local_addr().unwrap();
        let source = Arc::new(Fixed(readiness.clone()));
        let shown = Arc::new(AdminState {
            telemetry: telemetry.clone(),
            readiness: readiness.clone(),
            vitals: Arc::default(),
            status: source,
            directory: Arc::new(Nobody),
            token: None,
            reserve,
            limits,
        });
        let stop = CancellationToken::new();
        let server = tokio::spawn(admin::serve(listener, shown, stop.clone()));
        Self { address, telemetry, stats, readiness, stop, server }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).await
    }

    pub async fn ask(&self, method: &str, path: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        Answer::parse(&self.raw(request.as_bytes()).await)
    }

    /// Sends bytes and reads to the end.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_all(&mut stream).await
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Reads until the server closes, whether in order or by a reset.
pub async fn read_all(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut part = vec![0; 16 << 10];
    let read = async {
        while let Ok(1..) = stream.read(&mut part).await.inspect(|len| all.extend_from_slice(&part[..*len])) {
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the server closes");
    String::from_utf8(all).unwrap()
}

/// An HTTP answer, cut into its parts.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer, not {text:?}"));
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        Self { code, head: head.to_ascii_lowercase(), body: body.into() }
    }
}

/// The facts of an echo listener.
pub fn echo(name: &str) -> ListenerFacts {
    ListenerFacts {
        name: name.into(),
        transport: "tcp",
        service: "echo".into(),
        sessions_limit: 10_000,
        rooms_limit: None,
    }
}

/// The facts of a relay listener.
pub fn relay(name: &str) -> ListenerFacts {
    ListenerFacts { service: "relay".into(), rooms_limit: Some(500), ..echo(name) }
}

struct Nobody;

impl Directory for Nobody {
    fn listeners(&self) -> Vec<Arc<str>> {
        vec!["echo".into()]
    }

    fn sessions(&self, _: Option<&str>, _: &mut dyn FnMut(SessionRow)) {}

    fn rooms(&self, _: Option<&str>, _: &mut dyn FnMut(RoomRow)) {}

    fn kick(&self, _: u64) -> bool {
        false
    }
}

struct Fixed(Arc<Readiness>);

impl StatusSource for Fixed {
    fn status(&self) -> Status {
        let usage = Usage { used: 1, limit: 2 };
        Status {
            version: "0".into(),
            pid: 1,
            uptime_seconds: 0.5,
            stage: self.0.stage().word(),
            process: ProcessStatus {
                sessions: usage,
                descriptors: usage,
                partial_frame_bytes: usage,
                queued_bytes: usage,
            },
            workers: Vec::new(),
            listeners: Vec::new(),
        }
    }
}
