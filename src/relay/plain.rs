//! Plain mode: no protocol. Each frame goes as it came, header or line ending included, to everyone else in the listener's room.

use std::cell::RefCell;

use super::conversation::Conversation;
use super::publication::Published;
use crate::room::Run;
use crate::service::{Batch, Next, Turn};

/// The place of the room: it is the only one.
pub(super) const PLACE: u32 = 0;

thread_local! {
    /// Where each frame of a batch ends. One a worker, used again.
    static ENDS: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

impl Conversation {
    pub(super) fn answer_plain(&mut self, turn: &Turn<'_>, batch: &mut Batch<'_>) -> Next {
        let count = batch.count() as usize;
        let allowed = self.allowance(turn.now, count);
        if allowed == 0 {
            return self.hold_until(turn, turn.now.after(1), 0);
        }
        let joined: Vec<u8>;
        let bytes = if let Some(whole) = batch.whole() {
            whole
        } else {
            joined = batch.frames().take(allowed).flat_map(|frame| frame.wire).copied().collect();
            &joined
        };
        ENDS.with_borrow_mut(|ends| {
            ends.clear();
            let mut end = 0;
            ends.extend(turn.codec.frames(bytes).take(allowed).map(|frame| {
                end += frame.wire.len();
                // A read and the beginning of a frame are far below 4 GiB.
                u32::try_from(end).unwrap_or(u32::MAX)
            }));
            self.publish_frames(turn, Run { bytes: &bytes[..end], ends }, count)
        })
    }

    /// Publishes what may be published now of a batch of `count` frames.
    fn publish_frames(&mut self, turn: &Turn<'_>, run: Run<'_>, count: usize) -> Next {
        let allowed = run.ends.len();
        let Some(published) = self.publish(turn, PLACE, |_| run) else { return Next::Go };
        match published {
            Published::Taken { messages, .. } => {
                self.spend(messages);
                if messages == count {
                    return Next::Go;
                }
                let until = if messages == allowed { turn.now.after(1) } else { turn.now };
                self.hold_until(turn, until, messages)
            }
            Published::Full { until } => self.hold_until(turn, until, 0),
        }
    }
}
