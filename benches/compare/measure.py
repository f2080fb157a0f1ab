"""One measurement, and what a machine says about itself. Costs are the server's CPU time, which is steadier than wall time."""

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from peers import OREAD, Server, pinned

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, LOAD_CORES = set(CORES[:1]), set(CORES[1:2])
# Two workers have the first two cores; the client has the others, or shares when there are none.
PAIR_CORES, PAIR_LOAD_CORES = set(CORES[:2]), set(CORES[2:]) or set(CORES[:2])


@dataclass(frozen=True)
class Shape:
    name: str
    label: str
    limit: float  # of Oread's cost over that of the C loop
    load: tuple  # arguments of `oread bench echo`


SHAPES = [
    Shape("100x64x1", "100 connections, 64 B, 1 in flight", 1.05, ("-c", "100", "-s", "64B", "-d", "1")),
    Shape("100x64x32", "100 connections, 64 B, 32 in flight", 1.15, ("-c", "100", "-s", "64B", "-d", "32")),
    Shape("1000x128x1", "1,000 connections, 128 B, 1 in flight", 1.10, ("-c", "1000", "-s", "128B", "-d", "1")),
    Shape("100x4Kx4", "100 connections, 4 KiB, 4 in flight", 1.05, ("-c", "100", "-s", "4KiB", "-d", "4")),
    Shape("10x64Kx4", "10 connections, 64 KiB, 4 in flight", 1.10, ("-c", "10", "-s", "64KiB", "-d", "4")),
    Shape("churn", "churn: connect, one echo, close", 1.50, ("-c", "32", "-s", "64B", "--churn")),
]


class Failed(Exception):
    """A load that did not come through; the message is the client's."""


def load(server, arguments, window, warmup=1.0, cores=frozenset(LOAD_CORES)):
    """Puts `server` under load. Returns the client's report, with the CPU that others took meanwhile, in cores."""
    command = [OREAD, "bench", "echo", f"127.0.0.1:{server.port}", *arguments, "--json", "--pid", server.pid,
               "--duration", f"{round(window * 1000)}ms", "--warmup", f"{round(warmup * 1000)}ms"]
    before, begun = machine_busy(), time.perf_counter()
    own = os.times()
    with pinned(cores):
        client = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    after, ended, own_after = machine_busy(), time.perf_counter(), os.times()
    if not client.stdout:
        raise Failed(client.stderr.strip())
    report = json.loads(client.stdout)
    if client.returncode:
        raise Failed(report["failures"]["first"][0])
    spent = own_after.children_user + own_after.children_system - own.children_user - own.children_system
    server_share = report["server"]["cores"] if report["server"] else 0.0
    report["foreign_cores"] = max(0.0, (after - before - spent) / (ended - begun) - server_share)
    return report


def machine_busy():
    """Seconds that all cores were not idle, since boot."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, idle, iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def background(span=1.0):
    """Cores that others keep busy right now."""
    before = machine_busy()
    time.sleep(span)
    return (machine_busy() - before) / span


def cost(peer, shape, window):
    """One turn of one peer: a fresh server under one load."""
    with Server(peer, SERVER_CORES) as server:
        report = load(server, shape.load, window)
    return {
        "cost_us": report["server"]["cpu_us_per_message"],
        "rate": report["messages_per_second"],
        "server_cores": report["server"]["cores"],
        "client_cores": report["client_cores"],
        "foreign_cores": report["foreign_cores"],
        "p50_us": report["latency"]["p50_ns"] / 1e3,
        "p99_us": report["latency"]["p99_ns"] / 1e3,
    }


def idle(peer, sessions, hold):
    """Memory of idle sessions after one echo each, and what they cost while they idle."""
    with Server(peer, SERVER_CORES) as server:
        report = load(server, ("-c", str(sessions), "-s", "64B", "--idle"), hold, warmup=0.5)
    return {"rss_per_session": report["server"]["rss_per_connection"], "idle_cores": report["server"]["cores"]}


def workers(peer, count, shape, window):
    """Cost with one worker or two."""
    cores, load_cores = (SERVER_CORES, LOAD_CORES) if count == 1 else (PAIR_CORES, PAIR_LOAD_CORES)
    with Server(peer, cores, workers=count) as server:
        before = server.threads_cpu()
        report = load(server, shape.load, window, cores=load_cores)
        after = server.threads_cpu()
    spent = sorted(after[thread] - before.get(thread, 0) for thread in after)[-count:]
    return {
        "cost_us": report["server"]["cpu_us_per_message"],
        "rate": report["messages_per_second"],
        "foreign_cores": report["foreign_cores"],
        # The least busy of the workers, as a part of an equal share.
        "balance": spent[0] * count / max(1, sum(spent)),
    }


def startup(peer):
    """Seconds from the start of the process to ready."""
    with Server(peer, SERVER_CORES) as server:
        return server.ready


def machine():
    """What a result was measured on."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu.group(1).strip() if cpu else "unknown",
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.group(1)) / 2**20) if memory else None,
        "kernel": os.uname().release,
        "architecture": os.uname().machine,
    }


def slug(about):
    """The machine in a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", f"{about['cpu']} {about['cores']} cores".lower()).strip("-")
