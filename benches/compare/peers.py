"""The servers that are compared: how each is built or installed, started, and told apart in the table.

Each is given one thread, one core and a free port of 127.0.0.1. Oread runs with its default limits and with metrics on.
"""

import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benches" / "peers"
BUILT = ROOT / "target" / "peers"
OREAD = ROOT / "target" / "release" / "oread"
START_DEADLINE = 10.0


class Unavailable(Exception):
    """A peer cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Peer:
    name: str
    label: str
    version: tuple = ()  # the command that prints it
    skip: frozenset = field(default_factory=frozenset)  # shapes for which it is not made

    @property
    def has_admin(self):
        return self.name == "oread"

    def build(self):
        {"oread": build_oread, "c": build_c, "framed": build_framed, "socat": install_socat}.get(self.name, find_interpreter)(self)

    def command(self, port, admin, workers):
        script = {"asyncio": "asyncio_echo.py", "node": "node_echo.js", "socat": "socat_echo.sh"}
        if self.name == "oread":
            return [OREAD, "echo", f"127.0.0.1:{port}", "--set", f"runtime.workers={workers}",
                    "--set", f"admin.bind=127.0.0.1:{admin}"]
        if self.name in ("c", "framed"):
            return [BUILT / {"c": "epoll_echo", "framed": "release/framed"}[self.name], str(port)]
        interpreter = {"asyncio": ["python3"], "node": ["node"], "socat": []}[self.name]
        return [*interpreter, PEERS / script[self.name], str(port)]


# A process for each connection is not made for thousands of them; and its pipe, which it fills before it empties it, holds 64 KiB:
# with more in flight it locks up.
FORKS = frozenset({"1000x128x1", "10x64Kx4", "churn", "idle"})
ALL = [
    Peer("c", "bare C epoll loop", ("cc", "--version")),
    Peer("oread", "Oread", (OREAD, "--version")),
    Peer("framed", "tokio-util Framed", ("rustc", "--version")),
    Peer("asyncio", "Python asyncio", ("python3", "--version")),
    Peer("node", "Node net", ("node", "--version")),
    Peer("socat", "socat, fork", ("socat", "-V"), FORKS),
]


def run(*command):
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def build_oread(_):
    run("cargo", "build", "--release", "--quiet")


def build_c(_):
    BUILT.mkdir(parents=True, exist_ok=True)
    run("cc", "-O2", "-Wall", "-o", BUILT / "epoll_echo", PEERS / "epoll_echo.c")


def build_framed(_):
    run("cargo", "build", "--release", "--quiet", "--locked", "--manifest-path", PEERS / "framed/Cargo.toml", "--target-dir", BUILT)


def find_interpreter(peer):
    program = peer.version[0]
    if not shutil.which(program):
        raise Unavailable(f"{program} is not installed")


def install_socat(_):
    if shutil.which("socat"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unavailable("socat is not installed (apt-get install socat)")
    if subprocess.run(["apt-get", "install", "-y", "-qq", "socat"], stdout=subprocess.DEVNULL, check=False).returncode:
        raise Unavailable("apt-get could not install socat (apt-get update first?)")


def version(peer):
    """The first line that names a version."""
    answer = subprocess.run([str(part) for part in peer.version], capture_output=True, text=True, check=False).stdout
    lines = [line.strip() for line in answer.splitlines() if any(c.isdigit() for c in line)]
    return lines[0] if lines else "unknown"


def free_ports(count):
    """All held at once, so that no two are the same."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def raise_descriptors():
    """As many as we may have; what we start inherits them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def pinned(cores):
    """What is started meanwhile runs on these cores. Inherited, since a hook in the child would make starting it slow."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


class Server:
    """A peer that is running, from its first answer to the end of the block. `ready` is the seconds that it took."""

    def __init__(self, peer, cores, workers=1, ports=1):
        self.peer, self.cores, self.workers = peer, cores, workers
        self.admin, *self.ports = free_ports(1 + ports)
        self.port = self.ports[0]

    def command(self):
        return self.peer.command(self.port, self.admin, self.workers)

    def environment(self):
        """What the peer is told beside its command."""
        return {}

    def __enter__(self):
        command = [str(part) for part in self.command()]
        self.log = tempfile.TemporaryFile()  # a file, since nobody drains a pipe
        with pinned(self.cores):
            begun = time.perf_counter()
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.log, start_new_session=True,
                                            env={**os.environ, **self.environment()})
        while not self._answers():
            if self.process.poll() is not None or time.perf_counter() - begun > START_DEADLINE:
                self.log.seek(0)
                said = self.log.read().decode(errors="replace").strip()
                self.__exit__()
                raise RuntimeError(f"{self.peer.label} did not start: {said or 'no answer'}")
            time.sleep(0.0002)
        self.ready = time.perf_counter() - begun
        return self

    def _answers(self):
        """Oread says when it is ready; the others are when they accept."""
        by_admin = self.peer.has_admin
        try:
            with socket.create_connection(("127.0.0.1", self.admin if by_admin else self.port), timeout=1) as asked:
                if by_admin:
                    asked.sendall(b"GET /readyz HTTP/1.1\r\nHost: oread\r\nConnection: close\r\n\r\n")
                return not by_admin or asked.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def __exit__(self, *_):
        # The group, since socat's children are others; ours alone, since each server leads a session of its own.
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()

    @property
    def pid(self):
        return self.process.pid

    def threads_cpu(self):
        """Nanoseconds on a core of each thread."""
        tasks = Path(f"/proc/{self.pid}/task")
        return {task.name: int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()}
