"""One turn of the relay's part: a fresh server under one kind of load, and what is to know of it. relay_table and relay_crowd_table make
tables of them.

Cost is the server's CPU time a delivery: one message that one member received. The load is benches/relay_load, which checks each of them.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass

from measure import LOAD_CORES, PAIR_CORES, PAIR_LOAD_CORES, SERVER_CORES, Failed, machine_busy
from peers import pinned
from relay_peers import LOAD, RelayServer

IDLE_SESSIONS = 9_000
PACE = 1_000  # messages a second
STALL_SIZE = 4_096
STALLED, FEW_STALLED = 1_000, 20
CROWD, CROWD_PACE, CROWD_SIZE = 5_000, 20, 1_024  # CROWD_PACE: what one core delivers to all of them, and half of that core is left
FLOOD_ROOMS, FLOOD_MEMBERS, FLOOD_PACE = 10, 10, 100
MANY_LEAVE, FEW_LEAVE, FEW_REPEATS = 5_000, 50, 40
LOAD_DEADLINE = 120  # seconds; the client gives up by itself long before


@dataclass(frozen=True)
class Room:
    name: str
    label: str
    limit: float  # of Oread's cost in plain mode over that of the better broker
    members: int
    size: int
    batch: int = 1


ROOMS = [
    Room("relay-10", "10 members, 128 B", 1.00, 10, 128),
    Room("relay-100", "100 members, 128 B", 0.75, 100, 128),
    Room("relay-100x16", "100 members, 128 B, 16 published at a time", 0.50, 100, 128, 16),
    Room("relay-1000", "1,000 members, 128 B", 0.50, 1_000, 128),
    Room("relay-4K", "100 members, 4 KiB", 0.75, 100, 4_096),
]
HUNDRED, THOUSAND = ROOMS[1], ROOMS[3]


def arguments(room):
    return {"members": room.members, "size": room.size, "batch": room.batch}


def ask(server, chosen, cores=frozenset(LOAD_CORES), **wanted):
    """Puts `server` under load. Returns the client's report, and how many cores were busy with neither."""
    options = {"wire": server.peer.wire, "ports": ",".join(map(str, server.ports)), "pid": server.pid,
               "warmup": round(chosen.relay_warmup * 1000), "window": round(chosen.relay_window * 1000), **wanted}
    command = [LOAD, *(part for name, value in options.items() for part in (f"--{name}", value))]
    begun, busy, own, served = time.perf_counter(), machine_busy(), os.times(), sum(server.threads_cpu().values())
    with pinned(cores):
        client = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=LOAD_DEADLINE)
    if client.returncode:
        raise Failed(client.stderr.strip() or f"the load ended with {client.returncode}")
    own_after = os.times()
    spent = own_after.children_user + own_after.children_system - own.children_user - own.children_system
    spent += (sum(server.threads_cpu().values()) - served) / 1e9
    return json.loads(client.stdout), max(0.0, (machine_busy() - busy - spent) / (time.perf_counter() - begun))


def load(server, chosen, cores=frozenset(LOAD_CORES), **wanted):
    report, foreign = ask(server, chosen, cores, **wanted)
    return {**measured(report), "foreign_cores": foreign}


def measured(report):
    seconds, deliveries = report["seconds"], report["deliveries"]
    return {
        "cost_us": report["cpu_ns"] / 1e3 / deliveries if deliveries else None,
        "rate": deliveries / seconds,
        "server_cores": report["cpu_ns"] / 1e9 / seconds,
        "client_cores": report["client_ns"] / 1e9 / seconds,
        "threads_cores": sorted((each / 1e9 / seconds for each in report["threads_ns"]), reverse=True)[:2],
        "rss_before": report["rss_before"],
        "rss": report["rss"],
        "flood_rate": report["flooded"] / seconds,
        **{f"{name}_us": report[f"{name}_ns"] / 1e3 for name in ("p50", "p99", "longest", "late_p99") if f"{name}_ns" in report},
    }


def cost(relay, chosen, room, rooms=1, workers=1):
    """One turn: a fresh server with one room or many alike."""
    cores, load_cores = (SERVER_CORES, LOAD_CORES) if workers == 1 else (PAIR_CORES, PAIR_LOAD_CORES)
    with RelayServer(relay, cores, workers, rooms, sessions=rooms * (room.members + 1)) as server:
        return load(server, chosen, load_cores, rooms=rooms, **arguments(room))


def paced(relay, chosen):
    with RelayServer(relay, SERVER_CORES) as server:
        return load(server, chosen, mode="open", rate=PACE, window=round(chosen.paced_window * 1000), **arguments(HUNDRED))


def idle(relay, chosen):
    with RelayServer(relay, SERVER_CORES, sessions=IDLE_SESSIONS + 1) as server:
        turn = load(server, chosen, mode="idle", members=IDLE_SESSIONS, size=64, warmup=1_000, window=1_000)
    return {**turn, "rss_per_session": (turn["rss"] - turn["rss_before"]) / (IDLE_SESSIONS + 1)}


def stall(relay, chosen):
    """Brokers keep for each what it did not read, so a few of theirs say enough and many would fill the machine."""
    stalled = STALLED if relay.is_oread else FEW_STALLED
    with RelayServer(relay, SERVER_CORES) as server:
        report, foreign = ask(server, chosen, mode="stall", members=1, size=STALL_SIZE, stalled=stalled)
    if report["stuck"] < stalled:
        raise Failed(f"only {report['stuck']} of {stalled} members stood still")
    turn = measured(report["stall"])
    return {**turn, "foreign_cores": foreign, "stalled": stalled, "growth": turn["rss"] - turn["rss_before"]}


def stand(relay, chosen):
    """The same crowd in one life of a server: all read; a fifth stands still, far behind; that fifth has read on, accounted for its gaps and gone."""
    with RelayServer(relay, SERVER_CORES, sessions=CROWD + 1) as server:
        report, foreign = ask(server, chosen, mode="stand", members=CROWD, stalled=STALLED, size=CROWD_SIZE, rate=CROWD_PACE,
                              window=round(chosen.stand_window * 1000))
    if report["gaps"]["behind"] < STALLED:
        raise Failed(f"only {report['gaps']['behind']} of {STALLED} members fell behind")
    windows = {name: measured(report[name]) for name in ("reading", "standing", "alone")}
    standing = windows["standing"]
    return {**windows, "gaps": report["gaps"], "foreign_cores": foreign, "growth": standing["rss"] - standing["rss_before"]}


def flood(relay, chosen):
    """Rooms at a fixed pace, before, while and after another is written to as fast as the server takes it."""
    with RelayServer(relay, SERVER_CORES, rooms=FLOOD_ROOMS) as server:
        report, foreign = ask(server, chosen, mode="flood", rooms=FLOOD_ROOMS, members=FLOOD_MEMBERS, rate=FLOOD_PACE,
                              window=round(chosen.flood_window * 1000))
    return {**{name: measured(report[name]) for name in ("before", "flooded", "after")}, "foreign_cores": foreign}


def leave(relay, chosen, by_word, many):
    """CPU of the server's worker for each of many members that leave at once: all of one room, or of rooms with few each. Those that close make room
    for others, so there the few can be one room again and again."""
    members = MANY_LEAVE if many else FEW_LEAVE
    rooms, repeats = (1, 1) if many else (MANY_LEAVE // FEW_LEAVE, 1) if by_word else (1, FEW_REPEATS)
    with RelayServer(relay, SERVER_CORES, rooms=rooms, sessions=rooms * (members + 1)) as server:
        mode = "leave-by-word" if by_word else "leave"
        report, foreign = ask(server, chosen, mode=mode, members=members, rooms=rooms, repeats=repeats, admin=server.admin)
    return {"leave_us": report["worker_ns"] / 1e3 / report["left"], "wall_ms": report["wall_ns"] / 1e6 / repeats, "foreign_cores": foreign}


def brief(turn):
    if windows := [name for name in ("reading", "standing", "alone", "before", "flooded", "after") if name in turn]:
        late = ", ".join(f"{turn[name]['p99_us'] / 1e3:.2f} ms {name}" for name in windows)
        return f"p99 {late}" + (f"; {turn['growth'] / 2**20:.2f} MiB" if "growth" in turn else "")
    if "leave_us" in turn:
        return f"{turn['leave_us']:.1f} µs a member, {turn['wall_ms']:.1f} ms"
    if "growth" in turn:
        return f"{turn['growth'] / 1024 / turn['stalled']:.1f} KiB for each of {turn['stalled']}"
    if "rss_per_session" in turn:
        return f"{turn['rss_per_session']:,.0f} B a session"
    late = f", p99 {turn['p99_us']:.0f} µs" if "p99_us" in turn else ""
    return f"{turn['cost_us']:.3f} µs, server {100 * turn['server_cores']:.0f} %, client {100 * turn['client_cores']:.0f} %{late}"
