//! `oread sessions` and `oread rooms`: what the admin address lists, as a table for people or as its own JSON for programs.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use serde::Deserialize;

use super::admin::{AdminArgs, Call, refuse};
use super::quantity::{bytes, grouped};
use super::table::{Column, laid_out};
use crate::cli::say;
use crate::exit::Exit;

/// A page of a thousand rows with the longest names is below this.
const LONGEST: u64 = 16 << 20;

/// Arguments of `oread sessions`.
#[derive(Debug, Clone, clap::Args)]
pub struct SessionsArgs {
    /// The order: the oldest, those owed most, in most rooms, or farthest behind come first
    #[arg(long, value_name = "ORDER", default_value = "number", value_parser = PossibleValuesParser::new(["number", "age", "owed", "rooms", "lag"]))]
    sort: String,
    /// What part is shown.
    #[command(flatten)]
    part: PartArgs,
}

/// Arguments of `oread rooms`.
#[derive(Debug, Clone, clap::Args)]
pub struct RoomsArgs {
    /// The order: by number or name, or those first with most members, messages or bytes, or farthest behind
    #[arg(long, value_name = "ORDER", default_value = "name", value_parser = PossibleValuesParser::new(["number", "name", "members", "messages", "bytes", "lag"]))]
    sort: String,
    /// What part is shown.
    #[command(flatten)]
    part: PartArgs,
}

/// Which part of a list is shown, of which daemon, and how.
#[derive(Debug, Clone, clap::Args)]
struct PartArgs {
    /// Only those of this listener
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// How many are shown
    #[arg(short, long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// How many are passed over
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000))]
    offset: u32,
    /// The daemon's own JSON
    #[arg(long)]
    json: bool,
    /// Who is asked.
    #[command(flatten)]
    daemon: AdminArgs,
}

/// Lists sessions. [`Exit::Unavailable`] when no daemon answers.
pub fn sessions(args: &SessionsArgs) -> Exit {
    list(&args.part, "sessions", &args.sort, |list: Sessions| {
        (list.total, SESSIONS, list.sessions.iter().map(Session::cells).collect())
    })
}

/// Lists rooms. [`Exit::Unavailable`] when no daemon answers.
pub fn rooms(args: &RoomsArgs) -> Exit {
    list(&args.part, "rooms", &args.sort, |list: Rooms| {
        (list.total, ROOMS, list.rooms.iter().map(Room::cells).collect())
    })
}

/// How many there are in all, and those to be shown.
type Shown = (u64, &'static [Column], Vec<Vec<String>>);

fn list<L: for<'a> Deserialize<'a>>(
    part: &PartArgs,
    what: &str,
    sort: &str,
    show: impl FnOnce(L) -> Shown,
) -> Exit {
    let body = match ask(part, what, sort) {
        Ok(body) => body,
        Err(exit) => return exit,
    };
    if part.json {
        say::bytes(body.as_bytes());
        return Exit::Ok;
    }
    match serde_json::from_str(&body) {
        Ok(list) => {
            let (total, columns, rows) = show(list);
            say::data(&laid_out(columns, &rows));
            if total != rows.len() as u64 {
                say::note(&format!(
                    "{} of {} {what}; --limit and --offset show others",
                    rows.len(),
                    grouped(total)
                ));
            }
            Exit::Ok
        }
        Err(error) => refuse(
            what,
            &format!("the answer is not a list of {what} ({error}): is the daemon of this version?"),
            Exit::Unavailable,
        ),
    }
}

fn ask(part: &PartArgs, what: &str, sort: &str) -> Result<String, Exit> {
    let admin = part.daemon.address(what)?;
    let mut path = format!("/{what}?sort={sort}&limit={}&offset={}", part.limit, part.offset);
    if let Some(listener) = &part.listener {
        path.push_str("&listener=");
        path.extend(listener.bytes().map(encoded));
    }
    let call =
        Call { method: "GET", path: &path, token: None, timeout: part.daemon.timeout, longest: LONGEST };
    match call.make(admin) {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) if answer.status == 400 => Err(refuse(what, answer.reason(), Exit::Usage)),
        Ok(answer) if answer.status == 404 => Err(refuse(
            what,
            &format!("{admin}: there is no /{what}: is the daemon of this version?"),
            Exit::Unavailable,
        )),
        Ok(answer) => {
            Err(refuse(what, &format!("{admin}: {} {}", answer.status, answer.reason()), Exit::Unavailable))
        }
        Err(why) => Err(refuse(what, &why, Exit::Unavailable)),
    }
}

/// A byte of a value behind the `?` (RFC 3986, section 2.1).
fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        char::from(byte).into()
    } else {
        format!("%{byte:02X}")
    }
}

#[derive(Deserialize)]
struct Sessions {
    total: u64,
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
struct Session {
    #[serde(rename = "session")]
    number: u64,
    listener: String,
    peer: String,
    age_seconds: f64,
    owed_bytes: u64,
    rooms: u64,
    #[serde(flatten)]
    lag: Lag,
}

#[derive(Deserialize)]
struct Lag {
    #[serde(rename = "lag_seconds")]
    seconds: f64,
    #[serde(rename = "lag_messages")]
    messages: u64,
    #[serde(rename = "lag_bytes")]
    bytes: u64,
}

#[derive(Deserialize)]
struct Rooms {
    total: u64,
    rooms: Vec<Room>,
}

#[derive(Deserialize)]
struct Room {
    #[serde(rename = "room")]
    number: u64,
    listener: String,
    name: String,
    members: u64,
    newest: u64,
    messages: u64,
    log_bytes: u64,
    when_behind: String,
    #[serde(flatten)]
    lag: Lag,
}

const SESSIONS: &[Column] = &[
    ("SESSION", true),
    ("LISTENER", false),
    ("PEER", false),
    ("AGE", true),
    ("OWED", true),
    ("ROOMS", true),
    ("LAG", true),
    ("UNREAD", true),
    ("HELD", true),
];

impl Session {
    fn cells(&self) -> Vec<String> {
        let own = [
            self.number.to_string(),
            self.listener.clone(),
            self.peer.clone(),
            time(self.age_seconds),
            bytes(self.owed_bytes),
            grouped(self.rooms),
        ];
        own.into_iter().chain(self.lag.cells()).collect()
    }
}

const ROOMS: &[Column] = &[
    ("LISTENER", false),
    ("ROOM", true),
    ("NAME", false),
    ("MEMBERS", true),
    ("NEWEST", true),
    ("MESSAGES", true),
    ("LOG", true),
    ("BEHIND", false),
    ("LAG", true),
    ("UNREAD", true),
    ("HELD", true),
];

impl Room {
    fn cells(&self) -> Vec<String> {
        let own = [
            self.listener.clone(),
            self.number.to_string(),
            self.name.clone(),
            grouped(self.members),
            grouped(self.newest),
            grouped(self.messages),
            bytes(self.log_bytes),
            self.when_behind.clone(),
        ];
        own.into_iter().chain(self.lag.cells()).collect()
    }
}

impl Lag {
    fn cells(&self) -> [String; 3] {
        if self.messages == 0 {
            return ["-", "-", "-"].map(str::to_owned);
        }
        [time(self.seconds), grouped(self.messages), bytes(self.bytes)]
    }
}

/// Two units of time at most: `3h 12m`, `4.2s`.
fn time(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
    match whole {
        0..60 => format!("{seconds:.1}s"),
        60..3_600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h {:02}m", whole / 3_600, whole / 60 % 60),
        _ => format!("{}d {:02}h", whole / 86_400, whole / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units_at_most() {
        assert_eq!(
            [0.04, 59.9, 61.0, 3_600.0, 90_000.0].map(time),
            ["0.0s", "59.9s", "1m 01s", "1h 00m", "1d 01h"]
        );
    }
}
