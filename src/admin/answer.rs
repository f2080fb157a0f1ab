//! What each path answers. Pure but for reading the state, and for ending a session.

use std::fmt::Write;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde::Serialize;

use super::directory::{RoomRow, SessionRow};
use super::listing::{self, Query};
use super::{AdminState, kick};
use crate::lifecycle::Stage;

pub(super) type Answer = Response<Full<Bytes>>;

struct Route {
    path: &'static str,
    says: &'static str,
    /// From the state and what stands behind the `?`.
    answer: fn(&AdminState, &str) -> Answer,
}

const ROUTES: &[Route] = &[
    Route { path: "/metrics", says: "metrics in Prometheus' text format", answer: metrics },
    Route {
        path: "/livez",
        says: "200 while the control loop and every worker turn, else 503 and who does not",
        answer: live,
    },
    Route { path: "/readyz", says: "200 while new sessions are wanted, else 503 and why", answer: ready },
    Route { path: "/status", says: "listeners, sessions, limits and socket options as JSON", answer: status },
    Route { path: "/sessions", says: "sessions as JSON, sorted and paged", answer: sessions },
    Route { path: "/rooms", says: "rooms as JSON, sorted and paged", answer: rooms },
    Route { path: "/", says: "this page", answer: |_, _| text(StatusCode::OK, index()) },
];

/// The answer to a request whose body is of no interest.
pub(super) fn to(request: &Parts, state: &AdminState) -> Answer {
    let (method, path) = (&request.method, request.uri.path());
    if let Some(session) = kick::session_of(path) {
        return match *method {
            Method::POST => kick::kick(session, &request.headers, state),
            _ => wrong_method("POST", "this call changes something: use POST\n"),
        };
    }
    let Some(route) = ROUTES.iter().find(|route| route.path == path) else {
        return text(StatusCode::NOT_FOUND, format!("nothing here; there is:\n{}", index()));
    };
    if method == Method::GET || method == Method::HEAD {
        return (route.answer)(state, request.uri.query().unwrap_or_default());
    }
    wrong_method("GET, HEAD", "this path is read-only: use GET\n")
}

/// The answer to a body beyond the bound.
pub(super) fn too_large() -> Answer {
    text(StatusCode::PAYLOAD_TOO_LARGE, "no path here takes a body\n")
}

fn wrong_method(right: &'static str, why: &'static str) -> Answer {
    let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, why);
    refusal.headers_mut().insert(ALLOW, HeaderValue::from_static(right));
    refusal
}

fn metrics(state: &AdminState, _: &str) -> Answer {
    answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", state.telemetry.render())
}

fn live(state: &AdminState, _: &str) -> Answer {
    let stuck = state.vitals.stuck();
    if stuck.is_empty() {
        return text(StatusCode::OK, "alive\n");
    }
    text(StatusCode::SERVICE_UNAVAILABLE, format!("stuck: {}\n", stuck.join(", ")))
}

fn ready(state: &AdminState, _: &str) -> Answer {
    match state.readiness.stage() {
        Stage::Ready => text(StatusCode::OK, "ready\n"),
        Stage::Starting => text(StatusCode::SERVICE_UNAVAILABLE, "starting: not all listeners accept yet\n"),
        Stage::Draining => text(StatusCode::SERVICE_UNAVAILABLE, "draining: the daemon is stopping\n"),
    }
}

fn status(state: &AdminState, _: &str) -> Answer {
    json(StatusCode::OK, &state.status.status())
}

fn sessions(state: &AdminState, query: &str) -> Answer {
    match Query::<SessionRow>::read(query, &state.directory.listeners()) {
        Ok(query) => {
            let page = query.page(|see| state.directory.sessions(query.listener.as_deref(), see));
            json(StatusCode::OK, &page.to_json("sessions"))
        }
        Err(why) => text(StatusCode::BAD_REQUEST, format!("/sessions: {why}\n")),
    }
}

fn rooms(state: &AdminState, query: &str) -> Answer {
    match Query::<RoomRow>::read(query, &state.directory.listeners()) {
        Ok(query) => {
            let page = query.page(|see| state.directory.rooms(query.listener.as_deref(), see));
            json(StatusCode::OK, &page.to_json("rooms"))
        }
        Err(why) => text(StatusCode::BAD_REQUEST, format!("/rooms: {why}\n")),
    }
}

fn index() -> String {
    let mut page = String::new();
    for route in ROUTES {
        let _ = writeln!(page, "{:<11}{}", route.path, route.says);
    }
    let _ = writeln!(page, "\nGET /sessions{}", listing::help::<SessionRow>());
    let _ = writeln!(page, "GET /rooms{}", listing::help::<RoomRow>());
    let _ = writeln!(page, "POST /sessions/N/kick with the daemon's token ends session N");
    page
}

pub(super) fn text(code: StatusCode, body: impl Into<Bytes>) -> Answer {
    answer(code, "text/plain; charset=utf-8", body)
}

pub(super) fn json(code: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec_pretty(value) {
        Ok(json) => answer(code, "application/json", json),
        Err(problem) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{problem}\n")),
    }
}

fn answer(code: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = code;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
