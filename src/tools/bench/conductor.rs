//! Leads a run through its phases and takes the snapshots between which things are counted. The load itself runs on threads of its
//! own, so that a busy client cannot delay the clock.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::{mpsc, watch};

use super::course::Course;
use super::progress::Progress;
use super::stage::{Phase, Stage};
use crate::tools::process;

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(200);

/// What one thread of a load has to do, and what it has counted.
pub(super) trait Share: Send + Sync + 'static {
    /// Opens, says so, and carries the load to its end. The error is why there is no load.
    fn drive(self: Arc<Self>, news: mpsc::Sender<News>) -> impl Future<Output = Result<(), String>>;

    /// What is counted, since the start.
    fn messages(&self) -> u64;

    /// Adds its latencies to `latency`, for the progress line; returns its failures.
    fn show(&self, latency: &mut Histogram<u64>) -> u64;
}

/// What a thread tells the conductor.
#[derive(Debug)]
pub(super) enum News {
    /// A connection is open and has had its first answer.
    Opened,
    /// All of the thread's are.
    Ready,
    /// There can be no load.
    Unable(String),
    /// The thread has ended.
    Ended,
}

/// What stood where at a border of the window.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) at: Instant,
    /// What had been counted.
    pub(super) messages: u64,
    /// CPU of the server, when its pid is known.
    pub(super) server: Option<Duration>,
    /// Memory of the server, likewise.
    pub(super) rss: Option<u64>,
    /// CPU of this client, where the platform tells.
    pub(super) client: Option<Duration>,
}

/// The counted window.
#[derive(Debug)]
pub(super) struct Window {
    /// Memory of the server before the first connection.
    pub(super) rss_before: Option<u64>,
    pub(super) begin: Snapshot,
    pub(super) end: Snapshot,
}

/// Runs the load, whose shares `make` makes, one for each thread. The error is why there is no result.
pub(super) fn conduct<S: Share>(
    course: &Course,
    make: impl Fn(u32, Stage) -> S,
) -> Result<(Vec<Arc<S>>, Window), String> {
    let rss_before = rss(course)?;
    let (phase, watched) = watch::channel(Phase::Opening);
    // Room for all that is ever told: a message a connection and two a thread.
    let (teller, news) = mpsc::channel((course.connections + 2 * course.threads) as usize);
    let epoch = Instant::now();
    let mut shares = Vec::new();
    let mut threads = Vec::new();
    for thread in 0..course.threads {
        let share = Arc::new(make(thread, Stage::new(epoch, watched.clone())));
        shares.push(Arc::clone(&share));
        let teller = teller.clone();
        let builder = thread::Builder::new().name(format!("load-{thread}"));
        let started = builder.spawn(move || work(share, &teller));
        threads.push(started.map_err(|error| format!("starting a thread: {error}"))?);
    }
    drop(teller);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("starting the runtime: {error}"))?;
    let mut conductor = Conductor { course, epoch, phase, news, shares, progress: Progress::new(course) };
    let window = runtime.block_on(conductor.lead());
    if window.is_err() {
        conductor.phase.send_replace(Phase::Over);
    }
    let (begin, end) = window?;
    for thread in threads {
        thread.join().map_err(|_| "a load thread panicked: this is a bug of the load client".to_owned())?;
    }
    Ok((conductor.shares, Window { rss_before, begin, end }))
}

/// One thread: a runtime of its own, and its share from the first connection to the last answer.
fn work<S: Share>(share: Arc<S>, news: &mpsc::Sender<News>) {
    let outcome = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(share.drive(news.clone())),
        Err(error) => Err(format!("starting a thread's runtime: {error}")),
    };
    // The conductor may have given up and gone: then nobody needs the news.
    if let Err(problem) = outcome {
        let _ = news.try_send(News::Unable(problem));
    }
    let _ = news.try_send(News::Ended);
}

struct Conductor<'a, S> {
    course: &'a Course,
    epoch: Instant,
    phase: watch::Sender<Phase>,
    news: mpsc::Receiver<News>,
    shares: Vec<Arc<S>>,
    progress: Progress,
}

impl<S: Share> Conductor<'_, S> {
    async fn lead(&mut self) -> Result<(Snapshot, Snapshot), String> {
        self.opened().await?;
        self.phase.send_replace(Phase::Warmup);
        let finish_early = self.pass("warming up", self.course.warmup).await;
        let begin = self.snapshot()?;
        let since = u64::try_from((begin.at - self.epoch).as_nanos()).unwrap_or(u64::MAX);
        self.phase.send_replace(Phase::Counting { since });
        if !finish_early {
            self.pass("counting", self.course.duration).await;
        }
        let end = self.snapshot();
        self.phase.send_replace(Phase::Stopping);
        self.progress.say("waiting for the last answers");
        if tokio::time::timeout(self.course.timeout, self.ended()).await.is_err() {
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
        while ready < self.course.threads {
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

    /// Lets `span` pass, or less when the user has had enough or a thread has ended; then true.
    async fn pass(&mut self, what: &str, span: Duration) -> bool {
        let mut before = self.counted();
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
            let now = self.counted();
            let passed = span.saturating_sub(end.saturating_duration_since(now.0));
            self.progress.running(what, passed, span, before, now, &self.shares);
            before = now;
        }
    }

    async fn ended(&mut self) {
        while self.news.recv().await.is_some() {}
    }

    fn counted(&self) -> (Instant, u64) {
        (Instant::now(), self.shares.iter().map(|share| share.messages()).sum())
    }

    fn snapshot(&self) -> Result<Snapshot, String> {
        let server = self.course.pid.map(process::cpu).transpose();
        let server = server.map_err(|error| unreadable(self.course, &error))?;
        let client = process::cpu(std::process::id()).ok();
        let (at, messages) = self.counted();
        Ok(Snapshot { at, messages, server, client, rss: rss(self.course)? })
    }
}

fn rss(course: &Course) -> Result<Option<u64>, String> {
    course.pid.map(process::rss).transpose().map_err(|error| unreadable(course, &error))
}

fn unreadable(course: &Course, error: &io::Error) -> String {
    let pid = course.pid.unwrap_or_default();
    match error.kind() {
        io::ErrorKind::NotFound => format!("--pid {pid}: no such process: has the server ended?"),
        io::ErrorKind::PermissionDenied => {
            format!("--pid {pid}: {error}: run this as the server's user or root")
        }
        _ => format!("--pid {pid}: {error}"),
    }
}
