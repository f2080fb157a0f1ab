//! Leads a run through its phases and takes the snapshots between which things are counted. The load itself runs on threads of its
//! own, so that a busy client cannot delay the clock.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::plan::Plan;
use super::progress::Progress;
use super::report::Report;
use super::tally::Tally;
use super::worker::{self, News, Phase, Shared};
use crate::tools::process;

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(200);

/// Runs the plan. The error is why there is no result.
pub(super) fn conduct(plan: &Plan) -> Result<Report, String> {
    let rss_before = Memory::of(plan.pid).map_err(|error| unreadable(plan, &error))?;
    let (phase, watched) = watch::channel(Phase::Opening);
    // Room for all that is ever told: a message a connection and two a thread.
    let (teller, news) = mpsc::channel((plan.connections + 2 * plan.threads) as usize);
    let epoch = Instant::now();
    let mut shares = Vec::new();
    let mut threads = Vec::new();
    for thread in 0..plan.threads {
        let share = Arc::new(Shared::new(plan, thread, epoch, watched.clone()));
        shares.push(Arc::clone(&share));
        let teller = teller.clone();
        let work = move || worker::work(&share, &teller);
        let builder = thread::Builder::new().name(format!("load-{thread}"));
        threads.push(builder.spawn(work).map_err(|error| format!("starting a thread: {error}"))?);
    }
    drop(teller);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("starting the runtime: {error}"))?;
    let progress = Progress::new(plan);
    let mut conductor = Conductor { plan, epoch, phase, news, shares, progress };
    let window = runtime.block_on(conductor.lead());
    if window.is_err() {
        conductor.phase.send_replace(Phase::Over);
    }
    let (begin, end) = window?;
    for thread in threads {
        thread.join().map_err(|_| "a load thread panicked: this is a bug of the load client".to_owned())?;
    }
    let mut tally = Tally::new();
    for share in &conductor.shares {
        tally.add(&share.tally());
    }
    Ok(Report::new(plan, &tally, rss_before.0, &begin, &end))
}

/// What stood where at a border of the window.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) at: Instant,
    /// Frames that had come back.
    pub(super) frames: u64,
    /// CPU of the server, when its pid is known.
    pub(super) server: Option<Duration>,
    /// Memory of the server, likewise.
    pub(super) rss: Option<u64>,
    /// CPU of this client, where the platform tells.
    pub(super) client: Option<Duration>,
}

struct Memory(Option<u64>);

impl Memory {
    fn of(pid: Option<u32>) -> io::Result<Self> {
        pid.map(process::rss).transpose().map(Self)
    }
}

struct Conductor<'a> {
    plan: &'a Plan,
    epoch: Instant,
    phase: watch::Sender<Phase>,
    news: mpsc::Receiver<News>,
    shares: Vec<Arc<Shared>>,
    progress: Progress,
}

impl Conductor<'_> {
    async fn lead(&mut self) -> Result<(Snapshot, Snapshot), String> {
        self.opened().await?;
        self.phase.send_replace(Phase::Warmup);
        let finish_early = self.pass("warming up", self.plan.warmup).await;
        let begin = self.snapshot().map_err(|error| unreadable(self.plan, &error))?;
        let since = u64::try_from((begin.at - self.epoch).as_nanos()).unwrap_or(u64::MAX);
        self.phase.send_replace(Phase::Counting { since });
        if !finish_early {
            self.pass("counting", self.plan.duration).await;
        }
        let end = self.snapshot().map_err(|error| unreadable(self.plan, &error));
        self.phase.send_replace(Phase::Stopping);
        self.progress.say("waiting for the last answers");
        if tokio::time::timeout(self.plan.timeout, self.ended()).await.is_err() {
            self.phase.send_replace(Phase::Over);
            self.ended().await;
        }
        self.progress.clear();
        Ok((begin, end?))
    }

    /// Waits until every thread has its connections.
    async fn opened(&mut self) -> Result<(), String> {
        let mut ready = 0;
        let mut open = 0;
        while ready < self.plan.threads {
            match self.news.recv().await {
                Some(News::Opened) => open += 1,
                Some(News::Ready) => ready += 1,
                Some(News::Unable(problem)) => {
                    self.progress.clear();
                    return Err(problem);
                }
                Some(News::Ended) | None => return Err("a load thread ended before its load".into()),
            }
            self.progress.opening(open);
        }
        Ok(())
    }

    /// Lets `span` pass, or less when the user has had enough or all connections have failed; then true.
    async fn pass(&mut self, what: &str, span: Duration) -> bool {
        let mut before = self.snapshot_of_frames();
        let end = Instant::now() + span;
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            tokio::select! {
                _ = &mut interrupted => return true,
                Some(News::Ended) = self.news.recv() => return true,
                () = tokio::time::sleep(self.progress.tick(TICK).min(left)) => {}
            }
            let now = self.snapshot_of_frames();
            self.progress.running(
                what,
                span.saturating_sub(end.saturating_duration_since(now.0)),
                span,
                before,
                now,
                &self.shares,
            );
            before = now;
        }
    }

    async fn ended(&mut self) {
        while self.news.recv().await.is_some() {}
    }

    fn snapshot_of_frames(&self) -> (Instant, u64) {
        (Instant::now(), self.shares.iter().map(|share| share.tally().frames).sum())
    }

    fn snapshot(&self) -> io::Result<Snapshot> {
        let server = self.plan.pid.map(process::cpu).transpose()?;
        let client = process::cpu(std::process::id()).ok();
        let (at, frames) = self.snapshot_of_frames();
        Ok(Snapshot { at, frames, server, client, rss: Memory::of(self.plan.pid)?.0 })
    }
}

fn unreadable(plan: &Plan, error: &io::Error) -> String {
    let pid = plan.pid.unwrap_or_default();
    match error.kind() {
        io::ErrorKind::NotFound => format!("--pid {pid}: no such process: has the server ended?"),
        io::ErrorKind::PermissionDenied => {
            format!("--pid {pid}: {error}: run this as the server's user or root")
        }
        _ => format!("--pid {pid}: {error}"),
    }
}
