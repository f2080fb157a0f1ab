//! HELLO and WELCOME: which version is spoken, who the client is, and whether it comes back. And the last words of either side.

use std::sync::Arc;

use super::conversation::Conversation;
use super::guests::Return;
use super::speaker::{Heard, say_first};
use super::tickets::{Bearer, Claim};
use crate::peer::Peer;
use crate::protocol::{
    ErrorCode, ErrorFrame, GoingAway, Hello, Numbered, Ping, Request, ServerFrame, VERSION, Welcome,
    choose_version, max_payload,
};
use crate::reason::CloseReason;
use crate::service::{Controls, Reply, Turn};
use crate::tick::Tick;

/// Ticks for which a session that comes back waits for its predecessor to leave; then it is a new one.
const PATIENCE: u32 = 100;
/// The least time for which a client that is told to come back is to keep trying, in milliseconds.
const KEEP_TRYING_MS: u32 = 60_000;

impl Conversation {
    /// HELLO: the session is welcomed, or ends.
    pub(super) fn greet(&mut self, turn: &Turn<'_>, hello: &Hello<'_>, reply: &mut Reply<'_>) -> Heard {
        if choose_version(hello.lowest, hello.highest).is_none() {
            let words =
                format!("version {VERSION} is spoken here, not {} to {}", hello.lowest, hello.highest);
            return self.end(CloseReason::NoCommonVersion, words);
        }
        if let Err((reason, words)) = self.look_at_token(turn.peer(), hello.token) {
            return self.end(reason, words.to_owned());
        }
        let name = Some(hello.name.as_str()).filter(|name| !name.is_empty()).map(Arc::from);
        let generation = match self.claim(turn, hello.ticket) {
            None => {
                self.house.guests.check_in(turn.handle, name.clone());
                0
            }
            Some(claim) => match self.house.guests.come_back(claim, turn.handle, name.clone()) {
                Return::Back(generation) => {
                    turn.stats.relay.resumed.add(1);
                    generation
                }
                Return::Waits => return self.wait_for_predecessor(turn.now),
                Return::Stale => {
                    self.house.guests.check_in(turn.handle, name.clone());
                    0
                }
            },
        };
        if let Some(speaker) = &mut self.speaker {
            (speaker.welcomed, speaker.name) = (true, name);
        }
        self.welcome(turn, generation, reply.controls());
        Heard::On
    }

    /// Why the client may not be here with this token, if so.
    fn look_at_token(&self, peer: Peer, token: &[u8]) -> Result<(), (CloseReason, &'static str)> {
        if !token.is_empty() && !self.is_private(peer) {
            let words = "a token over a transport that others can read; it should be considered known";
            return Err((CloseReason::TokenExposed, words));
        }
        if self.house.authority.accepts(peer, token) {
            return Ok(());
        }
        let words =
            if token.is_empty() { "a token is needed here" } else { "the token is not valid, or no longer" };
        Err((CloseReason::BadToken, words))
    }

    /// What the client's ticket says, unless its predecessor does not leave.
    fn claim(&self, turn: &Turn<'_>, ticket: &[u8]) -> Option<Claim> {
        let waits_since = self.speaker.as_ref().and_then(|speaker| speaker.waits_since);
        let patient = waits_since.is_none_or(|since| turn.now.since(since) < PATIENCE);
        self.house.tickets.as_ref().filter(|_| patient)?.read(ticket)
    }

    fn wait_for_predecessor(&mut self, now: Tick) -> Heard {
        if let Some(speaker) = &mut self.speaker {
            speaker.waits_since.get_or_insert(now);
        }
        Heard::Again(now.after(PATIENCE))
    }

    /// Ahead of all that was asked behind HELLO, errors and PONG included.
    fn welcome(&self, turn: &Turn<'_>, generation: u32, controls: &mut Controls) {
        let session = turn.handle.session();
        let ticket = self.house.tickets.as_ref().map(|office| office.issue(Bearer { session, generation }));
        let millis = self.house.settings.keepalive.as_millis();
        let welcome = Welcome {
            version: VERSION,
            flags: 0,
            session,
            max_payload: u32::try_from(max_payload(self.house.frame_max)).unwrap_or(u32::MAX),
            keepalive_ms: u32::try_from(millis).unwrap_or(u32::MAX),
            ticket: ticket.as_ref().map_or(&[], |ticket| &ticket[..]),
            node: &self.house.node,
        };
        say_first(controls, &ServerFrame::Welcome(welcome));
    }

    /// Whether others cannot read what the peer sends.
    fn is_private(&self, peer: Peer) -> bool {
        self.house.settings.insecure_tokens || peer.ip().is_none_or(|ip| ip.is_loopback())
    }

    /// Asks whether the client lives. What it is asked with says when that was.
    pub(super) fn ask(now: Tick, controls: &mut Controls) {
        let opaque = u64::from(now.number()).to_be_bytes();
        say_first(controls, &ServerFrame::Ping(Ping { opaque }));
    }

    /// The last frame: why the session ends, or when to come back.
    pub(super) fn say_farewell(&mut self, reason: CloseReason, controls: &mut Controls) {
        let Some(speaker) = &mut self.speaker else { return };
        if reason == CloseReason::Drained {
            // Who was not welcomed has nothing to come back to.
            if speaker.welcomed {
                self.send_away(controls);
            }
            return;
        }
        let Some(code) = code_of(reason) else { return };
        let words = speaker.last_words.take();
        let text = words.as_deref().unwrap_or_else(|| code.meaning());
        say_first(controls, &ServerFrame::Error(ErrorFrame::new(Request::NONE, code, text)));
    }

    /// Each session gets its own time to come back, so that they arrive at a rate.
    fn send_away(&self, controls: &mut Controls) {
        use std::sync::atomic::Ordering::Relaxed;
        let before = self.house.sent_away.fetch_add(1, Relaxed);
        let rate = self.house.settings.come_back_rate.max(1);
        let come_back_after_ms = u32::try_from(before.saturating_mul(1000) / rate).unwrap_or(u32::MAX);
        let resume_for = u32::try_from(self.house.settings.resume_for.as_millis()).unwrap_or(u32::MAX);
        let away = GoingAway { come_back_after_ms, keep_trying_for_ms: resume_for.max(KEEP_TRYING_MS) };
        say_first(controls, &ServerFrame::GoingAway(away));
    }
}

/// The code with which the client is told of the end, where the protocol has one.
fn code_of(reason: CloseReason) -> Option<ErrorCode> {
    Some(match reason {
        CloseReason::BadFrame => ErrorCode::BadFrame,
        CloseReason::FrameTooLarge | CloseReason::BadLength => ErrorCode::FrameTooLarge,
        CloseReason::HelloExpected => ErrorCode::HelloExpected,
        CloseReason::NoCommonVersion => ErrorCode::NoCommonVersion,
        CloseReason::HandshakeTimeout => ErrorCode::HandshakeTimeout,
        CloseReason::TokenExposed => ErrorCode::TokenExposed,
        CloseReason::BadToken => ErrorCode::BadToken,
        CloseReason::Replaced => ErrorCode::Replaced,
        CloseReason::Keepalive => ErrorCode::Keepalive,
        CloseReason::FellBehind => ErrorCode::FellBehind,
        CloseReason::Kicked => ErrorCode::Kicked,
        CloseReason::Lifetime => ErrorCode::Lifetime,
        _ => return None,
    })
}
