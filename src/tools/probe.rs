//! `oread probe`: whether the daemon is ready, as an exit code. The container's health check, so it starts in milliseconds: one GET of
//! `/readyz` over a blocking socket, no runtime.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::quantity;
use crate::cli::say;
use crate::config::{self, Sources};
use crate::exit::Exit;

/// More of an answer is not read: the status and its reason stand at its beginning.
const LONGEST: u64 = 4096;

/// Arguments of `oread probe`.
#[derive(Debug, Clone, clap::Args)]
pub struct ProbeArgs {
    /// The admin address; without it, the one of the configuration
    #[arg(long, value_name = "IP:PORT")]
    admin: Option<SocketAddr>,
    /// The files that the daemon was started with; may be repeated
    #[arg(short = 'c', short_alias = 'f', long = "config", value_name = "FILE", conflicts_with = "admin")]
    files: Vec<PathBuf>,
    /// How long to wait for the answer
    #[arg(short, long, default_value = "2s", value_parser = quantity::duration)]
    timeout: Duration,
}

/// Probes. [`Exit::Ok`] when the daemon is ready, [`Exit::Unavailable`] when it is not or does not answer, [`Exit::Config`] when the
/// configuration that should name its address is wrong.
pub fn run(args: ProbeArgs) -> Exit {
    let admin = match args.admin.map_or_else(|| configured(args.files), Ok) {
        Ok(admin) => reachable(admin),
        Err(exit) => return exit,
    };
    match ask(admin, args.timeout) {
        Ok(Answer { status: 200, .. }) => Exit::Ok,
        Ok(Answer { status, reason }) => refuse(&format!("{admin}: not ready: {status} {reason}")),
        Err(error) => refuse(&format!("{admin}: {}", explained(&error, args.timeout))),
    }
}

fn refuse(why: &str) -> Exit {
    say::note(&format!("oread probe: {why}"));
    Exit::Unavailable
}

fn configured(files: Vec<PathBuf>) -> Result<SocketAddr, Exit> {
    let loaded = config::load(&Sources::of_process(files, Vec::new())).map_err(|problems| {
        say::note(&problems.to_string());
        Exit::Config
    })?;
    let off = || refuse("admin.bind is \"off\": there is nothing to ask");
    loaded.settings.admin.bind.ok_or_else(off)
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

struct Answer {
    status: u16,
    /// The first line of the body.
    reason: String,
}

fn ask(admin: SocketAddr, timeout: Duration) -> io::Result<Answer> {
    let deadline = Instant::now() + timeout;
    let mut stream = TcpStream::connect_timeout(&admin, left(deadline)?)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    // In one piece: a server that answers the first piece and closes would reset us over the rest.
    stream.write_all(
        format!("GET /readyz HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut answer = Vec::new();
    let mut limited = stream.take(LONGEST);
    let mut chunk = [0; 1024];
    loop {
        limited.get_ref().set_read_timeout(Some(left(deadline)?))?;
        match limited.read(&mut chunk)? {
            0 => return parse(&answer),
            count => answer.extend_from_slice(&chunk[..count]),
        }
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The status line of RFC 9112, section 4, and what stands first in the body.
fn parse(answer: &[u8]) -> io::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let status = text
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1)?.split("\r\n").next()?.parse().ok());
    let status = status.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP: is this the admin address?")
    })?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(Answer { status, reason: body.lines().next().unwrap_or_default().to_owned() })
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
        let answer = parse(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 9\r\n\r\ndraining\n");
        let answer = answer.map(|answer| (answer.status, answer.reason));
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
