//! The accept loop of the admin address: seats, back-off, end.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{AdminState, connection};

/// How long answers under way may take after the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) async fn run(listener: TcpListener, state: Arc<AdminState>, stop: CancellationToken) {
    let seats = Arc::new(Semaphore::new(state.limits.connections));
    let mut connections = JoinSet::new();
    let mut pause = Pause::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                pause = Pause::default();
                match Arc::clone(&seats).try_acquire_owned() {
                    Ok(seat) => drop(connections.spawn(connection::run(stream, Arc::clone(&state), seat))),
                    Err(_) => turn_away(&stream),
                }
            }
            Err(problem) => {
                let wait = pause.longer();
                tracing::debug!(%problem, ?wait, "admin: accept failed");
                tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(wait) => {} }
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    drop(tokio::time::timeout(LAST_WORDS, finished).await);
}

/// Says so if the socket takes it at once; a client that floods us is owed no more.
fn turn_away(stream: &TcpStream) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 1\r\n\
        connection: close\r\ncontent-length: 37\r\n\r\ntoo many connections; try again later";
    drop(stream.try_write(FULL));
}

/// Waits after failures of accept: 5 ms, doubled up to a second.
#[derive(Default)]
struct Pause {
    last: Duration,
}

impl Pause {
    fn longer(&mut self) -> Duration {
        self.last = (self.last * 2).clamp(Duration::from_millis(5), Duration::from_secs(1));
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_from_five_milliseconds_to_a_second() {
        let mut pause = Pause::default();
        let waits: Vec<_> = (0..10).map(|_| pause.longer().as_millis()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }
}
