//! A member of a room under load: reads, checks each message, keeps its account, and sets the pace of a closed loop.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::{Interval, interval};

use super::super::stage::Phase;
use super::account::{Account, Offence};
use super::letter::{PROBE, Read};
use super::room::Room;
use super::session::{Role, Session};
use super::share::Shared;
use super::speech::{Heard, Speech};
use super::tally::Tally;
use super::trouble::Trouble;
use crate::protocol::{Missed, Ping, ServerFrame};

/// See the module.
#[derive(Debug)]
pub(super) struct Member {
    session: Session,
    shared: Arc<Shared>,
    room: Arc<Room>,
    /// Its seat on the thread, and in its room.
    seat: usize,
    number: u32,
    stalled: bool,
    /// When a stalled member has to say that it lives, since it answers no PING.
    alive: Option<Interval>,
    account: Account,
    /// Where the room has it standing.
    standing: u64,
    heard: bool,
    done: bool,
}

impl Member {
    pub(super) fn new(
        session: Session,
        shared: &Arc<Shared>,
        room: &Arc<Room>,
        number: u32,
        role: Role,
    ) -> Self {
        let position = session.joined().map(|(_, position)| position);
        Self {
            seat: shared.member_seat(room, number),
            account: Account::new(room.publishers.clone(), position),
            shared: Arc::clone(shared),
            room: Arc::clone(room),
            stalled: role == Role::Stalled,
            alive: session.keepalive().filter(|_| role == Role::Stalled).map(|every| interval(every / 3)),
            session,
            number,
            standing: 0,
            heard: false,
            done: false,
        }
    }

    /// Reads until everyone in the room has got all, or patience is over.
    pub(super) async fn run(mut self) {
        let outcome = poll_fn(|cx| self.poll(cx)).await;
        let published = self.room.published();
        let ended = match outcome {
            Err(trouble) => {
                let told = format!("{}: {trouble}", self.name());
                self.shared.fail(told);
                Ok(())
            }
            // When others could not go on, what is on its way will not come: that is no loss.
            Ok(()) if self.shared.is_broken() => Ok(()),
            Ok(()) => self.account.close(published),
        };
        let mut tally = self.shared.tally();
        if let Err(offence) = ended {
            tally.fail(|| format!("{}: {offence}", self.name()));
        }
        tally.owed += published;
        tally.counts.add(&self.account.counts);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        self.shared.members.seat(self.seat, cx.waker());
        loop {
            if self.shared.is_over() {
                return Poll::Ready(Ok(()));
            }
            if self.stalled && self.shared.stage.phase() < Phase::Stopping {
                self.live(cx)?;
                return Poll::Pending;
            }
            if self.is_done() {
                return Poll::Ready(Ok(()));
            }
            self.session.send(cx)?;
            ready!(self.poll_read(cx))?;
        }
    }

    /// Says that it lives, by a frame that nobody answers: an answer would have to be read before the relay reads on.
    fn live(&mut self, cx: &mut Context<'_>) -> Result<(), Trouble> {
        let Some(alive) = &mut self.alive else { return Ok(()) };
        while alive.poll_tick(cx).is_ready() {
            Speech::pong(Ping { opaque: [0; 8] }, self.session.out());
        }
        self.session.send(cx)
    }

    /// Whether all members have got all. One that has goes on reading until then, so that what comes twice is noticed.
    fn is_done(&mut self) -> bool {
        let all = self.room.published_in_all();
        if !self.done && all.is_some_and(|all| self.account.accounted() >= all) {
            self.done = true;
            if self.room.member_is_done() {
                self.shared.wake_room(&self.room);
            }
        }
        self.room.is_done()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        let shared = Arc::clone(&self.shared);
        let mut reading = Reading {
            shared: &shared,
            room: &self.room,
            number: self.number,
            timed: !self.stalled,
            account: &mut self.account,
            tally: shared.tally(),
            now: None,
            run: (0, 0),
            heard: false,
            ping: None,
        };
        ready!(self.session.poll_hear(cx, |heard| reading.hear(&heard)))?;
        reading.record();
        let (heard, ping) = (reading.heard, reading.ping);
        drop(reading);
        if let Some(ping) = ping {
            Speech::pong(ping, self.session.out());
        }
        if heard && !self.heard {
            self.heard = true;
            self.room.hear();
            self.shared.changed.notify_one();
        }
        if !self.stalled && self.room.advance(&mut self.standing, self.account.accounted()) {
            self.shared.wake_publishers(&self.room);
        }
        Poll::Ready(Ok(()))
    }

    fn name(&self) -> String {
        format!("room {}, member {}", self.room.name, self.number)
    }
}

/// What one read does to the account.
struct Reading<'a> {
    shared: &'a Shared,
    room: &'a Room,
    number: u32,
    timed: bool,
    account: &'a mut Account,
    tally: std::sync::MutexGuard<'a, Tally>,
    now: Option<u64>,
    /// Messages that were due at one instant make one record: that instant, and how many.
    run: (u64, u64),
    heard: bool,
    ping: Option<Ping>,
}

impl Reading<'_> {
    fn hear(&mut self, heard: &Heard<'_>) -> Result<(), Trouble> {
        let taken = match *heard {
            Heard::Message { position, payload } => self.take(position, payload),
            Heard::Control(ServerFrame::Gap(gap)) => {
                let range = |missed: Missed| (missed.first().0, missed.last().0);
                self.account.gap(gap.missed.map(range))
            }
            Heard::Control(ServerFrame::Ping(ping)) => {
                self.ping = Some(ping);
                Ok(())
            }
            Heard::Control(ServerFrame::Error(error)) => return Err(Trouble::refused(&error)),
            Heard::Control(ServerFrame::Left(_)) => return Err(Trouble::PutOut),
            Heard::Control(ServerFrame::GoingAway(_)) => return Err(Trouble::GoingAway),
            Heard::Control(_) => Ok(()),
        };
        if let Err(offence) = taken {
            self.tally.fail(|| format!("room {}, member {}: {offence}", self.room.name, self.number));
        }
        Ok(())
    }

    fn take(&mut self, position: Option<u64>, payload: &[u8]) -> Result<(), Offence> {
        let letter = match self.shared.plan.stationery.read(payload) {
            Read::Ours(letter) if letter.sequence == PROBE => {
                self.heard = true;
                return Ok(());
            }
            Read::Ours(letter) => letter,
            Read::Foreign => return self.account.take_unread(position, false),
            Read::Corrupted => return self.account.take_unread(position, true),
        };
        let received = self.account.counts.received;
        let taken = self.account.take(position, letter);
        if self.account.counts.received > received {
            self.tally.deliveries += 1;
            if self.run.0 != letter.due {
                self.record();
                self.run = (letter.due, 0);
            }
            self.run.1 += 1;
        }
        taken
    }

    /// Records the latency of the run.
    fn record(&mut self) {
        let (due, count) = std::mem::take(&mut self.run);
        if count == 0 || !self.timed {
            return;
        }
        let now = *self.now.get_or_insert_with(|| self.shared.stage.now());
        if self.shared.stage.counts(self.shared.plan.is_open(), due) {
            self.tally.latency.saturating_record_n(now.saturating_sub(due), count);
        }
    }
}
