//! The relay's part of that border: `relay`, `room` and `rooms` of a listener become [`RelaySettings`].

use super::super::kind::Value;
use super::super::options::relay::{OREAD, PLAIN};
use super::super::options::room::{BLOCK, DISCONNECT, SKIP};
use super::super::path;
use super::{Bug, Section};
use crate::settings::{NamePattern, RelayProtocol, RelaySettings, RoomSettings, WhenBehind};

/// The relay of the listener `name`, whose keys are those of `listener`.
pub(super) fn settle(listener: &Section<'_>, name: &str) -> Result<RelaySettings, Bug> {
    let (relay, rooms) = (listener.inner("relay"), listener.inner("rooms"));
    let by_name = |part: &String| Ok((NamePattern::new(&path::name(part)), rooms.inner(part).room()?));
    Ok(RelaySettings {
        protocol: relay.protocol()?,
        keepalive: relay.time("keepalive")?,
        resume_for: relay.time("resume_for")?,
        come_back_rate: relay.number("come_back_rate")?,
        publish_rate: relay.number("publish_rate")?,
        join: relay.patterns("join")?,
        publish: relay.patterns("publish")?,
        insecure_tokens: relay.switch("insecure_tokens")?,
        presence_interval: relay.time("presence_interval")?,
        presence_members: relay.number("presence_members")?,
        room: listener.inner("room").room()?,
        rooms_max: rooms.number("max")?,
        rooms_per_session: rooms.number("max_per_session")?,
        rooms: listener.effective.rooms(name).iter().map(by_name).collect::<Result<_, _>>()?,
    })
}

impl Section<'_> {
    fn protocol(&self) -> Result<RelayProtocol, Bug> {
        match self.text("protocol")? {
            OREAD => Ok(RelayProtocol::Oread),
            PLAIN => Ok(RelayProtocol::Plain { room: self.owned("room")? }),
            _ => Err(self.bug("protocol")),
        }
    }

    fn room(&self) -> Result<RoomSettings, Bug> {
        let when_behind = match self.text("when_behind")? {
            BLOCK => WhenBehind::Block,
            SKIP => WhenBehind::Skip,
            DISCONNECT => WhenBehind::Disconnect,
            _ => return Err(self.bug("when_behind")),
        };
        Ok(RoomSettings {
            log_bytes: self.number("log_bytes")?,
            log_messages: self.number("log_messages")?,
            max_age: self.time("max_age")?,
            history: self.time("history")?,
            linger: self.time("linger")?,
            members: self.number("members")?,
            when_behind,
            block_for: self.time("block_for")?,
        })
    }

    fn patterns(&self, name: &str) -> Result<Vec<NamePattern>, Bug> {
        if let Value::Patterns(patterns) = &self.entry(name)?.value {
            Ok(patterns.clone())
        } else {
            Err(self.bug(name))
        }
    }
}
