//! Calls that change something: who may make them, and `POST /sessions/N/kick`.

use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;

use super::AdminState;
use super::answer::{Answer, json, text};
use crate::reason::CloseReason;

const NO_TOKEN: &str = "calls that change something need a token, and this daemon has none: set admin.token_file or \
    OREAD__ADMIN__TOKEN and restart it\n";
const WRONG_TOKEN: &str = "this call needs the daemon's token: send \"Authorization: Bearer TOKEN\" with that of admin.token_file or \
    OREAD__ADMIN__TOKEN\n";

/// The number in the path of a kick.
pub(super) fn session_of(path: &str) -> Option<&str> {
    path.strip_prefix("/sessions/")?.strip_suffix("/kick").filter(|number| !number.contains('/'))
}

/// Ends the session of this number, for somebody who may.
pub(super) fn kick(number: &str, headers: &HeaderMap, state: &AdminState) -> Answer {
    if let Some(refusal) = refusal(headers, state) {
        return refusal;
    }
    let session = number.parse().ok().filter(|session| state.directory.kick(*session));
    let Some(session) = session else {
        return text(
            StatusCode::NOT_FOUND,
            format!("there is no session {number}: it may have ended; see /sessions\n"),
        );
    };
    tracing::info!(session, "an operator ends a session");
    json(StatusCode::ACCEPTED, &json!({ "session": session, "reason": CloseReason::Kicked.word() }))
}

/// What is answered to who brings no token, or another (RFC 6750, section 2.1). The name of the scheme may be in any case.
fn refusal(headers: &HeaderMap, state: &AdminState) -> Option<Answer> {
    let Some(token) = &state.token else { return Some(text(StatusCode::FORBIDDEN, NO_TOKEN)) };
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).and_then(|value| {
        let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
        scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
    });
    if given.is_some_and(|given| token.is(given)) {
        return None;
    }
    let mut refusal = text(StatusCode::UNAUTHORIZED, WRONG_TOKEN);
    refusal.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Some(refusal)
}
