"""The relay's tables of cost, latency and memory. Ratios are to the cheaper broker at that shape: medians over rounds, each within its round."""

from statistics import median

import table
from relay_turns import HUNDRED, IDLE_SESSIONS, PACE, ROOMS, STALL_SIZE, THOUSAND
from relay_peers import RELAYS

LABELS = {relay.name: relay.label for relay in RELAYS}
BROKERS, OREADS = ("nats", "redis"), ("plain", "protocol1")
OVER_PLAIN, OVER_ONE_ROOM, OVER_ONE_WORKER, BUSY_RSS, IDLE_RSS = 1.15, 1.20, 1.25, 12 * 2**20, 1_536
LOG = 4 * 2**20  # room.log_bytes by default
BOTH_BUSY = ["server / load busy", "load late, p99, µs"]
FRAME = STALL_SIZE + 26  # a MESSAGE with its length


def render(out):
    parts = [head(out), against_brokers(out), over_plain(out), paced(out), pairs(out), memory(out)]
    return "\n\n".join(part for part in parts if part)


def head(out):
    versions = "; ".join(f"{LABELS[name]}: {version}" for name, version in out["versions"].items())
    return (f"## Relay\n\nA delivery is one message that one member received. 64 messages in flight by what the slowest member received; "
            f"{out['rounds']} rounds in turns, {out['window_seconds']:g} s counted in each.\n\n{versions}.")


def values(out, key, shape, name, what):
    turns = out[key].get(shape, {}) if shape else out[key]
    return [turn[what] for turn in turns.get(name, []) if turn]


def better(out, key, shape, what):
    """The broker with the lower median."""
    have = {name: median(each) for name in BROKERS if (each := values(out, key, shape, name, what))}
    return min(have, key=have.get) if have else None


def ratios(turns, one, other, what="cost_us"):
    pairs = zip(turns.get(one, []), turns.get(other, []))
    return [a[what] / b[what] for a, b in pairs if a and b]


def judged(each, limit, fair=True):
    """Ratio, the range of the rounds, limit and verdict; dashes where nothing was measured, no verdict where a broker was missing."""
    if not each:
        return ["–", "", f"{limit:.2f}", "not measured"]
    verdict = table.verdict(median(each), limit) if fair else "not measured against both"
    return [f"**{median(each):.2f}**", f"{min(each):.2f}–{max(each):.2f}", f"{limit:.2f}", verdict]


def both_brokers(turns):
    return all(any(turns.get(name, [])) for name in BROKERS)


def shown(each, form="{:.3f}"):
    return form.format(median(each)) if each else "–"


def spread(each, form="{:.3f}"):
    return f"{form.format(median(each))} ({form.format(min(each))}–{form.format(max(each))})" if each else "–"


def against_brokers(out):
    rows = []
    for room in ROOMS:
        if room.name not in out["cost"]:
            continue
        turns, best = out["cost"][room.name], better(out, "cost", room.name, "cost_us")
        costs = [spread(values(out, "cost", room.name, name, "cost_us")) for name in (*BROKERS, "plain")]
        rows.append([room.label, *costs, *judged(ratios(turns, "plain", best), room.limit, both_brokers(turns)), busy(out, room.name, (*BROKERS, "plain"))])
    columns = ["one room", "nats-server", "Redis", "Oread plain", "ratio", "of rounds", "limit", "", "server busy"]
    return "### Server CPU a delivery, µs (median, least and most), against the better broker\n\n" + table.table(columns, rows) if rows else ""


def over_plain(out):
    rows = []
    for room in ROOMS:
        if room.name not in out["cost"]:
            continue
        turns, best = out["cost"][room.name], better(out, "cost", room.name, "cost_us")
        to_broker = ratios(turns, "protocol1", best)
        rows.append([room.label, *(spread(values(out, "cost", room.name, name, "cost_us")) for name in OREADS),
                     *judged(ratios(turns, "protocol1", "plain"), OVER_PLAIN), shown(to_broker, "{:.2f}"), busy(out, room.name, OREADS)])
    columns = ["one room", "Oread plain", "Oread protocol 1", "ratio", "of rounds", "limit", "", "to the better broker", "server busy"]
    return "### Protocol 1 against plain mode, µs a delivery\n\n" + table.table(columns, rows) if rows else ""


def both_busy(turns):
    """How busy server and load were, and by how much the load was late in writing a message that was due: what is its doing."""
    turns = list(turns)
    late = shown([turn["late_p99_us"] for turn in turns], "{:,.0f}")
    return [" / ".join(shown([100 * turn[whose] for turn in turns], "{:.0f} %") for whose in ("server_cores", "client_cores")), late]


def busy(out, shape, names):
    """How busy each server was: one that waits pays for its waking."""
    each = [shown([100 * cores for cores in values(out, "cost", shape, name, "server_cores")], "{:.0f} %") for name in names]
    foreign = [cores for name in names for cores in values(out, "cost", shape, name, "foreign_cores")]
    return " / ".join(each) + (" (noisy)" if foreign and max(foreign) > table.QUIET else "")


def paced(out):
    if not out["paced"]:
        return ""
    best, rows = better(out, "paced", None, "p99_us"), []
    for name, turns in out["paced"].items():
        each = ratios(out["paced"], name, best, "p99_us")
        verdict = judged(each, 1.00, both_brokers(out["paced"])) if name in OREADS else ["", "", "", ""]
        each = [shown(values(out, "paced", None, name, what), "{:,.0f}") for what in ("p50_us", "p99_us", "longest_us")]
        rows.append([LABELS[name], *each, shown(values(out, "paced", None, name, "cost_us")), *verdict, *both_busy(filter(None, turns))])
    columns = ["", "p50, µs", "p99, µs", "longest, µs", "CPU a delivery, µs", "p99 to the better broker", "of rounds", "limit", "", *BOTH_BUSY]
    return f"### Delivery latency at {PACE:,} messages a second into {HUNDRED.members} members\n\n" + table.table(columns, rows)


def pairs(out):
    rows = []
    for key, what, limit in (("rooms", "100 rooms of 100 over one", OVER_ONE_ROOM), ("workers", "two workers over one", OVER_ONE_WORKER)):
        for shape, turns in out[key].items():
            label = next((f", {room.label}" for room in ROOMS if room.name == shape), "")
            for name, both in turns.items():
                each = [many["cost_us"] / one["cost_us"] for one, many in zip(both["1"], both["2"]) if one and many]
                cells = judged(each, limit) if name in OREADS else [shown(each, "{:.2f}"), "", "", ""]
                costs = [shown([turn["cost_us"] for turn in both[count] if turn]) for count in ("1", "2")]
                rows.append([f"{LABELS[name]}: {what}{label}", *costs, *cells, second_worker(both["2"]) if key == "workers" else ""])
    columns = ["", "one, µs", "many, µs", "ratio", "of rounds", "limit", "", "busy with two"]
    return "### Many rooms, two workers: CPU a delivery\n\n" + table.table(columns, rows) if rows else ""


def second_worker(turns):
    each = [turn["threads_cores"] for turn in turns if turn]
    return " / ".join(shown([100 * cores[at] for cores in each if len(cores) > at], "{:.0f} %") for at in (0, 1))


def memory(out):
    rows = []
    for name in LABELS:
        own = name in OREADS
        if each := values(out, "cost", THOUSAND.name, name, "rss"):
            rows.append(row(name, "RSS with 1,000 busy members", max(each), "{:,.1f} MiB", 2**20, BUSY_RSS if own else None))
        if each := values(out, "idle", None, name, "rss_per_session"):
            rows.append(row(name, f"RSS of one of {IDLE_SESSIONS:,} idle joined sessions", median(each), "{:,.0f} B", 1, IDLE_RSS if own else None))
        for turn in filter(None, out["stall"].get(name, [])[:1]):
            growth = median(values(out, "stall", None, name, "growth"))
            limit = LOG + turn["stalled"] * (FRAME + IDLE_RSS) if own else None
            label = f"RSS growth of {turn['stalled']:,} members that stalled, {growth / turn['stalled'] / 1024:,.1f} KiB each"
            rows.append(row(name, label, growth, "{:,.1f} MiB", 2**20, limit))
    return "### Memory of the relay\n\n" + table.table(["what", "measured", "limit", ""], rows) if rows else ""


def row(name, what, value, form, unit, limit):
    return [f"{LABELS[name]}: {what}", form.format(value / unit), form.format(limit / unit) if limit else "",
            table.verdict(value, limit) if limit else ""]
