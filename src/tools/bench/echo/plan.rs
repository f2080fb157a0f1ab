//! What was asked for, and what will be done: the arguments of `bench echo`, checked as a whole before the first connection.

use super::super::course::{self, Course, CourseArgs};
use crate::settings::Address;
use crate::tools::quantity;
use crate::tools::target::Target;
use crate::tools::wire::Codec;

/// Frames of all connections that may be in flight at once, in bytes.
const IN_FLIGHT_BYTES: u64 = 1 << 30;
/// In open loop a connection may have this much in flight before what is due has to wait (and is counted from when it was due).
const OPEN_LOOP_BYTES: u64 = 256 << 10;

/// Arguments of `oread bench echo`.
#[derive(Debug, clap::Args)]
pub struct EchoArgs {
    /// The echo server: `HOST:PORT` or `unix://PATH`
    #[arg(value_name = "ADDR")]
    target: Target,
    /// Connections at once
    #[arg(short, long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Payload of a frame, without the codec's header
    #[arg(short, long, default_value = "64B", value_parser = quantity::size)]
    size: u32,
    /// Closed loop: frames in flight on each connection [default: 1]
    #[arg(short, long, value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Open loop: frames a second, over all connections
    #[arg(short, long, conflicts_with_all = ["depth", "churn", "idle"])]
    rate: Option<f64>,
    /// Connect, one echo, close, again and again on each of the connections
    #[arg(long, conflicts_with_all = ["depth", "idle"])]
    churn: bool,
    /// One echo on each connection, then hold them open: what idle sessions cost
    #[arg(long, conflicts_with = "depth")]
    idle: bool,
    /// How frames are cut
    #[arg(long, value_enum, default_value = "length-delimited")]
    codec: Codec,
    /// How long, on how many threads, whose cost.
    #[command(flatten)]
    course: CourseArgs,
}

impl EchoArgs {
    /// Arguments for loading `target` with everything else at its default.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            connections: 50,
            size: 64,
            depth: None,
            rate: None,
            churn: false,
            idle: false,
            codec: Codec::LengthDelimited,
            course: CourseArgs::default(),
        }
    }

    /// Whether the result is for a program.
    pub(super) fn json(&self) -> bool {
        self.course.json
    }
}

/// How frames are offered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// A frame is sent when one returns.
    Closed,
    /// Frames are due at this rate, a second, over all connections.
    Open { rate: f64 },
    /// A new connection for each frame.
    Churn,
    /// Held connections without traffic.
    Idle,
}

/// A load that makes sense.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) address: Address,
    pub(super) shape: Shape,
    pub(super) connections: u32,
    pub(super) size: u32,
    /// Frames that may be in flight on a connection.
    pub(super) depth: u32,
    pub(super) codec: Codec,
    pub(super) course: Course,
}

impl TryFrom<EchoArgs> for Plan {
    type Error = String;

    fn try_from(args: EchoArgs) -> Result<Self, String> {
        let shape = match args.rate {
            Some(rate) => Shape::Open { rate: course::rate(rate, "frames")? },
            None if args.churn => Shape::Churn,
            None if args.idle => Shape::Idle,
            None => Shape::Closed,
        };
        let frame = u64::from(args.size) + 4;
        let depth = match shape {
            Shape::Open { .. } => u32::try_from((OPEN_LOOP_BYTES / frame).clamp(1, 1024)).unwrap_or(1),
            _ => args.depth.unwrap_or(1),
        };
        let in_flight = u64::from(args.connections).saturating_mul(u64::from(depth)).saturating_mul(frame);
        if in_flight > IN_FLIGHT_BYTES {
            return Err(format!(
                "{} connections × {depth} in flight × {} would keep {} in flight, more than {}: lower one of the three",
                args.connections,
                quantity::bytes(frame),
                quantity::bytes(in_flight),
                quantity::bytes(IN_FLIGHT_BYTES)
            ));
        }
        let course = Course::new(&args.course, args.connections, args.connections, "echoes")?;
        Ok(Self {
            address: course::resolve(&args.target)?,
            shape,
            depth,
            target: args.target,
            connections: args.connections,
            size: args.size,
            codec: args.codec,
            course,
        })
    }
}
