"""The tables of what some members do to the others: stand still, be flooded, leave all at once."""

from statistics import mean, median

import table
from relay_table import BOTH_BUSY, LABELS, LOG, both_busy, judged, shown
from relay_turns import CROWD, CROWD_PACE, CROWD_SIZE, FEW_LEAVE, FLOOD_MEMBERS, FLOOD_PACE, FLOOD_ROOMS, MANY_LEAVE, STALLED

STANDING_P99, FLOODED_P99 = 1.10, 2.00
LEAVING = {"close": 1.00, "word": 1.05}  # by LEAVE it is the same work: equal, but for what such figures differ by themselves
HALF_SENT = CROWD_SIZE + 26 + 512  # what a member has of its own that stands still within a message: the MESSAGE, and its outbox's account of it


def render(out):
    return "\n\n".join(part for part in (neighbours(out), standing(out), leaving(out)) if part)


def p99(turns, name):
    return [turn[name]["p99_us"] / 1e3 for turn in turns]


def compared(label, turns, without, disturbed, limit):
    """One row: p99 with what disturbs over p99 without, which is the mean of the windows named."""
    base = [mean(turn[name]["p99_us"] for name in without) / 1e3 for turn in turns]
    late = p99(turns, disturbed)
    each = [one / other for one, other in zip(late, base)]
    return [label, shown(base, "{:.2f}"), shown(late, "{:.2f}"), *judged(each, limit), *both_busy(turn[disturbed] for turn in turns)]


def neighbours(out):
    rows = []
    for name, turns in out["crowd"].items():
        turns = [turn for turn in turns if turn]
        for without, label in (("reading", f"while all {CROWD:,} read"), ("alone", f"while the {CROWD - STALLED:,} are alone")):
            rows.append(compared(f"{LABELS[name]}: with {STALLED:,} that stand still, over {label}", turns, [without], "standing", STANDING_P99))
    for name, turns in out["flood"].items():
        turns = [turn for turn in turns if turn]
        rate = shown([turn["flooded"]["flood_rate"] for turn in turns], "{:,.0f}")
        label = f"{LABELS[name]}: beside a flood of {rate} deliveries a second, over before and after it"
        rows.append(compared(label, turns, ["before", "after"], "flooded", FLOODED_P99))
    text = (f"### Delivery latency of the others, p99\n\n{CROWD - STALLED:,} of {CROWD:,} members of a room at {CROWD_PACE} messages of {CROWD_SIZE:,} B a second; "
            f"{FLOOD_ROOMS - 1} rooms of {FLOOD_MEMBERS} members at {FLOOD_PACE} a second each, beside one like them.\n\n")
    return text + table.table(["", "without, ms", "with, ms", "ratio", "of rounds", "limit", "", *BOTH_BUSY], rows) if rows else ""


def standing(out):
    rows = []
    for name, turns in out["crowd"].items():
        turns = [turn for turn in turns if turn]
        if not turns:
            continue
        growth, limit = median(turn["growth"] for turn in turns) / 2**20, (LOG + STALLED * HALF_SENT) / 2**20
        rows.append([f"{LABELS[name]}: RSS growth with {STALLED:,} of {CROWD:,} members behind the room's log", f"{growth:.1f} MiB", f"{limit:.1f} MiB",
                     table.verdict(growth, limit)])
        # A turn in which one is lost or unexplained fails, and is not here.
        rows.append([f"{LABELS[name]}: lost by the {CROWD - STALLED:,} that read", "0", "0", "met"])
        gaps = turns[0]["gaps"]
        due = gaps["published"] * gaps["stood"]
        rows.append([f"{LABELS[name]}: unexplained to the {STALLED:,} when they read on: of {due:,} they had {due - gaps['missing']:,}, "
                     f"and {gaps['missing']:,} were announced", "0", "0", "met"])
    return "### Members that stand still: memory and losses\n\n" + table.table(["what", "measured", "limit", ""], rows) if rows else ""


def leaving(out):
    rows = []
    words = {"close": "by closing", "word": f"by LEAVE, over {MANY_LEAVE // FEW_LEAVE} rooms of {FEW_LEAVE} that all leave"}
    for way, relays in out["leave"].items():
        for name, both in relays.items():
            each = [many["leave_us"] / few["leave_us"] for few, many in zip(both["1"], both["2"]) if few and many]
            costs = [shown([turn["leave_us"] for turn in both[count] if turn], "{:.1f}") for count in ("1", "2")]
            walls = [shown([turn["wall_ms"] for turn in both[count] if turn], "{:.1f}") for count in ("1", "2")]
            rows.append([f"{LABELS[name]}: {words[way]}", *costs, *judged(each, LEAVING[way]), " / ".join(walls)])
    columns = ["", f"{FEW_LEAVE}, µs", f"{MANY_LEAVE:,}, µs", "ratio", "of rounds", "limit", "", "until all are gone, ms"]
    return "### Members that leave at once: CPU of the server's worker a member\n\n" + table.table(columns, rows) if rows else ""
