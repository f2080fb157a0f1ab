//! `oread ping`: one echo at a time, one line each, like ping(8).
//!
//! A round trip that fails is reported and counted as lost, and the next is made on a new connection: after a timeout the stream's
//! position is unknown, and an operator who pings during a restart wants to see the server come back.

mod summary;

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::summary::Summary;
use super::failure::{Failure, suspicion};
use super::quantity::{self, time};
use super::target::{Stream, Target};
use super::wire::{Codec, Ring};
use crate::cli::say;
use crate::exit::Exit;
use crate::settings::Address;

/// Arguments of `oread ping`.
#[derive(Debug, Clone, clap::Args)]
pub struct PingArgs {
    /// The echo server: `HOST:PORT` or `unix://PATH`
    #[arg(value_name = "ADDR")]
    target: Target,
    /// Stop after this many round trips; without it, at Ctrl-C
    #[arg(short, long, value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// From one round trip to the next
    #[arg(short, long, default_value = "1s", value_parser = quantity::duration)]
    interval: Duration,
    /// Payload of a frame, without the codec's header
    #[arg(short, long, default_value = "64B", value_parser = quantity::size)]
    size: u32,
    /// How long to wait for an answer
    #[arg(short = 'W', long, default_value = "2s", value_parser = quantity::duration)]
    timeout: Duration,
    /// How frames are cut
    #[arg(long, value_enum, default_value = "length-delimited")]
    codec: Codec,
}

/// Pings. [`Exit::Ok`] when any round trip was answered, else [`Exit::Unavailable`].
pub fn run(args: PingArgs) -> Exit {
    let address = match args.target.resolve() {
        Ok(address) => address,
        Err(error) => {
            say::note(&format!("oread ping: {}: {error}: check the name", args.target));
            return Exit::Unavailable;
        }
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(Ping::new(args, address).run()),
        Err(error) => {
            say::note(&format!("oread ping: starting the runtime: {error}"));
            Exit::Os
        }
    }
}

struct Ping {
    args: PingArgs,
    address: Address,
    ring: Ring,
    stream: Option<Stream>,
    summary: Summary,
}

impl Ping {
    fn new(args: PingArgs, address: Address) -> Self {
        let ring = Ring::new(args.codec, args.size, 1, std::process::id());
        Self { args, address, ring, stream: None, summary: Summary::default() }
    }

    async fn run(mut self) -> Exit {
        let size = quantity::bytes(u64::from(self.args.size));
        let (target, address) = (self.args.target.to_string(), self.address.to_string());
        let resolved = if target == address { String::new() } else { format!(" ({address})") };
        say::data(&format!("ping {target}{resolved}: {size}, {}", self.args.codec.name()));
        let begun = Instant::now();
        tokio::select! {
            _ = tokio::signal::ctrl_c() => say::data(""),
            () = self.trips() => {}
        }
        say::data(&format!("--- {}\n{}", self.args.target, self.summary.told(begun.elapsed())));
        if self.summary.answered() > 0 { Exit::Ok } else { Exit::Unavailable }
    }

    async fn trips(&mut self) {
        let mut due = tokio::time::interval(self.args.interval.max(Duration::from_millis(1)));
        due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let last = self.args.count.unwrap_or(u64::MAX);
        for sequence in 1..=last {
            due.tick().await;
            let line = match self.trip(sequence).await {
                Ok(took) => {
                    self.summary.answer(took);
                    format!("seq={sequence} time={}", time(nanos(took)))
                }
                Err(why) => {
                    self.stream = None;
                    self.summary.lose();
                    format!("seq={sequence} lost: {why}")
                }
            };
            say::data(&line);
        }
    }

    /// One echo, on the connection at hand or a new one; connecting is not part of the round trip.
    async fn trip(&mut self, sequence: u64) -> Result<Duration, String> {
        let patience = self.args.timeout;
        let late = |what: &str| format!("{what} within {}", humantime::format_duration(patience));
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => match tokio::time::timeout(patience, Stream::connect(&self.address)).await {
                Ok(stream) => stream.map_err(|error| Failure::Connect(error).to_string())?,
                Err(_) => return Err(late("no connection")),
            },
        };
        self.ring.stamp(sequence);
        let exchange = tokio::time::timeout(patience, self.exchange(&mut stream)).await;
        let took = exchange
            .map_err(|_| late("no answer") + suspicion(self.summary.answered()))?
            .map_err(|failure| failure.to_string())?;
        self.stream = Some(stream);
        Ok(took)
    }

    async fn exchange(&self, stream: &mut Stream) -> Result<Duration, Failure> {
        let frame = self.ring.from(0, self.ring.frame_len());
        let answered = self.summary.answered();
        let broken = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Failure::Closed { missing: 1, answered },
            _ => Failure::Broken { error, missing: 1, answered },
        };
        let begun = Instant::now();
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut answer = vec![0; frame.len()];
        // Both at once: a frame larger than the socket's buffers comes back while it is still being sent.
        tokio::try_join!(writer.write_all(frame), reader.read_exact(&mut answer)).map_err(broken)?;
        let took = begun.elapsed();
        match self.ring.differs(0, &answer) {
            None => Ok(took),
            Some(difference) => Err(Failure::Mismatch { difference, frame_len: self.ring.frame_len() }),
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
