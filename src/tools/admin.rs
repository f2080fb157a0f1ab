//! One call to a daemon's admin address, over a blocking socket and without a runtime, since a health check has to start in milliseconds;
//! and which address that is.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::quantity;
use crate::cli::say;
use crate::config::{self, Sources};
use crate::exit::Exit;
use crate::secret::Secret;
use crate::settings::AdminSettings;

/// Which daemon is asked, and how long it may take.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct AdminArgs {
    /// The admin address; without it, the one of the configuration
    #[arg(long, value_name = "IP:PORT")]
    admin: Option<SocketAddr>,
    /// The files that the daemon was started with; may be repeated
    #[arg(short = 'c', short_alias = 'f', long = "config", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How long to wait for the answer
    #[arg(short, long, default_value = "2s", value_parser = quantity::duration)]
    pub(super) timeout: Duration,
}

impl AdminArgs {
    /// The address, and the settings if they were looked at for it. What is wrong has been said.
    pub(super) fn address(&self, tool: &str) -> Result<SocketAddr, Exit> {
        match self.admin {
            Some(admin) => Ok(reachable(admin)),
            None => self.bind_of(tool, &self.configured()?),
        }
    }

    /// The address, and the token that its daemon wants.
    pub(super) fn address_and_token(&self, tool: &str) -> Result<(SocketAddr, Secret), Exit> {
        let settings = self.configured()?;
        let address = self.bind_of(tool, &settings)?;
        let token = settings.secret().map_err(|why| refuse(tool, &why, Exit::Config))?;
        let none = "this needs the daemon's token: set OREAD__ADMIN__TOKEN, or name its file with \
            OREAD__ADMIN__TOKEN_FILE or as admin.token_file in --config";
        Ok((address, token.ok_or_else(|| refuse(tool, none, Exit::Permission))?))
    }

    fn bind_of(&self, tool: &str, settings: &AdminSettings) -> Result<SocketAddr, Exit> {
        let off = || refuse(tool, "admin.bind is \"off\": there is nothing to ask", Exit::Unavailable);
        self.admin.or(settings.bind).map(reachable).ok_or_else(off)
    }

    fn configured(&self) -> Result<AdminSettings, Exit> {
        let loaded = config::load(&Sources::of_process(self.files.clone(), Vec::new()));
        loaded.map(|loaded| loaded.settings.admin).map_err(|problems| {
            say::note(&problems.to_string());
            Exit::Config
        })
    }
}

/// Says why a tool gives up.
pub(super) fn refuse(tool: &str, why: &str, exit: Exit) -> Exit {
    say::note(&format!("oread {tool}: {why}"));
    exit
}

/// What is asked.
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    /// Path and query.
    pub(super) path: &'a str,
    pub(super) token: Option<&'a Secret>,
    pub(super) timeout: Duration,
    /// Bytes of the answer that are read at most.
    pub(super) longest: u64,
}

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    /// The first line of the body: the reason, if it is a refusal.
    pub(super) fn reason(&self) -> &str {
        self.body.lines().next().unwrap_or_default()
    }
}

impl Call<'_> {
    /// Asks, in one connection. An error is told with its remedy.
    pub(super) fn make(&self, admin: SocketAddr) -> Result<Answer, String> {
        self.exchange(admin).map_err(|error| format!("{admin}: {}", explained(&error, self.timeout)))
    }

    fn exchange(&self, admin: SocketAddr) -> io::Result<Answer> {
        let deadline = Instant::now() + self.timeout;
        let mut stream = TcpStream::connect_timeout(&admin, left(deadline)?)?;
        stream.set_write_timeout(Some(left(deadline)?))?;
        let bearer = self.token.map(|token| format!("Authorization: Bearer {}\r\n", token.reveal()));
        let (method, path, bearer) = (self.method, self.path, bearer.unwrap_or_default());
        // In one piece: a server that answers the first piece and closes would reset us over the rest.
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {admin}\r\n{bearer}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        let mut limited = stream.take(self.longest);
        let mut chunk = [0; 16 << 10];
        loop {
            limited.get_ref().set_read_timeout(Some(left(deadline)?))?;
            match limited.read(&mut chunk)? {
                0 => return parse(&answer),
                count => answer.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// A daemon that listens everywhere is asked on loopback.
fn reachable(mut admin: SocketAddr) -> SocketAddr {
    if admin.ip().is_unspecified() {
        admin.set_ip(match admin {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    admin
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The status line of RFC 9112, section 4, and the body.
fn parse(answer: &[u8]) -> io::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let status = text
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1)?.split("\r\n").next()?.parse().ok());
    let status = status.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP: is this the admin address?")
    })?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(Answer { status, body: body.to_owned() })
}

fn explained(error: &io::Error, timeout: Duration) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "connection refused: is the daemon running, and is this its admin.bind?".into()
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            format!("no answer within {}", humantime::format_duration(timeout))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_status_and_the_first_line_of_the_reason() {
        let answer = parse(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 9\r\n\r\ndraining\nsoon");
        let answer = answer.map(|answer| (answer.status, answer.reason().to_owned()));
        assert_eq!(answer.ok(), Some((503, "draining".into())));
        for wrong in ["", "HTTP/1.1", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH\r\n"] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong:?} is no answer");
        }
    }

    #[test]
    fn a_daemon_that_listens_everywhere_is_asked_on_loopback() {
        let asked = ["0.0.0.0:9464", "[::]:9464", "10.0.0.1:9464"]
            .map(|admin| reachable(admin.parse().unwrap_or_else(|_| unreachable!())));
        assert_eq!(asked.map(|admin| admin.to_string()), ["127.0.0.1:9464", "[::1]:9464", "10.0.0.1:9464"]);
    }
}
