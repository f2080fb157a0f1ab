//! Messages of protocol 1, as one session publishes them: those that follow each other for one room are gathered into a run, which is appended
//! in one go and whose receipts follow it. What does not find room, or comes too fast, waits with the session.

use super::conversation::Conversation;
use super::publication::Published;
use super::speaker::{REQUESTS_AT_ONCE, say};
use super::staged::Staged;
use crate::protocol::{Position, Publish, Receipt, Request, ServerFrame};
use crate::service::{Next, Reply, Turn};

impl Conversation {
    /// A message joins the run that is being gathered. Of those for which the rate has no room yet none is looked at.
    pub(super) fn gather(
        &mut self,
        turn: &Turn<'_>,
        (number, place): (u32, u32),
        publish: &Publish<'_>,
        staged: &mut Staged,
        reply: &mut Reply<'_>,
    ) -> Option<Next> {
        if staged.is_for_another(place) {
            if let Some(next) = self.publish_staged(turn, staged, reply) {
                return Some(next);
            }
            if number >= REQUESTS_AT_ONCE {
                return Some(self.hold_until(turn, turn.now, number as usize));
            }
        }
        if staged.is_empty() {
            staged.allow(self.allowance(turn.now, usize::MAX));
        }
        if staged.is_full() {
            let next = self.publish_staged(turn, staged, reply);
            return next.or_else(|| Some(self.hold_until(turn, turn.now.after(1), number as usize)));
        }
        stage(turn, number, place, publish, staged);
        None
    }

    /// Appends what was gathered. Says what comes next if not all of it found room.
    pub(super) fn publish_staged(
        &mut self,
        turn: &Turn<'_>,
        staged: &mut Staged,
        reply: &mut Reply<'_>,
    ) -> Option<Next> {
        if staged.is_empty() {
            return None;
        }
        let (frame, all) = (staged.first_frame() as usize, staged.messages());
        let next = match self.publish(turn, staged.place(), |first| staged.run(first))? {
            Published::Full { until } => Some(self.hold_until(turn, until, frame)),
            Published::Taken { first, messages, members } => {
                self.spend(messages);
                for (which, request) in staged.wanted(messages) {
                    let position = Position(first + which);
                    let members = u32::try_from(members.saturating_sub(1)).unwrap_or(u32::MAX);
                    say(
                        reply,
                        &ServerFrame::Receipt(Receipt { request: Request(request), position, members }),
                    );
                }
                (messages < all).then(|| self.hold_until(turn, turn.now, frame + messages))
            }
        };
        staged.clear();
        next
    }
}

/// Adds a message to the run that is being gathered.
fn stage(turn: &Turn<'_>, number: u32, place: u32, publish: &Publish<'_>, staged: &mut Staged) {
    let ids = (publish.room.0, turn.handle.session());
    // Nothing can fail to fit: the payload was checked, and a session's number is far below 2^53.
    let staged = staged.push(number, place, ids, publish.request.0, publish.payload);
    debug_assert!(staged.is_ok(), "a message of the longest payload fits its frame");
}
