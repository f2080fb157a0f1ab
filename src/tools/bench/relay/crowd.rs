//! What a thread does with its rooms: fills them, makes sure that everyone hears, and runs the load to its end.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::super::conductor::News;
use super::super::pacer::{self, Supply};
use super::super::stage::Phase;
use super::letter::{Letter, PROBE};
use super::member::Member;
use super::publisher::Publisher;
use super::room::Room;
use super::session::{Role, Session};
use super::share::Shared;
use super::speech::Speech;
use super::trouble::Trouble;
use crate::protocol::{Request, RoomNumber};

/// Connections being opened at once, by each thread: well below any backlog.
const OPENING: usize = 64;
/// How long to wait for those who have not heard a probe, at first; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(50);

/// A session to be opened: in which room, as what, with which number there.
type Seat = (Arc<Room>, Role, u32);

/// Opens, says so, and carries the load to its end. The error is why there is no load.
pub(super) async fn drive(shared: Arc<Shared>, news: mpsc::Sender<News>) -> Result<(), String> {
    let target = &shared.plan.target;
    let mut running = JoinSet::new();
    for ((room, role, number), session) in open(&shared, audience(&shared), &news).await? {
        running.spawn(Member::new(session, &shared, &room, number, role).run());
    }
    let mut publishers = open(&shared, publishers(&shared), &news).await?;
    if let (Speech::Plain(_), Some((_, first))) = (shared.plan.speech, publishers.first_mut()) {
        gather(&shared, first).await.map_err(|trouble| format!("{target}: {trouble}"))?;
    }
    if shared.is_broken() {
        return Err(format!("{target}: {}", shared.tally().told.join("; ")));
    }
    let _ = news.try_send(News::Ready);
    shared.stage.reached(Phase::Warmup).await;
    let (start, rhythm) = (shared.stage.now(), shared.rhythm());
    let mut beside = JoinSet::new();
    for wakers in [&shared.publishers, &shared.members] {
        beside.spawn(pacer::wake_at_the_end(shared.stage.clone(), Arc::clone(wakers)));
    }
    beside.spawn(pacer::pace(shared.stage.clone(), Arc::clone(&shared.publishers), rhythm, start));
    for (seat, ((room, _, number), session)) in (0..).zip(publishers) {
        let supply = Supply::new(rhythm, seat, start);
        running.spawn(Publisher::new(session, &shared, &room, number).run(supply));
    }
    finish(running).await;
    Ok(())
}

fn audience(shared: &Shared) -> Vec<Seat> {
    let plan = &shared.plan;
    let role = |number| if number < plan.members { Role::Member } else { Role::Stalled };
    let seats = |room: &Arc<Room>| {
        let room = Arc::clone(room);
        (0..plan.audience()).map(move |number| (Arc::clone(&room), role(number), number))
    };
    shared.rooms.iter().flat_map(seats).collect()
}

fn publishers(shared: &Shared) -> Vec<Seat> {
    let seats = |room: &Arc<Room>| {
        let room = Arc::clone(room);
        (0..shared.plan.publishers).map(move |number| (Arc::clone(&room), Role::Publisher, number))
    };
    shared.rooms.iter().flat_map(seats).collect()
}

/// Opens sessions, some at a time. Returns them in the order of their seats.
async fn open(
    shared: &Arc<Shared>,
    seats: Vec<Seat>,
    news: &mpsc::Sender<News>,
) -> Result<Vec<(Seat, Session)>, String> {
    let mut opened: Vec<Option<Session>> = seats.iter().map(|_| None).collect();
    let mut waiting = seats.iter().enumerate();
    let mut opening = JoinSet::new();
    let mut count = 0;
    loop {
        while opening.len() < OPENING
            && let Some((at, (room, role, _))) = waiting.next()
        {
            let (shared, room, role) = (Arc::clone(shared), Arc::clone(room), *role);
            opening.spawn(async move { (at, Session::open(&shared.plan, &room.name, role).await) });
        }
        match opening.join_next().await {
            None => break,
            Some(Ok((at, Ok(session)))) => {
                opened[at] = Some(session);
                count += 1;
                let _ = news.try_send(News::Opened);
            }
            Some(Ok((at, Err(trouble)))) => return Err(unopened(shared, &seats[at], count, &trouble)),
            Some(Err(panic)) => return Err(format!("opening a connection: {panic}")),
        }
    }
    Ok(seats.into_iter().zip(opened).filter_map(|(seat, session)| Some((seat, session?))).collect())
}

fn unopened(shared: &Shared, (room, role, number): &Seat, open: usize, trouble: &Trouble) -> String {
    let target = &shared.plan.target;
    let members = shared.rooms.len() * shared.plan.audience() as usize;
    let (who, open) = match role {
        Role::Publisher => ("publisher", members + open),
        Role::Member | Role::Stalled => ("member", open),
    };
    match open {
        0 => format!("{target}: {trouble}"),
        _ => format!("{target}: {who} {number} of room {}, when {open} were in: {trouble}", room.name),
    }
}

/// A plain relay does not say who is in the room: publishes probes until every member has heard one.
async fn gather(shared: &Shared, publisher: &mut Session) -> Result<(), Trouble> {
    let (plan, room) = (&shared.plan, &shared.rooms[0]);
    let deadline = Instant::now() + plan.course.timeout;
    let mut pause = PAUSE;
    while room.hearing() < plan.members && !shared.is_broken() {
        if Instant::now() >= deadline {
            let (hearing, waited) = (room.hearing(), plan.course.timeout);
            return Err(Trouble::Unheard { hearing, members: plan.members, waited });
        }
        let letter = Letter { publisher: room.publishers.start, sequence: PROBE, due: 0 };
        plan.speech.publish(&plan.stationery, letter, RoomNumber(0), Request::NONE, publisher.out());
        let again = (Instant::now() + pause).min(deadline);
        listen(shared, room, publisher, again).await?;
        pause *= 2;
    }
    Ok(())
}

/// Sends what is owed and waits until all have heard, something is wrong, or it is time.
async fn listen(
    shared: &Shared,
    room: &Room,
    publisher: &mut Session,
    until: Instant,
) -> Result<(), Trouble> {
    while room.hearing() < shared.plan.members && !shared.is_broken() {
        tokio::select! {
            heard = poll_fn(|cx| {
                publisher.send(cx)?;
                publisher.poll_hear(cx, |_| Ok(()))
            }) => heard?,
            () = shared.changed.notified() => {}
            () = sleep(until.saturating_duration_since(Instant::now())) => return Ok(()),
        }
    }
    Ok(())
}

/// Waits for all. A panic is a bug of ours: it ends the thread, and the conductor says so.
async fn finish(mut running: JoinSet<()>) {
    while let Some(outcome) = running.join_next().await {
        if let Err(error) = outcome
            && let Ok(panic) = error.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
    }
}
