//! One connection to the admin address: one request within its bounds, one answer.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::{AdminState, answer};
use crate::descriptors::Loan;

/// The HTTP library panics on less.
const LEAST_HEAD_BYTES: usize = 8 << 10;

/// What a connection holds until its socket is closed.
pub(super) type Seat = (OwnedSemaphorePermit, Option<Loan>);

pub(super) async fn run(stream: TcpStream, state: Arc<AdminState>, seat: Seat) {
    let limits = state.limits;
    let service = service_fn(|request| exchange(request, &state));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes.max(LEAST_HEAD_BYTES))
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(limits.exchange, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => tracing::debug!(%problem, "admin: connection ended"),
        Err(_) => tracing::debug!(limit = ?limits.exchange, "admin: exchange took too long"),
    }
    drop(seat);
}

async fn exchange(
    request: Request<Incoming>,
    state: &AdminState,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // Read away, so that closing with unread bytes does not reset the answer out of the client's hands.
    let body = Limited::new(body, state.limits.body_bytes).collect().await;
    Ok(match body {
        Ok(_) => answer::to(&head, state),
        Err(_) => answer::too_large(),
    })
}
