"""What a relay costs: rooms under load, at a fixed pace, at rest and with members that stall. Turns alternate as those of the echo do.

Cost is the server's CPU time a delivery: one message that one member received. The load is benches/relay_load, which checks each of them.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass

import peers
from measure import LOAD_CORES, PAIR_CORES, PAIR_LOAD_CORES, SERVER_CORES, Failed, machine_busy
from peers import Unavailable, pinned
from relay_peers import LOAD, RELAYS, RelayServer, build_load

IDLE_SESSIONS = 9_000
PACE = 1_000  # messages a second
STALL_SIZE = 4_096
STALLED, FEW_STALLED = 1_000, 20
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
OTHERS = ["relay-rooms", "relay-workers", "relay-paced", "relay-idle", "relay-stall"]
SHAPES = [*(room.name for room in ROOMS), *OTHERS]


def arguments(room):
    return {"members": room.members, "size": room.size, "batch": room.batch}


def load(server, chosen, cores=frozenset(LOAD_CORES), **wanted):
    """Puts `server` under load. Returns the client's report, with what else there is to know of the turn."""
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
    report = json.loads(client.stdout)
    return {**measured(report), "foreign_cores": max(0.0, (machine_busy() - busy - spent) / (time.perf_counter() - begun))}


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
        "stuck": report["stuck"],
        **{f"{name}_us": report[f"{name}_ns"] / 1e3 for name in ("p50", "p99", "longest")},
    }


def cost(relay, chosen, room, rooms=1, workers=1):
    """One turn: a fresh server with one room or many alike."""
    cores, load_cores = (SERVER_CORES, LOAD_CORES) if workers == 1 else (PAIR_CORES, PAIR_LOAD_CORES)
    with RelayServer(relay, cores, workers, rooms, sessions=rooms * (room.members + 1)) as server:
        return load(server, chosen, load_cores, rooms=rooms, **arguments(room))


def paced(relay, chosen):
    with RelayServer(relay, SERVER_CORES) as server:
        return load(server, chosen, mode="open", rate=PACE, **arguments(HUNDRED))


def idle(relay, chosen):
    with RelayServer(relay, SERVER_CORES, sessions=IDLE_SESSIONS + 1) as server:
        turn = load(server, chosen, mode="idle", members=IDLE_SESSIONS, size=64, warmup=1_000, window=1_000)
    return {**turn, "rss_per_session": (turn["rss"] - turn["rss_before"]) / (IDLE_SESSIONS + 1)}


def stall(relay, chosen):
    """Brokers keep for each what it did not read, so a few of theirs say enough and many would fill the machine."""
    stalled = STALLED if relay.is_oread else FEW_STALLED
    with RelayServer(relay, SERVER_CORES) as server:
        turn = load(server, chosen, mode="stall", members=1, size=STALL_SIZE, stalled=stalled)
    if turn["stuck"] < stalled:
        raise Failed(f"only {turn['stuck']} of {stalled} members stood still")
    return {**turn, "stalled": stalled, "growth": turn["rss"] - turn["rss_before"]}


class Run:
    """All turns of the relay part, into `results["relay"]`."""

    def __init__(self, chosen, results, say):
        self.chosen, self.say, self.notes = chosen, say, results["notes"]
        self.out = results["relay"] = {"versions": {}, "notes": [], "window_seconds": chosen.relay_window, "rounds": chosen.rounds,
                                       **{key: {} for key in ("cost", "rooms", "workers", "paced", "idle", "stall")}}
        self.present = []

    def prepare(self):
        """Sees to it that each relay is there and starts; those that are not are noted and left out."""
        self.say("building the relay load …")
        build_load()
        for relay in RELAYS:
            if relay.name not in self.chosen.peers:
                continue
            try:
                relay.build()
                with RelayServer(relay, SERVER_CORES):
                    self.present.append(relay)
                self.out["versions"][relay.name] = peers.version(relay)
            except (Unavailable, RuntimeError) as why:
                self.notes.append(f"{relay.label} left out: {str(why).splitlines()[0]}.")
                self.say(self.notes[-1])

    def turn(self, where, what, relay, measure):
        """One turn into the list `where`; None when it failed, so that rounds stay aligned."""
        try:
            where.append(measure())
            self.say(f"{what}: {relay.label}: {brief(where[-1])}")
        except (Failed, RuntimeError, subprocess.TimeoutExpired) as why:
            where.append(None)
            self.notes.append(f"{relay.label}, {what}: {str(why).splitlines()[-1]}")
            self.say(self.notes[-1])

    def in_turns(self, key, what, measure, rounds=None):
        """Each relay `rounds` times, forth and back."""
        kept = self.out[key] if what is None else self.out[key].setdefault(what, {})
        for at in range(rounds or self.chosen.rounds):
            for relay in self.present if at % 2 == 0 else reversed(self.present):
                self.turn(kept.setdefault(relay.name, []), what or key, relay, lambda: measure(relay, self.chosen))

    def all(self):
        wanted = self.chosen.shapes
        for room in ROOMS:
            if room.name in wanted:
                self.in_turns("cost", room.name, lambda relay, chosen: cost(relay, chosen, room))
        if "relay-paced" in wanted:
            self.in_turns("paced", None, paced)
        if "relay-rooms" in wanted:
            self.pairs("rooms", "rooms", HUNDRED, self.present, lambda count: {"rooms": 1 if count == 1 else 100})
        if "relay-workers" in wanted:
            oread = [relay for relay in self.present if relay.is_oread]
            for room in (HUNDRED, THOUSAND):
                self.pairs("workers", room.name, room, oread, lambda count: {"workers": count})
        if "relay-idle" in wanted:
            self.in_turns("idle", None, idle, self.chosen.few_rounds)
        if "relay-stall" in wanted:
            self.in_turns("stall", None, stall, self.chosen.few_rounds)

    def pairs(self, key, what, room, relays, of):
        """One of something and many of it, one behind the other: `of(1)` and `of(2)` say of what."""
        kept = self.out[key].setdefault(what, {})
        for at in range(self.chosen.pair_rounds):
            for relay in relays:
                both = kept.setdefault(relay.name, {"1": [], "2": []})
                for count in (1, 2) if at % 2 == 0 else (2, 1):
                    self.turn(both[str(count)], f"{what}, {'one' if count == 1 else 'many'}", relay, lambda: cost(relay, self.chosen, room, **of(count)))

    def thin(self):
        """Of what a turn failed: a verdict on the rest would flatter."""
        lists = [(shape, turns) for shape, each in self.out["cost"].items() for turns in each.values()]
        lists += [(key, turns) for key in ("paced", "idle", "stall") for turns in self.out[key].values()]
        lists += [(key, turns) for key in ("rooms", "workers") for each in self.out[key].values() for both in each.values()
                  for turns in both.values()]
        return sorted({what for what, turns in lists if not all(turns)})


def brief(turn):
    if "growth" in turn:
        return f"{turn['growth'] / 1024 / turn['stalled']:.1f} KiB for each of {turn['stalled']}"
    if "rss_per_session" in turn:
        return f"{turn['rss_per_session']:,.0f} B a session"
    late = f", p99 {turn['p99_us']:.0f} µs" if turn["p99_us"] else ""
    return f"{turn['cost_us']:.3f} µs, server {100 * turn['server_cores']:.0f} %, client {100 * turn['client_cores']:.0f} %{late}"
