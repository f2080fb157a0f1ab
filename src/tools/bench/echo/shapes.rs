//! What a thread does with its connections in each shape of load: steady frames, churn, or holding them idle.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::super::conductor::News;
use super::super::pacer::{self, Supply};
use super::super::stage::Phase;
use super::lane::Lane;
use super::plan::Shape;
use super::worker::Shared;
use crate::tools::failure::Failure;

/// Connections being opened at once, by each thread: well below any backlog.
const OPENING: usize = 64;

/// Opens, says so, and carries the load to its end. The error is the first connection that could not be opened.
pub(super) async fn drive(shared: Arc<Shared>, news: mpsc::Sender<News>) -> Result<(), String> {
    let shared = &shared;
    let last = if shared.plan.shape == Shape::Churn { shared.first + 1 } else { shared.connections().end };
    let lanes = open(shared, shared.first..last, &news).await?;
    let _ = news.try_send(News::Ready);
    shared.reached(Phase::Warmup).await;
    match shared.plan.shape {
        Shape::Closed | Shape::Open { .. } => steady(shared, lanes).await,
        Shape::Churn => churn(shared).await,
        Shape::Idle => hold(shared, lanes).await,
    }
    Ok(())
}

async fn open(
    shared: &Arc<Shared>,
    mut waiting: std::ops::Range<u32>,
    news: &mpsc::Sender<News>,
) -> Result<Vec<Lane>, String> {
    let total = shared.plan.connections;
    let mut opening = JoinSet::new();
    let mut lanes = Vec::with_capacity(waiting.len());
    loop {
        while opening.len() < OPENING
            && let Some(connection) = waiting.next()
        {
            let shared = Arc::clone(shared);
            opening.spawn(async move {
                Lane::open(shared, connection).await.map_err(|failure| (connection, failure))
            });
        }
        match opening.join_next().await {
            None => return Ok(lanes),
            Some(Ok(Ok(lane))) => {
                lanes.push(lane);
                let _ = news.try_send(News::Opened);
            }
            Some(Ok(Err((connection, failure)))) => {
                let target = &shared.plan.target;
                let open = lanes.len();
                return Err(match open {
                    0 => format!("{target}: {failure}"),
                    _ => format!(
                        "{target}: connection {connection} of {total}, after {open} were open: {failure}"
                    ),
                });
            }
            Some(Err(panic)) => return Err(format!("opening a connection: {panic}")),
        }
    }
}

async fn steady(shared: &Arc<Shared>, lanes: Vec<Lane>) {
    let start = shared.now();
    let mut running = JoinSet::new();
    for lane in lanes {
        let shared = Arc::clone(shared);
        let supply = Supply::new(shared.rhythm(), lane.connection - shared.first, start);
        running.spawn(async move {
            let connection = lane.connection;
            if let Err(failure) = lane.run(supply).await {
                shared.tally().fail(connection, &failure);
            }
        });
    }
    let (stage, wakers) = (&shared.stage, &shared.wakers);
    running.spawn(pacer::pace(stage.clone(), Arc::clone(wakers), shared.rhythm(), start));
    let waking = tokio::spawn(pacer::wake_at_the_end(stage.clone(), Arc::clone(wakers)));
    finish(running).await;
    waking.abort();
}

async fn churn(shared: &Arc<Shared>) {
    let mut running = JoinSet::new();
    for connection in shared.connections() {
        let shared = Arc::clone(shared);
        running.spawn(async move {
            while shared.phase() < Phase::Stopping {
                let begun = shared.now();
                match Lane::open(Arc::clone(&shared), connection).await {
                    Ok(lane) => drop(lane),
                    Err(failure) => return shared.tally().fail(connection, &failure),
                }
                if matches!(shared.phase(), Phase::Counting { .. }) {
                    shared.tally().latency.saturating_record(shared.now() - begun);
                }
            }
        });
    }
    finish(running).await;
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

/// Holds the lanes, then asks each for one more echo: whoever was dropped meanwhile shows.
async fn hold(shared: &Arc<Shared>, lanes: Vec<Lane>) {
    shared.reached(Phase::Stopping).await;
    let patience = shared.plan.course.timeout;
    for mut lane in lanes {
        let outcome = tokio::time::timeout(patience, lane.exchange())
            .await
            .unwrap_or(Err(Failure::Lost { missing: 1 }));
        if let Err(failure) = outcome {
            shared.tally().fail(lane.connection, &failure);
        }
        if shared.phase() == Phase::Over {
            return;
        }
    }
}
