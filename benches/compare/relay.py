"""What a relay costs: rooms under load, at a fixed pace, at rest, with members that stall, beside a flood, and as they leave. Turns alternate as
those of the echo do; relay_turns has what one of them is."""

import subprocess

import peers
from measure import SERVER_CORES, Failed
from peers import Unavailable
from relay_peers import RELAYS, RelayServer, build_load
from relay_turns import HUNDRED, ROOMS, THOUSAND, brief, cost, flood, idle, leave, paced, stall, stand

OTHERS = ["relay-rooms", "relay-workers", "relay-paced", "relay-idle", "relay-stall", "relay-crowd", "relay-flood", "relay-leave"]
SHAPES = [*(room.name for room in ROOMS), *OTHERS]
# Ways to leave: closing, and the word that only protocol 1 has for it.
WAYS = {"close": ("plain", "protocol1"), "word": ("protocol1",)}


class Run:
    """All turns of the relay part, into `results["relay"]`."""

    def __init__(self, chosen, results, say):
        self.chosen, self.say, self.notes = chosen, say, results["notes"]
        self.out = results["relay"] = {"versions": {}, "notes": [], "window_seconds": chosen.relay_window, "rounds": chosen.rounds,
                                       **{key: {} for key in ("cost", "rooms", "workers", "paced", "idle", "stall", "crowd", "flood", "leave")}}
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

    def in_turns(self, key, what, measure, rounds=None, names=None):
        """Each relay `rounds` times, forth and back; `names`: of these."""
        kept = self.out[key] if what is None else self.out[key].setdefault(what, {})
        asked = [relay for relay in self.present if names is None or relay.name in names]
        for at in range(rounds or self.chosen.rounds):
            for relay in asked if at % 2 == 0 else reversed(asked):
                self.turn(kept.setdefault(relay.name, []), what or key, relay, lambda: measure(relay, self.chosen))

    def all(self):
        wanted = self.chosen.shapes
        for room in ROOMS:
            if room.name in wanted:
                self.in_turns("cost", room.name, lambda relay, chosen: cost(relay, chosen, room))
        if "relay-paced" in wanted:
            self.in_turns("paced", None, paced)
        if "relay-rooms" in wanted:
            self.pairs("rooms", "rooms", self.present, lambda relay, many: cost(relay, self.chosen, HUNDRED, rooms=100 if many else 1))
        if "relay-workers" in wanted:
            oread = [relay for relay in self.present if relay.is_oread]
            for room in (HUNDRED, THOUSAND):
                self.pairs("workers", room.name, oread, lambda relay, many: cost(relay, self.chosen, room, workers=2 if many else 1))
        if "relay-idle" in wanted:
            self.in_turns("idle", None, idle, self.chosen.few_rounds)
        if "relay-stall" in wanted:
            self.in_turns("stall", None, stall, self.chosen.few_rounds)
        if "relay-crowd" in wanted:
            self.in_turns("crowd", None, stand, self.chosen.pair_rounds, ["protocol1"])  # plain mode has no word for what is missing
        if "relay-flood" in wanted:
            self.in_turns("flood", None, flood, self.chosen.pair_rounds, ["plain", "protocol1"])
        if "relay-leave" in wanted:
            for way, names in WAYS.items():
                present = [relay for relay in self.present if relay.name in names]
                self.pairs("leave", way, present, lambda relay, many: leave(relay, self.chosen, way == "word", many))

    def pairs(self, key, what, relays, measure):
        """One or few of something and many of it, one behind the other."""
        kept = self.out[key].setdefault(what, {})
        for at in range(self.chosen.pair_rounds):
            for relay in relays:
                both = kept.setdefault(relay.name, {"1": [], "2": []})
                for many in (False, True) if at % 2 == 0 else (True, False):
                    self.turn(both["2" if many else "1"], f"{what}, {'many' if many else 'few'}", relay, lambda: measure(relay, many))

    def thin(self):
        """Of what a turn failed: a verdict on the rest would flatter."""
        lists = [(shape, turns) for shape, each in self.out["cost"].items() for turns in each.values()]
        lists += [(key, turns) for key in ("paced", "idle", "stall", "crowd", "flood") for turns in self.out[key].values()]
        lists += [(key, turns) for key in ("rooms", "workers", "leave") for each in self.out[key].values() for both in each.values()
                  for turns in both.values()]
        return sorted({what for what, turns in lists if not all(turns)})
