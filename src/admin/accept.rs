//! The accept loop of the admin address: seats, loans, back-off, end.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::AdminState;
use super::connection;
use crate::backoff::{Backoff, classify};
use crate::descriptors::Loan;
use crate::line_budget::LineBudget;
use crate::reason::AcceptFault;

/// How long answers under way may take after the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Lines about failures of accept, a minute.
const COMPLAINTS: u32 = 3;

pub(super) async fn run(listener: TcpListener, state: Arc<AdminState>, stop: CancellationToken) {
    let mut gate = Gate::new(state);
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = gate.connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let wait = match accepted {
            Ok((stream, _)) => gate.welcome(stream, None),
            Err(problem) => gate.fault(problem, &listener).await,
        };
        if !wait.is_zero() {
            tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(wait) => {} }
        }
    }
    drop(listener);
    let finished = async { while gate.connections.join_next().await.is_some() {} };
    drop(tokio::time::timeout(LAST_WORDS, finished).await);
}

/// Who is in, and what to do when nobody can come in. Its calls say how long to wait before the next accept.
struct Gate {
    state: Arc<AdminState>,
    seats: Arc<Semaphore>,
    connections: JoinSet<()>,
    backoff: Backoff,
    complaints: LineBudget,
}

impl Gate {
    fn new(state: Arc<AdminState>) -> Self {
        Self {
            seats: Arc::new(Semaphore::new(state.limits.connections)),
            state,
            connections: JoinSet::new(),
            backoff: Backoff::default(),
            complaints: LineBudget::new(COMPLAINTS, Duration::from_mins(1), Instant::now()),
        }
    }

    fn welcome(&mut self, stream: TcpStream, loan: Option<Loan>) -> Duration {
        self.backoff.succeeded();
        match Arc::clone(&self.seats).try_acquire_owned() {
            Ok(permit) => {
                let loan = loan.or_else(|| if few_are_left() { self.state.reserve.lend() } else { None });
                let state = Arc::clone(&self.state);
                self.connections.spawn(connection::run(stream, state, (permit, loan)));
            }
            Err(_) => turn_away(&stream),
        }
        Duration::ZERO
    }

    async fn fault(&mut self, problem: io::Error, listener: &TcpListener) -> Duration {
        let short = out_of_descriptors(classify(&problem));
        let Some(loan) = short.then(|| self.state.reserve.lend()).flatten() else {
            return self.wait_out(&problem);
        };
        match at_once(listener.accept()).await {
            Some(Ok((stream, _))) => self.welcome(stream, Some(loan)),
            Some(Err(problem)) => self.wait_out(&problem),
            // Nobody waits: the kernel looks for a descriptor before it looks for a connection.
            None => Duration::ZERO,
        }
    }

    fn wait_out(&mut self, problem: &io::Error) -> Duration {
        let wait = self.backoff.failed(classify(problem));
        if wait.is_zero() {
            return wait;
        }
        if let Some(leave) = self.complaints.allow(Instant::now()) {
            let suppressed = leave.suppressed;
            tracing::warn!(%problem, ?wait, suppressed, "the admin address cannot accept");
        }
        wait
    }
}

/// What a future yields without waiting. A loan is not kept for someone who may never come.
async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::select! { biased; output = future => Some(output), () = std::future::ready(()) => None }
}

/// Says so if the socket takes it at once; a client that floods us is owed no more.
fn turn_away(stream: &TcpStream) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 1\r\n\
        connection: close\r\ncontent-length: 38\r\n\r\ntoo many connections; try again later\n";
    drop(stream.try_write(FULL));
}

fn out_of_descriptors(fault: AcceptFault) -> bool {
    matches!(fault, AcceptFault::ProcessDescriptors | AcceptFault::HostDescriptors)
}

/// Whether the files that tell about the process could not be opened: the connection may have taken the last descriptor.
#[cfg(unix)]
fn few_are_left() -> bool {
    let attempts = [(); FILES_OF_AN_ANSWER].map(|()| std::fs::File::open("/dev/null"));
    attempts.iter().any(|attempt| attempt.as_ref().is_err_and(|error| out_of_descriptors(classify(error))))
}

/// Files that an answer has open at once: the process's directory and one in it.
#[cfg(unix)]
const FILES_OF_AN_ANSWER: usize = 2;

/// Handles are not limited here.
#[cfg(not(unix))]
fn few_are_left() -> bool {
    false
}
