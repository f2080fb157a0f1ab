//! Promise: whatever happens to the log (a pipe that nobody reads, a closed pipe, a full disk), those who log go on at once, the process ends
//! at once, and lost lines are counted. A log that works loses nothing.
//!
//! The log is the process's own, so each test runs this binary again as a child, with its stderr in the state in question.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use oread::settings::{LogFormat, LogSettings};
use oread::stats::ProcessStats;
use oread::telemetry::log;

/// Far more than pipe and queue hold together.
const LINES: u64 = 50_000;
/// A write to the pipe would never return, so anything finite would do.
const PATIENCE: Duration = Duration::from_secs(30);

const ROLE: &str = "TEST_LOG_ROLE";

/// What the child does; without a role, nothing.
#[test]
#[ignore = "the body of the children of the other tests"]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let stats = Arc::new(ProcessStats::default());
    let settings = LogSettings { level: "info".into(), format: LogFormat::Auto };
    let guard = log::start(&settings, &stats).unwrap();
    match role.as_str() {
        "flood" => flood(),
        "few" => {
            for nth in 0..20 {
                tracing::warn!(nth, text = "line\nfeed and \x1b[31mescape", "few");
            }
        }
        "gap" => {
            flood();
            // The parent reads from here on, and closes our stdin when it has seen enough.
            println!("\nflooded");
            std::io::stdin().read_to_string(&mut String::new()).unwrap();
        }
        "panic" => {
            flood();
            assert!(std::thread::spawn(|| panic!("on purpose")).join().is_err());
        }
        other => panic!("{other} is no role"),
    }
    let flush = Instant::now();
    drop(guard);
    let flushed = flush.elapsed().as_millis();
    let (lost, panics) = (stats.log_lines_lost.now(), stats.panics.now());
    std::fs::write(std::env::var("TEST_LOG_REPORT").unwrap(), format!("{lost} {panics} {flushed}")).unwrap();
    // As the daemon's main does: the writer's thread is not waited for.
    std::process::exit(0);
}

fn flood() {
    for nth in 0..LINES {
        tracing::info!(nth, "a line of a usual length, with a few words in it");
    }
}

struct Run {
    process: Child,
    report: tempfile::NamedTempFile,
}

struct Report {
    lost: u64,
    panics: u64,
    flush: Duration,
}

impl Run {
    fn start(role: &str, stderr: impl Into<Stdio>) -> Self {
        let report = tempfile::NamedTempFile::new().unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child", "--nocapture"])
            .env(ROLE, role)
            .env("TEST_LOG_REPORT", report.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self { process, report }
    }

    /// Waits for the end, and fails if it does not come.
    fn end(mut self) -> Report {
        let status = self.wait();
        assert!(status.success(), "{status:?}, signal {:?}", status.signal());
        let text = std::fs::read_to_string(self.report.path()).unwrap();
        let numbers: Vec<u64> = text.split(' ').map(|number| number.parse().unwrap()).collect();
        Report { lost: numbers[0], panics: numbers[1], flush: Duration::from_millis(numbers[2]) }
    }

    fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > PATIENCE {
                self.process.kill().unwrap();
                panic!("it hangs");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_pipe_that_nobody_reads_stops_neither_those_who_log_nor_the_end() {
    let mut run = Run::start("flood", Stdio::piped());
    let unread = run.process.stderr.take();
    let report = run.end();
    assert!(report.lost > 0 && report.lost < LINES, "{} lines lost", report.lost);
    assert!(report.flush < Duration::from_secs(5), "the end waited {:?}", report.flush);
    drop(unread);
}

#[test]
fn a_gap_is_told_at_its_place_when_the_pipe_moves_again() {
    let mut run = Run::start("gap", Stdio::piped());
    let stdout = BufReader::new(run.process.stdout.take().unwrap());
    assert!(stdout.lines().any(|line| line.unwrap() == "flooded"));
    let stdin = run.process.stdin.take();
    let mut lines = BufReader::new(run.process.stderr.take().unwrap()).lines();
    let parse = |line: Result<String, _>| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap();
    let mut received = 0;
    let missing = loop {
        let line = parse(lines.next().expect("a line about the gap"));
        match line["lost"].as_u64() {
            Some(missing) => break missing,
            None => received += 1,
        }
    };
    drop(stdin);
    assert_eq!(lines.count(), 0, "nothing was logged after the gap");
    assert_eq!((received + missing, run.end().lost), (LINES, missing));
}

#[test]
fn lines_into_a_closed_pipe_are_counted() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(Run::start("few", writer).end().lost, 20);
}

#[test]
#[cfg(target_os = "linux")]
fn lines_onto_a_full_disk_are_counted() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(Run::start("few", full).end().lost, 20);
}

#[test]
fn a_panic_is_counted_and_does_not_wait_for_the_pipe() {
    let mut run = Run::start("panic", Stdio::piped());
    let unread = run.process.stderr.take();
    assert_eq!(run.end().panics, 1);
    drop(unread);
}

#[test]
fn a_log_that_works_has_every_line_as_one_json_object() {
    let mut run = Run::start("few", Stdio::piped());
    let mut text = String::new();
    run.process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(run.end().lost, 0);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 20, "{text}");
    for (nth, line) in lines.iter().enumerate() {
        assert_eq!((line["nth"].as_u64(), line["level"].as_str()), (Some(nth as u64), Some("WARN")));
        assert_eq!(line["message"], "few");
        assert_eq!(line["text"], "line\nfeed and \u{1b}[31mescape");
    }
    assert!(!text.contains('\u{1b}'), "no escape reaches the terminal raw");
}
