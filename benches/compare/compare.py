#!/usr/bin/env python3
"""Compares what an echo and a relay cost: Oread, a bare epoll loop in C, and what people use today. `make compare` runs it.

Servers take turns within one run (A B, then B A), each alone on core 0, the load client on core 1. The result goes to stdout and,
as Markdown and JSON, under benches/results. Exit code 1 when a limit is missed. Linux, two cores or more, Python's standard library.
"""

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

import measure
import peers
import relay
import relay_crowd_table
import relay_table
import table
from measure import SHAPES, Failed
from peers import ALL, Unavailable
from relay_peers import RELAYS

SESSIONS = 9_000
PARTS = {"echo": [*(shape.name for shape in SHAPES), "idle", "workers", "startup"], "relay": relay.SHAPES}
PEERS = [peer.name for peer in [*ALL, *RELAYS]]
RESULTS = peers.ROOT / "benches" / "results"


def arguments():
    names = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 or 2 s, without the slow peers: to look, not to keep")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--rounds", type=int, help="turns of each (default 5; of what no limit rests on, fewer)")
    parser.add_argument("--window", type=float, help="seconds counted in each turn (default 4, relay 3)")
    parser.add_argument("--peers", type=names, help=f"of {','.join(PEERS)}")
    parser.add_argument("--shapes", type=names, help=f"of {','.join(shape for shapes in PARTS.values() for shape in shapes)}")
    parser.add_argument("--no-keep", action="store_true", help="write nothing under benches/results")
    parser.add_argument("--no-build", action="store_true", help="measure what is built")
    chosen = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("two cores are needed: one for the server, one for the load")
    settle(chosen)
    known = {*PEERS, *(shape for shapes in PARTS.values() for shape in shapes)}
    if unknown := {*chosen.peers, *chosen.shapes} - known:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def settle(chosen):
    """What was not said."""
    quick = chosen.quick
    chosen.relay_window = chosen.window or (1.0 if quick else 3.0)
    chosen.relay_warmup = 0.3 if quick else 0.5
    # Latencies want more than costs do: one hiccup of the machine is a hundred deliveries.
    chosen.paced_window, chosen.stand_window, chosen.flood_window = (1.0, 2.0, 1.0) if quick else (8.0, 5.0, 2.0)
    chosen.window = chosen.window or (2.0 if quick else 4.0)
    chosen.pair_rounds, chosen.few_rounds = (1, 1) if quick else (3, 2)
    chosen.rounds = chosen.rounds or (2 if quick else 5)
    slow = {"asyncio", "node", "socat"} if quick else set()
    chosen.peers = chosen.peers or [name for name in PEERS if name not in slow]
    parts = [chosen.only] if chosen.only else PARTS
    chosen.shapes = chosen.shapes or [shape for part in parts for shape in PARTS[part]]


def say(text):
    print(text, file=sys.stderr, flush=True)


def prepare(chosen, results):
    """Builds or installs the peers; those that cannot be had are noted and left out."""
    present = []
    for peer in ALL:
        if peer.name not in chosen.peers:
            continue
        try:
            if not chosen.no_build and peer.name != "oread":
                say(f"building {peer.label} …")
                peer.build()
            results["versions"][peer.name] = peers.version(peer)
            present.append(peer)
        except Unavailable as why:
            results["notes"].append(f"{peer.label} left out: {why}.")
    return present


def costs(chosen, present, results):
    """C and Oread in every round; the others, which no limit rests on, in the first two."""
    for shape in SHAPES:
        if shape.name not in chosen.shapes:
            continue
        turns = results["cost"].setdefault(shape.name, {peer.name: [] for peer in present})
        for turn in range(chosen.rounds):
            order = [peer for peer in present if peer.name in ("c", "oread") or turn < 2]
            for peer in order if turn % 2 == 0 else reversed(order):
                if shape.name in peer.skip:
                    continue
                turns[peer.name].append(attempt(results, peer, shape.label, lambda: measure.cost(peer, shape, chosen.window)))
                if turns[peer.name][-1]:
                    say(f"{shape.label}: {peer.label} {turns[peer.name][-1]['cost_us']:.3f} µs")


def attempt(results, peer, what, turn):
    try:
        return turn()
    except (Failed, RuntimeError) as why:
        results["notes"].append(f"{peer.label}, {what}: {str(why).splitlines()[-1]}")
        say(results["notes"][-1])
        return None


def idle_sessions(chosen, present, results):
    for peer in present:
        if "idle" in chosen.shapes and "idle" not in peer.skip:
            turns = [attempt(results, peer, "idle", lambda: measure.idle(peer, SESSIONS, chosen.window)) for _ in range(2)]
            if all(turns):
                results["idle"][peer.name] = turns
                say(f"idle: {peer.label} {turns[0]['rss_per_session']:.0f} B a session")


def of_oread(chosen, present, results):
    """What only Oread is asked for: two workers, start, size."""
    oread = next((peer for peer in present if peer.name == "oread"), None)
    if oread is None:
        return
    results["binary_bytes"] = peers.OREAD.stat().st_size
    if "startup" in chosen.shapes:
        measure.startup(oread)  # once to have it in the page cache
        results["startup"] = [measure.startup(oread) for _ in range(11)]
    if "workers" in chosen.shapes:
        for shape in SHAPES[:2]:
            turns = {"1": [], "2": []}
            for _ in range(chosen.rounds):
                for count in (1, 2):
                    turns[str(count)].append(measure.workers(oread, count, shape, chosen.window))
            results["workers"][shape.name] = turns
            say(f"workers: {shape.label}: {turns['1'][0]['cost_us']:.3f} → {turns['2'][0]['cost_us']:.3f} µs")


def main():
    chosen = arguments()
    about = measure.machine()
    results = {
        "date": datetime.date.today().isoformat(), "machine": about, "rounds": chosen.rounds,
        "window_seconds": chosen.relay_window if chosen.only == "relay" else chosen.window,
        "sessions": SESSIONS, "versions": {}, "notes": [], "cost": {}, "idle": {}, "workers": {},
    }
    peers.raise_descriptors()
    if not chosen.no_build:
        say("building Oread …")
        peers.build_oread(None)
    thin = []
    for part, run in (("echo", echo), ("relay", relayed)):
        if set(chosen.shapes) & set(PARTS[part]):
            thin += run(chosen, results)
    tables = [each.render(results["relay"]) for each in (relay_table, relay_crowd_table)] if "relay" in results else []
    text = table.render(results, "\n\n".join(filter(None, tables)))
    print(text)
    if not chosen.no_keep:
        keep("-".join(filter(None, [results["date"], measure.slug(about), chosen.only])), text, results)
    if thin:
        say(f"no verdict: {', '.join(thin)} had a turn that failed")
    return 1 if thin or "MISSED" in text or "not measured" in text else 0


def echo(chosen, results):
    present = prepare(chosen, results)
    listen_to_machine(results)
    # Before the churn, which fills a host's connection tracking where there is one: it would drop the 9,000 connects.
    idle_sessions(chosen, present, results)
    costs(chosen, present, results)
    of_oread(chosen, present, results)
    return unmeasured(present, results)


def relayed(chosen, results):
    run = relay.Run(chosen, results, say)
    run.prepare()
    listen_to_machine(results)
    run.all()
    return run.thin()


def listen_to_machine(results):
    if (busy := measure.background()) > table.QUIET:
        results["notes"].append(f"The machine was not quiet: others kept {busy:.2f} cores busy at the start.")
        say(results["notes"][-1])


def unmeasured(present, results):
    """Shapes with a limit of which a turn of the C loop or of Oread failed: a verdict on the rest would flatter."""
    judged = {"c", "oread"} <= {peer.name for peer in present}
    failed = lambda turns: not all(turns["c"]) or not all(turns["oread"])
    return [shape for shape, turns in results["cost"].items() if judged and failed(turns)]


def keep(name, text, results):
    RESULTS.mkdir(parents=True, exist_ok=True)
    for ending, content in (("md", text), ("json", json.dumps(results, indent=1) + "\n")):
        path = RESULTS / f"{name}.{ending}"
        path.write_text(content)
        say(f"kept {Path(path).relative_to(peers.ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
