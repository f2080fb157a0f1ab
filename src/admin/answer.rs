//! What each path answers. Pure but for reading the state.

use std::fmt::Write;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};

use super::AdminState;
use crate::lifecycle::Stage;

type Answer = Response<Full<Bytes>>;

struct Route {
    path: &'static str,
    says: &'static str,
    answer: fn(&AdminState) -> Answer,
}

const ROUTES: &[Route] = &[
    Route { path: "/metrics", says: "metrics in Prometheus' text format", answer: metrics },
    Route {
        path: "/livez",
        says: "200 while the control loop runs",
        answer: |_| text(StatusCode::OK, "alive\n"),
    },
    Route { path: "/readyz", says: "200 while new sessions are wanted, else 503 and why", answer: ready },
    Route { path: "/status", says: "listeners, sessions, limits and socket options as JSON", answer: status },
    Route { path: "/", says: "this page", answer: |_| text(StatusCode::OK, index()) },
];

/// The answer to a request whose body is of no interest.
pub(super) fn to(method: &Method, path: &str, state: &AdminState) -> Answer {
    let Some(route) = ROUTES.iter().find(|route| route.path == path) else {
        return text(StatusCode::NOT_FOUND, format!("nothing here; there is:\n{}", index()));
    };
    if method == Method::GET || method == Method::HEAD {
        return (route.answer)(state);
    }
    let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "this address is read-only: use GET\n");
    refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    refusal
}

/// The answer to a body beyond the bound.
pub(super) fn too_large() -> Answer {
    text(StatusCode::PAYLOAD_TOO_LARGE, "no path here takes a body\n")
}

fn metrics(state: &AdminState) -> Answer {
    answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", state.telemetry.render())
}

fn ready(state: &AdminState) -> Answer {
    match state.readiness.stage() {
        Stage::Ready => text(StatusCode::OK, "ready\n"),
        Stage::Starting => text(StatusCode::SERVICE_UNAVAILABLE, "starting: not all listeners accept yet\n"),
        Stage::Draining => text(StatusCode::SERVICE_UNAVAILABLE, "draining: the daemon is stopping\n"),
    }
}

fn status(state: &AdminState) -> Answer {
    match serde_json::to_vec_pretty(&state.status.status()) {
        Ok(json) => answer(StatusCode::OK, "application/json", json),
        Err(problem) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{problem}\n")),
    }
}

fn index() -> String {
    let mut page = String::new();
    for route in ROUTES {
        let _ = writeln!(page, "{:<10}{}", route.path, route.says);
    }
    page
}

fn text(code: StatusCode, body: impl Into<Bytes>) -> Answer {
    answer(code, "text/plain; charset=utf-8", body)
}

fn answer(code: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = code;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
