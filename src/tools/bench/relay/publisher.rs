//! A publisher under load: publishes what is due, a batch at a time, and takes receipts.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::super::pacer::{Outlet, Supply};
use super::super::stage::Phase;
use super::letter::Letter;
use super::plan::Loop;
use super::room::Room;
use super::session::Session;
use super::share::Shared;
use super::speech::{Heard, Speech};
use super::trouble::Trouble;
use crate::protocol::{Receipt, Request, RoomNumber, ServerFrame};

/// See the module.
#[derive(Debug)]
pub(super) struct Publisher {
    session: Session,
    shared: Arc<Shared>,
    room: Arc<Room>,
    /// Over all rooms.
    number: u32,
    to: RoomNumber,
    /// Receipts that are to come: their requests, and when the message was due.
    awaited: VecDeque<(u32, u64)>,
    /// The last receipt's position.
    position: u64,
    sent: u64,
    closed: bool,
    done: bool,
}

impl Publisher {
    pub(super) fn new(session: Session, shared: &Arc<Shared>, room: &Arc<Room>, number: u32) -> Self {
        Self {
            to: session.joined().map_or(RoomNumber(0), |(room, _)| room),
            shared: Arc::clone(shared),
            room: Arc::clone(room),
            number: room.publishers.start + number,
            session,
            awaited: VecDeque::new(),
            position: 0,
            sent: 0,
            closed: false,
            done: false,
        }
    }

    /// Publishes as `supply` brings it, until the load ends and all members have got all.
    pub(super) async fn run(mut self, mut supply: Supply) {
        let outcome = poll_fn(|cx| self.poll(cx, &mut supply)).await;
        let outcome = match outcome {
            Ok(()) if self.awaited.is_empty() || self.shared.is_broken() => Ok(()),
            Ok(()) => Err(Trouble::Unreceipted(self.awaited.len() as u64)),
            Err(trouble) => Err(trouble),
        };
        self.shared.tally().published += self.sent;
        if let Err(trouble) = outcome {
            self.shared.fail(format!("room {}, publisher {}: {trouble}", self.room.name, self.number));
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, supply: &mut Supply) -> Poll<Result<(), Trouble>> {
        self.shared.publishers.seat(self.shared.publisher_seat(self.number), cx.waker());
        loop {
            if self.shared.is_over() {
                return Poll::Ready(Ok(()));
            }
            if self.shared.stage.phase() < Phase::Stopping {
                supply.fill(self);
            } else if !self.closed {
                self.closed = true;
                let unsent = supply.close(self) * u64::from(self.shared.plan.batch);
                self.shared.tally().unsent += unsent;
            }
            self.session.send(cx)?;
            if self.closed && !self.done && self.session.owed() == 0 {
                self.done = true;
                if self.room.publisher_is_done() {
                    self.shared.wake_room(&self.room);
                }
            }
            // Until then the connection stays: closing it could overtake what it said.
            if self.done && self.awaited.is_empty() && self.room.is_done() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_read(cx))?;
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        let Self { session, shared, awaited, position, .. } = self;
        let mut answer = None;
        ready!(session.poll_hear(cx, |heard| match heard {
            Heard::Control(ServerFrame::Receipt(receipt)) => {
                take_receipt(shared, awaited, position, receipt)
            }
            Heard::Control(ServerFrame::Ping(ping)) => {
                answer = Some(ping);
                Ok(())
            }
            Heard::Control(ServerFrame::Error(error)) => Err(Trouble::refused(&error)),
            Heard::Control(ServerFrame::Left(_)) => Err(Trouble::PutOut),
            Heard::Control(ServerFrame::GoingAway(_)) => Err(Trouble::GoingAway),
            // In plain mode a publisher hears the others; only members check.
            Heard::Message { .. } | Heard::Control(_) => Ok(()),
        }))?;
        if let Some(ping) = answer {
            Speech::pong(ping, session.out());
        }
        Poll::Ready(Ok(()))
    }
}

impl Outlet for Publisher {
    fn has_room(&mut self) -> bool {
        let fits = match self.shared.plan.cycle {
            Loop::Closed { .. } => true,
            Loop::Open { waiting, .. } => self.session.owed() < waiting,
        };
        fits && self.room.lets(self.number)
    }

    fn queue(&mut self, due: u64) {
        let plan = &self.shared.plan;
        let first = self.room.publish(self.number);
        for sequence in first..first + u64::from(plan.batch) {
            let mut request = Request::NONE;
            if plan.receipts {
                // A request is never 0, and none of those on their way is another's.
                request = Request(u32::try_from(sequence % u64::from(u32::MAX)).unwrap_or(0) + 1);
                self.awaited.push_back((request.0, due));
            }
            let letter = Letter { publisher: self.number, sequence, due };
            plan.speech.publish(&plan.stationery, letter, self.to, request, self.session.out());
        }
        self.sent += u64::from(plan.batch);
    }

    fn now(&self) -> u64 {
        self.shared.stage.now()
    }
}

/// Receipts come in the order of what was published, and their positions rise.
fn take_receipt(
    shared: &Shared,
    awaited: &mut VecDeque<(u32, u64)>,
    position: &mut u64,
    receipt: Receipt,
) -> Result<(), Trouble> {
    let expected = awaited.pop_front();
    let (got, due) = (receipt.request.0, expected.map_or(0, |(_, due)| due));
    let expected = expected.map(|(request, _)| request);
    if expected != Some(got) || receipt.position.0 <= *position {
        return Err(Trouble::Receipt { expected, got });
    }
    *position = receipt.position.0;
    let mut tally = shared.tally();
    tally.receipts += 1;
    if shared.stage.counts(shared.plan.is_open(), due) {
        tally.receipt_latency.saturating_record(shared.stage.now().saturating_sub(due));
    }
    Ok(())
}
