//! The border between the two configurations: values in force become [`Settings`], field by field.
//!
//! Nothing a person writes can fail here, since every value was read by its kind. What can is the program: a
//! key whose kind does not fit its field. That is a [`Bug`], never a panic.

mod relay;

use std::num::NonZeroUsize;
use std::time::Duration;

use super::effective::{Effective, Entry};
use super::kind::Value;
use super::options::listener::{BYTES, LINES};
use super::options::relay::{PLAIN, RELAY};
use crate::secret::Secret;
use crate::settings::{
    AdminSettings, CodecSettings, DrainSettings, FrameSettings, LineSettings, ListenerLimits,
    ListenerSettings, LogFormat, LogSettings, OutboxSettings, ProcessLimits, RuntimeSettings, ServiceKind,
    SessionLimit, Settings, SocketSettings, WhenFull,
};

/// A key whose table and field disagree: a mistake in the program.
#[derive(Debug)]
pub(super) struct Bug(pub(super) String);

/// The settings that `effective` stands for on the system `os`.
pub(super) fn settle(effective: &Effective, os: &str) -> Result<Settings, Bug> {
    let section = |path: &str| Section { effective, path: path.into(), os };
    let listener = |name: &&str| section(&format!("listener.{name}")).listener(name);
    Ok(Settings {
        runtime: section("runtime").runtime()?,
        admin: section("admin").admin()?,
        log: section("log").log()?,
        drain: section("drain").drain()?,
        limits: section("limits").process_limits()?,
        listeners: effective.listeners().iter().map(listener).collect::<Result<_, _>>()?,
    })
}

/// The keys under one path.
struct Section<'a> {
    effective: &'a Effective,
    path: String,
    os: &'a str,
}

impl Section<'_> {
    fn runtime(&self) -> Result<RuntimeSettings, Bug> {
        let workers = self.maybe("workers", Self::narrow::<usize>)?.and_then(NonZeroUsize::new);
        let workers = workers.unwrap_or(RuntimeSettings::default().workers);
        Ok(RuntimeSettings { workers, stuck_after: self.time("stuck_after")? })
    }

    fn admin(&self) -> Result<AdminSettings, Bug> {
        let bind = match &self.entry("bind")?.value {
            Value::Socket(bind) => Some(*bind),
            Value::Absent => None,
            _ => return Err(self.bug("bind")),
        };
        let token = self.maybe("token", Self::text)?.map(Secret::new).transpose();
        let token_file = self.maybe("token_file", Self::text)?.map(Into::into);
        Ok(AdminSettings { bind, token: token.map_err(|_| self.bug("token"))?, token_file })
    }

    fn log(&self) -> Result<LogSettings, Bug> {
        let format = match self.text("format")? {
            "auto" => LogFormat::Auto,
            "pretty" => LogFormat::Pretty,
            "json" => LogFormat::Json,
            _ => return Err(self.bug("format")),
        };
        Ok(LogSettings { level: self.text("level")?.into(), format })
    }

    fn drain(&self) -> Result<DrainSettings, Bug> {
        Ok(DrainSettings { delay: self.time("delay")?, grace: self.time("grace")? })
    }

    fn process_limits(&self) -> Result<ProcessLimits, Bug> {
        let sessions = self.maybe("sessions", Self::number)?;
        Ok(ProcessLimits {
            sessions: sessions.map_or(SessionLimit::Auto, SessionLimit::Exactly),
            partial_frames: self.number("partial_frames")?,
            queued: self.number("queued")?,
        })
    }

    fn listener(&self, name: &str) -> Result<ListenerSettings, Bug> {
        let Value::Listen(bind) = &self.entry("bind")?.value else { return Err(self.bug("bind")) };
        let service = match self.text("service")? {
            "echo" => ServiceKind::Echo,
            RELAY => ServiceKind::Relay(Box::new(relay::settle(self, name)?)),
            custom => ServiceKind::Custom(custom.into()),
        };
        Ok(ListenerSettings {
            name: name.into(),
            bind: bind.clone(),
            service,
            codec: self.codec()?,
            limits: ListenerLimits { handshake: self.handshake()?, ..self.inner("limits").limits()? },
            outbox: self.inner("outbox").outbox()?,
            socket: self.inner("socket").socket()?,
        })
    }

    fn codec(&self) -> Result<CodecSettings, Bug> {
        let frame = self.inner("frame");
        Ok(match self.text("codec")? {
            BYTES => CodecSettings::Bytes,
            LINES => CodecSettings::Lines(LineSettings { max: frame.number("max")? }),
            _ => CodecSettings::LengthDelimited(FrameSettings {
                length_bytes: frame.narrow("length_bytes")?,
                big_endian: frame.text("byte_order")? == "big",
                length_offset: frame.narrow("length_offset")?,
                length_includes_header: frame.switch("length_includes_header")?,
                max: frame.number("max")?,
            }),
        })
    }

    /// Who only listens in a plain relay sends no first frame.
    fn handshake(&self) -> Result<Duration, Bug> {
        let plain = self.text("service")? == RELAY && self.inner("relay").text("protocol")? == PLAIN;
        if plain { Ok(Duration::ZERO) } else { self.inner("limits").time("handshake") }
    }

    fn limits(&self) -> Result<ListenerLimits, Bug> {
        Ok(ListenerLimits {
            sessions: self.number("sessions")?,
            sessions_per_ip: self.number("sessions_per_ip")?,
            handshake: self.time("handshake")?,
            frame: self.time("frame")?,
            idle: self.time("idle")?,
            write_stall: self.time("write_stall")?,
            lifetime: self.time("lifetime")?,
            read_rate: self.number("read_rate")?,
            accept_rate: self.number("accept_rate")?,
        })
    }

    fn outbox(&self) -> Result<OutboxSettings, Bug> {
        let when_full = match self.text("when_full")? {
            "block" => WhenFull::Block,
            "drop-oldest" => WhenFull::DropOldest,
            "drop-newest" => WhenFull::DropNewest,
            "disconnect" => WhenFull::Disconnect,
            _ => return Err(self.bug("when_full")),
        };
        Ok(OutboxSettings {
            frames: self.number("frames")?,
            bytes: self.number("bytes")?,
            age: self.time("age")?,
            when_full,
        })
    }

    fn socket(&self) -> Result<SocketSettings, Bug> {
        let Value::Probes(keepalive) = self.entry("keepalive")?.value else {
            return Err(self.bug("keepalive"));
        };
        Ok(SocketSettings {
            backlog: self.narrow("backlog")?,
            nodelay: self.switch("nodelay")?,
            keepalive,
            reuse_port: self.switch("reuse_port")?,
            notsent_lowat: self.maybe("notsent_lowat", Self::narrow)?,
            recv_buffer: self.maybe("recv_buffer", Self::narrow)?,
            send_buffer: self.maybe("send_buffer", Self::narrow)?,
            user_timeout: self.maybe("user_timeout", Self::time)?,
            linger: self.maybe("linger", Self::time)?,
            dscp: self.maybe("dscp", Self::narrow)?,
            congestion: self.maybe("congestion", Self::owned)?,
            fast_open: self.maybe("fast_open", Self::narrow)?,
            bind_device: self.maybe("bind_device", Self::owned)?,
            only_v6: self.switch("only_v6")?,
            mode: self.maybe("mode", Self::narrow)?,
        })
    }

    fn inner(&self, name: &str) -> Self {
        Self { path: format!("{}.{name}", self.path), ..*self }
    }

    fn entry(&self, name: &str) -> Result<&Entry, Bug> {
        self.effective.find(&format!("{}.{name}", self.path)).ok_or_else(|| self.bug(name))
    }

    /// `None` where none is given, or where the system does not have the option and the table's default
    /// stands.
    fn maybe<'s, T>(
        &'s self,
        name: &str,
        read: impl Fn(&'s Self, &str) -> Result<T, Bug>,
    ) -> Result<Option<T>, Bug> {
        let entry = self.entry(name)?;
        if entry.value == Value::Absent || !entry.option.exists_on(self.os) {
            return Ok(None);
        }
        read(self, name).map(Some)
    }

    fn switch(&self, name: &str) -> Result<bool, Bug> {
        if let Value::Switch(on) = self.entry(name)?.value { Ok(on) } else { Err(self.bug(name)) }
    }

    fn number(&self, name: &str) -> Result<u64, Bug> {
        if let Value::Number(number) = self.entry(name)?.value { Ok(number) } else { Err(self.bug(name)) }
    }

    fn narrow<T: TryFrom<u64>>(&self, name: &str) -> Result<T, Bug> {
        T::try_from(self.number(name)?).map_err(|_| self.bug(name))
    }

    fn time(&self, name: &str) -> Result<Duration, Bug> {
        if let Value::Time(time) = self.entry(name)?.value { Ok(time) } else { Err(self.bug(name)) }
    }

    fn text(&self, name: &str) -> Result<&str, Bug> {
        if let Value::Text(text) = &self.entry(name)?.value { Ok(text) } else { Err(self.bug(name)) }
    }

    fn owned(&self, name: &str) -> Result<String, Bug> {
        self.text(name).map(str::to_owned)
    }

    fn bug(&self, name: &str) -> Bug {
        Bug(format!("{}.{name}", self.path))
    }
}
