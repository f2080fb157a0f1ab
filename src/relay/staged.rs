//! Messages of one session for one room, encoded as members are to get them, until they are appended in one go.

use std::cell::RefCell;

use crate::peer::SessionId;
use crate::protocol::{Form, MessageRun, Misfit, Payload, Position, RoomNumber};
use crate::room::Run;

/// Capacity beyond this is given back after use: for the few who send large messages.
const KEPT: usize = 256 << 10;

thread_local! {
    static STAGED: RefCell<Staged> = RefCell::new(Staged::default());
}

/// Messages that wait to be appended.
#[derive(Debug, Default)]
pub(super) struct Staged {
    run: Option<MessageRun>,
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// The request of each message; 0 wants no receipt.
    requests: Vec<u32>,
    /// The place of the room in the session.
    place: u32,
    /// Which frame of the batch the first message was.
    first_frame: u32,
    /// How many messages may be published now.
    allowed: usize,
}

/// Lends this worker's buffer, empty.
pub(super) fn with<R>(work: impl FnOnce(&mut Staged) -> R) -> R {
    STAGED.with_borrow_mut(|staged| {
        let result = work(staged);
        staged.clear();
        if staged.bytes.capacity() > KEPT {
            *staged = Staged::default();
        }
        result
    })
}

impl Staged {
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether all that may be published now is here.
    pub(super) fn is_full(&self) -> bool {
        self.ends.len() >= self.allowed
    }

    /// So many messages may be published now.
    pub(super) fn allow(&mut self, messages: usize) {
        self.allowed = messages;
    }

    pub(super) fn messages(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn place(&self) -> u32 {
        self.place
    }

    pub(super) fn first_frame(&self) -> u32 {
        self.first_frame
    }

    /// Whether a message for this place goes into another append than what waits.
    pub(super) fn is_for_another(&self, place: u32) -> bool {
        !self.is_empty() && self.place != place
    }

    /// Adds a message, which was frame `frame` of the batch. Its position is filled in when it is known.
    pub(super) fn push(
        &mut self,
        frame: u32,
        place: u32,
        (room, from): (u32, SessionId),
        request: u32,
        payload: Payload<'_>,
    ) -> Result<(), Misfit> {
        if self.is_empty() {
            self.run = Some(MessageRun::new(Form::Stream, RoomNumber(room), Position(1), from)?);
            (self.place, self.first_frame) = (place, frame);
        }
        let Some(run) = &mut self.run else { return Ok(()) };
        run.push(payload, &mut self.bytes)?;
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        self.requests.push(request);
        Ok(())
    }

    /// They as a run that stands at `first`.
    pub(super) fn run(&mut self, first: u64) -> Run<'_> {
        if let Some(run) = &self.run {
            run.place(&mut self.bytes, &self.ends, Position(first));
        }
        Run { bytes: &self.bytes, ends: &self.ends }
    }

    /// The requests of the first `messages`, with which of them each is, where a receipt is wanted.
    pub(super) fn wanted(&self, messages: usize) -> impl Iterator<Item = (u64, u32)> {
        (0..).zip(self.requests[..messages].iter().copied()).filter(|(_, request)| *request != 0)
    }

    pub(super) fn clear(&mut self) {
        self.run = None;
        self.bytes.clear();
        self.ends.clear();
        self.requests.clear();
    }
}
