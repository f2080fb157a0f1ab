//! The binary as a child process, for what concerns a whole process: signals, exit codes, memory, descriptors, its log.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Metrics, Wire, until};

/// A running binary. Dropping it kills it.
pub struct Program {
    child: Child,
    addresses: HashMap<String, String>,
    pub admin: SocketAddr,
    log: tempfile::NamedTempFile,
}

impl Program {
    /// One worker, an echo listener on port 0, and these settings: `key=value`, or `--config=FILE`.
    pub fn start(settings: &[&str]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_oread")), settings)
    }

    /// The same after a line of shell, such as `ulimit -n 100`.
    pub fn after(shell: &str, settings: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_oread")]);
        Self::run(command, settings)
    }

    fn run(mut command: Command, settings: &[&str]) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.reopen().unwrap());
        let defaults =
            ["runtime.workers=1", "admin.bind=127.0.0.1:0", "listener.echo.bind=tcp://127.0.0.1:0"];
        for setting in defaults.iter().chain(settings) {
            match setting.strip_prefix("--config=") {
                Some(file) => command.args(["--config", file]),
                None => command.args(["--set", setting]),
            };
        }
        let mut child = command.spawn().unwrap();
        let addresses = banner(&mut child);
        let admin = addresses["admin"].strip_prefix("http://").unwrap().parse().unwrap();
        Self { child, addresses, admin, log }
    }

    /// The address of a TCP listener.
    pub fn address(&self, listener: &str) -> SocketAddr {
        self.addresses[listener].strip_prefix("tcp://").unwrap().parse().unwrap()
    }

    /// A client of the listener `echo`.
    pub fn connect(&self) -> Wire {
        Wire::connect(self.address("echo"))
    }

    pub fn metrics(&self) -> Metrics {
        Metrics::scrape(self.admin)
    }

    /// Waits until a scrape shows this.
    pub fn until(&self, what: &str, mut shows: impl FnMut(&Metrics) -> bool) -> Metrics {
        let mut last = self.metrics();
        until(what, || {
            last = self.metrics();
            shows(&last)
        });
        last
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end.
    pub fn exit(&mut self) -> ExitStatus {
        let mut status = None;
        until("the process ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Waits until a line of the log contains `text`.
    pub fn until_logged(&self, text: &str) -> String {
        let mut found = None;
        until(&format!("the log says {text:?}"), || {
            found = self.log().lines().find(|line| line.contains(text)).map(str::to_owned);
            found.is_some()
        });
        found.unwrap()
    }

    /// Resident memory, in bytes.
    #[cfg(target_os = "linux")]
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// CPU time used so far.
    #[cfg(target_os = "linux")]
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the banner: what listens where.
fn banner(child: &mut Child) -> HashMap<String, String> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut addresses = HashMap::new();
    loop {
        let line = lines.next().expect("it ended before it had begun").unwrap();
        if line.starts_with("Ctrl-C") {
            return addresses;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if let (true, [name, .., address]) = (line.starts_with(' '), &words[..]) {
            addresses.insert((*name).to_owned(), (*address).to_owned());
        }
    }
}
