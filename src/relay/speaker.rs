//! Protocol 1, as one session speaks it: what comes in is decoded and sorted. Messages (`gathering`) and requests have files of
//! their own. `docs/protocol.md` is the specification.

use std::sync::Arc;

use super::conversation::Conversation;
use super::staged::{self, Staged};
use crate::codec::{Frame, FrameFault};
use crate::protocol::{
    ClientFrame, ErrorCode, ErrorFrame, Form, HELLO_MAX, Hello, Malformed, Numbered, Ping, Pong, Request,
    ServerFrame, max_payload,
};
use crate::reason::{CloseReason, RequestFault};
use crate::service::{Batch, Controls, Next, Reply, Turn};
use crate::tick::Tick;

/// Bytes of control frames that one batch may provoke before the rest of it has to wait until the client has taken them.
const CONTROLS_AT_ONCE: usize = 2048;
/// Frames after which a batch that is more than one run for one room has to wait for its next turn: each of its requests, and each of
/// its runs, may take locks and look through a log.
pub(super) const REQUESTS_AT_ONCE: u32 = 256;

/// What was agreed with the client.
#[derive(Debug, Default)]
pub(super) struct Speaker {
    pub(super) welcomed: bool,
    /// What the client calls itself; none if nothing.
    pub(super) name: Option<Arc<str>>,
    /// Since when it has waited for its predecessor to leave.
    pub(super) waits_since: Option<Tick>,
    /// The newest PING that was not answered yet.
    ping: Option<[u8; 8]>,
    /// What the last error says, beside its code.
    pub(super) last_words: Option<Box<str>>,
}

/// How it goes on after a frame.
#[derive(Debug)]
pub(super) enum Heard {
    /// With the next one.
    On,
    /// With this very one, at that moment or when there is news.
    Again(Tick),
    /// Not at all.
    End(CloseReason),
}

/// A request that failed: why, and what a person is told.
pub(super) type Failure = (RequestFault, String);

impl Conversation {
    pub(super) fn answer_protocol(
        &mut self,
        turn: &Turn<'_>,
        batch: &mut Batch<'_>,
        reply: &mut Reply<'_>,
    ) -> Next {
        let next = staged::with(|staged| {
            for (number, frame) in (0..).zip(batch.frames()) {
                if let Some(next) = self.hear(turn, number, frame, staged, reply) {
                    return next;
                }
            }
            self.publish_staged(turn, staged, reply).unwrap_or(Next::Go)
        });
        if let Some(opaque) = self.speaker.as_mut().and_then(|speaker| speaker.ping.take()) {
            say_first(reply.controls(), &ServerFrame::Pong(Pong { opaque }));
        }
        next
    }

    /// One frame. Says what comes next if that is not the next frame.
    fn hear(
        &mut self,
        turn: &Turn<'_>,
        number: u32,
        frame: Frame<'_>,
        staged: &mut Staged,
        reply: &mut Reply<'_>,
    ) -> Option<Next> {
        let decoded = ClientFrame::decode(frame.payload);
        if let Ok(ClientFrame::Publish(publish)) = &decoded
            && self.is_welcomed()
        {
            let place = match self.may_publish(publish) {
                Ok(place) => place,
                Err(failure) => {
                    return self.fail_behind(turn, number, staged, reply, publish.request, &failure);
                }
            };
            return self.gather(turn, (number, place), publish, staged, reply);
        }
        // What was published before a request is published before it is answered.
        if let Some(next) = self.publish_staged(turn, staged, reply) {
            return Some(next);
        }
        let heard = match decoded {
            _ if frame.payload.len() > HELLO_MAX && !self.is_welcomed() => {
                self.end(CloseReason::FrameTooLarge, long_greeting(frame.payload.len() as u64))
            }
            Ok(frame) => self.obey(turn, frame, reply),
            Err(malformed) => self.refuse(turn, &malformed, reply.controls()),
        };
        match heard {
            Heard::Again(until) => Some(self.hold_until(turn, until, number as usize)),
            Heard::End(reason) => Some(Next::End(reason)),
            Heard::On if number >= REQUESTS_AT_ONCE || reply.controls().len() >= CONTROLS_AT_ONCE => {
                Some(self.hold_until(turn, turn.now, number as usize + 1))
            }
            Heard::On => None,
        }
    }

    fn fail_behind(
        &mut self,
        turn: &Turn<'_>,
        number: u32,
        staged: &mut Staged,
        reply: &mut Reply<'_>,
        request: Request,
        failure: &Failure,
    ) -> Option<Next> {
        if let Some(next) = self.publish_staged(turn, staged, reply) {
            return Some(next);
        }
        fail(turn, reply.controls(), request, failure);
        let many = reply.controls().len() >= CONTROLS_AT_ONCE;
        many.then(|| self.hold_until(turn, turn.now, number as usize + 1))
    }

    fn obey(&mut self, turn: &Turn<'_>, frame: ClientFrame<'_>, reply: &mut Reply<'_>) -> Heard {
        let request = match (&frame, self.is_welcomed()) {
            (ClientFrame::Hello(hello), false) => return self.greet(turn, hello, reply),
            (ClientFrame::Hello(_), true) => {
                return self.end(CloseReason::BadFrame, "a second HELLO: one begins a connection".to_owned());
            }
            (_, false) => return self.expect_hello(frame.kind()),
            (ClientFrame::Join(join), _) => join.request,
            (ClientFrame::Leave(leave), _) => leave.request,
            (ClientFrame::Publish(publish), _) => publish.request,
            (ClientFrame::Send(_), _) if self.allowance(turn.now, 1) == 0 => {
                return Heard::Again(turn.now.after(1));
            }
            (ClientFrame::Send(send), _) => send.request,
            (ClientFrame::Unsupported { request, .. }, _) => *request,
            _ => Request::NONE,
        };
        let done = match frame {
            ClientFrame::Join(join) => self.join(turn, &join, reply),
            ClientFrame::Leave(leave) => self.leave(turn, leave, reply),
            ClientFrame::Send(send) => self.send(turn, &send, reply),
            ClientFrame::Unsupported { kind, .. } => {
                Err((RequestFault::Unsupported, format!("requests of type 0x{kind:02X} are not known here")))
            }
            ClientFrame::Ping(Ping { opaque }) => {
                if let Some(speaker) = &mut self.speaker {
                    speaker.ping = Some(opaque);
                }
                Ok(())
            }
            ClientFrame::Unknown { .. } => {
                turn.stats.relay.unknown.add(1);
                Ok(())
            }
            ClientFrame::Pong(_) | ClientFrame::Hello(_) | ClientFrame::Publish(_) => Ok(()),
        };
        if let Err(failure) = done {
            fail(turn, reply.controls(), request, &failure);
        }
        Heard::On
    }

    /// A frame that could not be decoded.
    fn refuse(&mut self, turn: &Turn<'_>, malformed: &Malformed, controls: &mut Controls) -> Heard {
        if !self.is_welcomed() && malformed.frame != Hello::TYPE.number {
            return self.expect_hello(malformed.frame);
        }
        let code = malformed.code();
        if let Some(fault) = fault_of(code) {
            fail(turn, controls, malformed.request, &(fault, malformed.to_string()));
            return Heard::On;
        }
        let reason = match code {
            ErrorCode::FrameTooLarge => CloseReason::FrameTooLarge,
            _ => CloseReason::BadFrame,
        };
        self.end(reason, malformed.to_string())
    }

    /// Whether HELLO has come and was answered.
    pub(super) fn is_welcomed(&self) -> bool {
        self.speaker.as_ref().is_some_and(|speaker| speaker.welcomed)
    }

    fn expect_hello(&mut self, kind: u8) -> Heard {
        let words = format!("the first frame has to be HELLO, not type 0x{kind:02X}");
        self.end(CloseReason::HelloExpected, words)
    }

    /// The codec found no frame: the last frame says what a client can do about it.
    pub(super) fn say_of_misread(&mut self, fault: FrameFault) {
        let words = match fault {
            FrameFault::TooLarge { announced, .. } if !self.is_welcomed() => long_greeting(announced),
            FrameFault::TooLarge { .. } => {
                let most = max_payload(self.house.frame_max);
                format!("{fault}; send at most the {most} bytes of payload that WELCOME allowed")
            }
            _ => fault.to_string(),
        };
        self.leave_words(words);
    }

    /// Ends the session, with these words in its last frame.
    pub(super) fn end(&mut self, reason: CloseReason, words: String) -> Heard {
        self.leave_words(words);
        Heard::End(reason)
    }

    fn leave_words(&mut self, words: String) {
        if let Some(speaker) = &mut self.speaker {
            speaker.last_words = Some(words.into());
        }
    }
}

fn long_greeting(bytes: u64) -> String {
    format!("a first frame of {bytes} bytes; it has to be HELLO, of at most {HELLO_MAX} bytes")
}

/// Appends a frame to the answer. One that does not fit its form is none; the fields that could be too long were checked when they came.
pub(super) fn say(reply: &mut Reply<'_>, frame: &ServerFrame<'_>) {
    reply.encode(|out| {
        let encoded = frame.encode(Form::Stream, out);
        debug_assert!(encoded.is_ok(), "{encoded:?}");
    });
}

/// The same ahead of all data.
pub(super) fn say_first(controls: &mut Controls, frame: &ServerFrame<'_>) {
    controls.encode(|out| {
        let encoded = frame.encode(Form::Stream, out);
        debug_assert!(encoded.is_ok(), "{encoded:?}");
    });
}

/// Answers a request that failed, and counts it.
fn fail(turn: &Turn<'_>, controls: &mut Controls, request: Request, (fault, text): &Failure) {
    turn.stats.relay.faults[*fault as usize].add(1);
    if let Some(code) = code_of(*fault) {
        say_first(controls, &ServerFrame::Error(ErrorFrame::new(request, code, text)));
    }
}

/// The codes of failed requests count from 200, in the order of the daemon's list.
const FIRST_FAULT: u16 = 200;

fn code_of(fault: RequestFault) -> Option<ErrorCode> {
    ErrorCode::from_number(FIRST_FAULT + fault as u16)
}

fn fault_of(code: ErrorCode) -> Option<RequestFault> {
    let number = usize::from(code.number().checked_sub(FIRST_FAULT)?);
    RequestFault::ALL.get(number).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_faults_are_those_of_the_codes() {
        for fault in RequestFault::ALL {
            assert_eq!(code_of(*fault).map(ErrorCode::word), Some(fault.word()));
        }
        // Who is too fast is read more slowly here; the code is for servers that refuse instead.
        let unused = |code: &&ErrorCode| **code == ErrorCode::RateLimited;
        let codes = ErrorCode::ALL.iter().filter(|code| !code.ends_session() && !unused(code)).count();
        assert_eq!(codes, RequestFault::COUNT);
    }
}
