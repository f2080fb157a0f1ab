//! What was asked for, and what will be done: the arguments of `bench relay`, checked as a whole before the first connection.

use super::super::course::{self, Course, CourseArgs};
use super::letter::{self, Stationery};
use super::speech::Speech;
use crate::protocol::RoomName;
use crate::settings::Address;
use crate::tools::quantity;
use crate::tools::target::Target;
use crate::tools::wire::Codec;

/// Messages of all publishers that may be in flight at once, in bytes.
const IN_FLIGHT_BYTES: u64 = 1 << 30;
/// In open loop a publisher may owe its socket this much before what is due has to wait (and is counted from when it was due).
const OPEN_LOOP_BYTES: u64 = 256 << 10;

/// Arguments of `oread bench relay`.
#[derive(Debug, clap::Args)]
pub struct RelayArgs {
    /// The relay: `HOST:PORT` or `unix://PATH`
    #[arg(value_name = "ADDR")]
    target: Target,
    /// Members of each room, who read and check all that is published
    #[arg(short, long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    members: u32,
    /// Sessions in each room that publish
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    publishers: u32,
    /// Rooms; a room stays on one thread of the client
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    rooms: u32,
    /// Name of the room; of several, the beginning of their names
    #[arg(long, value_name = "NAME", default_value = "bench")]
    room: String,
    /// Payload of a message, at least 24 bytes
    #[arg(short, long, default_value = "64B", value_parser = quantity::size)]
    size: u32,
    /// Closed loop: messages in flight a publisher, by what the slowest member received [default: 1, or --batch]
    #[arg(short, long, value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Open loop: messages a second, over all publishers
    #[arg(short, long, conflicts_with = "depth")]
    rate: Option<f64>,
    /// Messages published at a time, in one write
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// More members of each room, who read nothing until the load ends: what they miss has to be announced
    #[arg(long, value_name = "MEMBERS", default_value_t = 0, conflicts_with = "plain")]
    stalled: u32,
    /// Ask for a receipt of each message, and time it
    #[arg(long, conflicts_with = "plain")]
    receipts: bool,
    /// The relay speaks no protocol (`oread relay --plain`): each frame goes to everyone else
    #[arg(long, conflicts_with = "rooms", conflicts_with = "room")]
    plain: bool,
    /// With --plain: how frames are cut, `lines` unless given
    #[arg(long, value_enum, requires = "plain")]
    codec: Option<Codec>,
    /// How long, on how many threads, whose cost.
    #[command(flatten)]
    course: CourseArgs,
}

impl RelayArgs {
    /// Whether the result is for a program.
    pub(super) fn json(&self) -> bool {
        self.course.json
    }
}

/// When messages are due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Loop {
    /// When so many are not yet with the slowest member, for each publisher.
    Closed { depth: u32 },
    /// At this rate, a second, over all publishers; so many bytes may wait for a publisher's socket.
    Open { rate: f64, waiting: usize },
}

/// A load that makes sense.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) address: Address,
    pub(super) speech: Speech,
    pub(super) rooms: u32,
    pub(super) room: String,
    /// Of each room.
    pub(super) members: u32,
    pub(super) stalled: u32,
    pub(super) publishers: u32,
    pub(super) stationery: Stationery,
    pub(super) batch: u32,
    pub(super) cycle: Loop,
    pub(super) receipts: bool,
    pub(super) course: Course,
}

impl TryFrom<RelayArgs> for Plan {
    type Error = String;

    fn try_from(args: RelayArgs) -> Result<Self, String> {
        let stationery = Stationery::new(args.size)?;
        let speech = speech(&args)?;
        let names = RoomName::new(room_name(&args.room, args.rooms, u32::MAX).as_bytes()).err();
        if let Some(flaw) = names {
            return Err(format!("--room `{}` names no room: {flaw:?}", args.room));
        }
        let each = u64::from(args.members) + u64::from(args.stalled) + u64::from(args.publishers);
        let connections = u32::try_from(each * u64::from(args.rooms))
            .map_err(|_| "more connections than any host has: lower --rooms or --members".to_owned())?;
        Ok(Self {
            cycle: cycle(&args)?,
            course: Course::new(&args.course, connections, args.rooms, "deliveries")?,
            address: course::resolve(&args.target)?,
            target: args.target,
            speech,
            rooms: args.rooms,
            room: args.room,
            members: args.members,
            stalled: args.stalled,
            publishers: args.publishers,
            stationery,
            batch: args.batch,
            receipts: args.receipts,
        })
    }
}

impl Plan {
    /// The name of one of the rooms.
    pub(super) fn room_name(&self, room: u32) -> String {
        room_name(&self.room, self.rooms, room)
    }

    /// Sessions of a room that are to get all that is published.
    pub(super) fn audience(&self) -> u32 {
        self.members + self.stalled
    }

    /// Whether messages are due at fixed instants.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.cycle, Loop::Open { .. })
    }
}

fn room_name(name: &str, rooms: u32, room: u32) -> String {
    if rooms == 1 { name.to_owned() } else { format!("{name}-{room}") }
}

fn speech(args: &RelayArgs) -> Result<Speech, String> {
    match (args.plain, args.codec.unwrap_or(Codec::Lines)) {
        (false, _) => Ok(Speech::Protocol),
        (true, Codec::Bytes) => Err(
            "--codec bytes has no frame borders, so nobody could tell messages apart: use lines or length-delimited"
                .into(),
        ),
        (true, codec) => Ok(Speech::Plain(codec)),
    }
}

fn cycle(args: &RelayArgs) -> Result<Loop, String> {
    let message = u64::from(args.size) + letter::OVERHEAD;
    let batch = u64::from(args.batch) * message;
    if let Some(rate) = args.rate {
        let rate = course::rate(rate, "messages")?;
        let waiting = usize::try_from(OPEN_LOOP_BYTES.max(batch)).unwrap_or(usize::MAX);
        return Ok(Loop::Open { rate, waiting });
    }
    let depth = args.depth.unwrap_or(args.batch);
    if depth < args.batch {
        return Err(format!("--depth {depth} never lets --batch {} out: raise it", args.batch));
    }
    let publishers = u64::from(args.publishers) * u64::from(args.rooms);
    let in_flight = publishers.saturating_mul(u64::from(depth)).saturating_mul(message);
    if in_flight > IN_FLIGHT_BYTES {
        return Err(format!(
            "{publishers} publishers × {depth} in flight × {} would keep {} in flight, more than {}: lower one of the three",
            quantity::bytes(message),
            quantity::bytes(in_flight),
            quantity::bytes(IN_FLIGHT_BYTES)
        ));
    }
    Ok(Loop::Closed { depth })
}
