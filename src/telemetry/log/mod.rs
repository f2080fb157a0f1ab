//! The log: one subscriber for the process, lines on stderr through a bounded queue, so that stdout stays for data and nothing that
//! happens to the log (a stalled pipe, a closed one, a full disk) ever holds up a session.
//!
//! Pretty on a terminal, one JSON object a line elsewhere. Colours on a terminal unless `NO_COLOR` is set (<https://no-color.org>).

mod queue;

use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::Duration;

use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use self::queue::Queue;
use crate::settings::{LogFormat, LogSettings};
use crate::stats::ProcessStats;

/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_millis(500);

/// Starts the log of the process, and writes panics to it. To be kept until the end: dropping it waits for the last lines, for
/// at most half a second.
pub fn start(settings: &LogSettings, stats: &Arc<ProcessStats>) -> Result<LogGuard, LogProblem> {
    let terminal = stderr().is_terminal();
    let style =
        Style::of(settings.format, terminal, std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()));
    let guard = LogGuard { queue: Queue::start(stderr(), Arc::clone(stats)).map_err(LogProblem::Thread)? };
    let subscriber = subscriber(&settings.level, style, Arc::clone(&guard.queue))?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogProblem::Taken)?;
    let stats = Arc::clone(stats);
    std::panic::set_hook(Box::new(move |panic| report(panic, &stats)));
    Ok(guard)
}

/// Keeps the log until the last line.
pub struct LogGuard {
    queue: Arc<Queue>,
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.queue.flush(FLUSH);
    }
}

/// Why the log did not start.
#[derive(Debug)]
pub enum LogProblem {
    /// `log.level` is no filter.
    Level(String, ParseError),
    /// The embedding program has a subscriber already.
    Taken,
    /// No thread for the writer.
    Thread(std::io::Error),
}

impl fmt::Display for LogProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level, problem) => write!(
                f,
                "log.level = {level:?}: {problem}; write error, warn, info, debug or trace, or directives such as \
                 \"info,oread::session=debug\""
            ),
            Self::Taken => {
                f.write_str("the log was started already: only one subscriber can be the program's own")
            }
            Self::Thread(problem) => write!(f, "no thread for the log: {problem}"),
        }
    }
}

impl std::error::Error for LogProblem {}

/// The shape of a line, decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Pretty { colours: bool },
    Json,
}

impl Style {
    fn of(format: LogFormat, terminal: bool, no_color: bool) -> Self {
        match format {
            LogFormat::Auto if !terminal => Self::Json,
            LogFormat::Json => Self::Json,
            LogFormat::Auto | LogFormat::Pretty => Self::Pretty { colours: terminal && !no_color },
        }
    }
}

fn subscriber<W>(level: &str, style: Style, lines: Arc<W>) -> Result<impl Subscriber, LogProblem>
where
    W: Send + Sync + 'static,
    for<'a> &'a W: Write,
{
    Ok(Registry::default().with(filter(level)?).with(layer(style, lines)))
}

fn layer<S, W>(style: Style, lines: Arc<W>) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Send + Sync + 'static,
    for<'a> &'a W: Write,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(lines);
    match style {
        Style::Pretty { colours } => layer.with_ansi(colours).boxed(),
        Style::Json => layer.json().flatten_event(true).with_current_span(false).boxed(),
    }
}

fn filter(level: &str) -> Result<EnvFilter, LogProblem> {
    EnvFilter::builder().parse(level).map_err(|problem| LogProblem::Level(level.into(), problem))
}

/// The standard hook writes to stderr itself, and would hold up a worker on a stalled pipe.
fn report(panic: &PanicHookInfo<'_>, stats: &ProcessStats) {
    stats.panics.add(1);
    let thread = std::thread::current();
    let backtrace = std::backtrace::Backtrace::capture();
    tracing::error!(
        thread = thread.name().unwrap_or("unnamed"),
        place = panic.location().map(tracing::field::display),
        reason = panic.payload_as_str().unwrap_or("not a text"),
        %backtrace,
        "panic: a bug; please report it"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_pretty_lines_and_a_collector_json() {
        assert_eq!(Style::of(LogFormat::Auto, true, false), Style::Pretty { colours: true });
        assert_eq!(Style::of(LogFormat::Auto, true, true), Style::Pretty { colours: false });
        assert_eq!(Style::of(LogFormat::Auto, false, false), Style::Json);
        assert_eq!(Style::of(LogFormat::Pretty, false, false), Style::Pretty { colours: false });
        assert_eq!(Style::of(LogFormat::Json, true, false), Style::Json);
    }

    #[test]
    fn a_level_that_is_none_is_refused_with_the_remedy() {
        assert!(filter("info,oread::session=debug").is_ok());
        let told = filter("oread=loud").map_err(|problem| problem.to_string());
        assert!(told.is_err_and(|told| told.contains("log.level") && told.contains("debug")));
    }
}
