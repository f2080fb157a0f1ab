//! CPU time and memory of another process, by its pid: what a server costs. Linux only; elsewhere refused by name.
//!
//! A process counts with its descendants (socat forks one for each connection), those already reaped included.

use std::io;
use std::time::Duration;

/// User and system time of all threads of `pid` and its descendants, so far.
#[cfg(target_os = "linux")]
pub(crate) fn cpu(pid: u32) -> io::Result<Duration> {
    linux::cpu(pid)
}

/// Resident memory of `pid` and its descendants, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn rss(pid: u32) -> io::Result<u64> {
    linux::rss(pid)
}

/// Refuses.
#[cfg(not(target_os = "linux"))]
pub(crate) fn cpu(_pid: u32) -> io::Result<Duration> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "--pid reads /proc, which only Linux has: leave it out"))
}

/// Refuses.
#[cfg(not(target_os = "linux"))]
pub(crate) fn rss(pid: u32) -> io::Result<u64> {
    cpu(pid).map(|_| 0)
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Duration, io};
    use std::fs;

    /// `USER_HZ`, the unit of `/proc/PID/stat`: 100 on every architecture that Rust's standard library supports on Linux.
    const TICK: Duration = Duration::from_millis(10);

    pub(super) fn cpu(pid: u32) -> io::Result<Duration> {
        // A child that ends while we look is in `reaped` next time: its error is none of ours.
        let family = family(pid)?;
        let own = on_core(pid)? + reaped(pid)?;
        Ok(family.iter().skip(1).filter_map(|&child| on_core(child).ok()).fold(own, |sum, cpu| sum + cpu))
    }

    pub(super) fn rss(pid: u32) -> io::Result<u64> {
        let family = family(pid)?;
        let own = resident(pid)?;
        Ok(family.iter().skip(1).filter_map(|&child| resident(child).ok()).fold(own, |sum, rss| sum + rss))
    }

    /// Nanoseconds on a core, of each thread: finer than the ticks of `stat`, which stand in where the kernel keeps no such figures.
    fn on_core(pid: u32) -> io::Result<Duration> {
        let mut nanos = 0;
        // Threads that have ended count in the ticks alone.
        let ticks = ticks(pid, 11)?;
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else {
                return Ok(ticks);
            };
            nanos += text.split(' ').next().and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(ticks.max(Duration::from_nanos(nanos)))
    }

    /// Time of children that have ended and been waited for.
    fn reaped(pid: u32) -> io::Result<Duration> {
        ticks(pid, 13)
    }

    fn ticks(pid: u32, first: usize) -> io::Result<Duration> {
        let fields = fields(pid)?;
        let ticks: u32 =
            fields.iter().skip(first).take(2).map(|field| u32::try_from(*field).unwrap_or(0)).sum();
        Ok(TICK * ticks)
    }

    /// The fields of `stat` after the command's name, from the parent's pid on counted as 1.
    fn fields(pid: u32) -> io::Result<Vec<i64>> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        Ok(after_name.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
    }

    fn family(pid: u32) -> io::Result<Vec<u32>> {
        let mut links = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Some(child) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            if let Some(Ok(parent)) =
                fields(child).ok().and_then(|fields| fields.get(1).map(|&p| u32::try_from(p)))
            {
                links.push((parent, child));
            }
        }
        let mut family = vec![pid];
        let mut next = 0;
        while let Some(&parent) = family.get(next) {
            family.extend(links.iter().filter(|link| link.0 == parent).map(|link| link.1));
            next += 1;
        }
        Ok(family)
    }

    /// From the page tables where we may: the counter in `status` may be off by some hundred pages.
    fn resident(pid: u32) -> io::Result<u64> {
        let read = |file: &str, key: &str| -> io::Result<u64> {
            let text = fs::read_to_string(format!("/proc/{pid}/{file}"))?;
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kib.map(|kib| kib * 1024)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no {key} in {file}")))
        };
        read("smaps_rollup", "Rss:").or_else(|_| read("status", "VmRSS:"))
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn a_process_sees_its_own_use_grow() {
            let pid = std::process::id();
            let before = super::cpu(pid).unwrap_or_default();
            let mut work = 0_u64;
            while super::cpu(pid).unwrap_or_default() <= before {
                work = work.wrapping_mul(31).wrapping_add(1);
            }
            let rss = super::rss(pid).unwrap_or_default();
            assert!(rss > 100_000, "a test process takes more than {rss} bytes");
        }
    }
}
