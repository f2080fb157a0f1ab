"""The tables that people read, made from the results that programs read. Medians; ratios are medians over rounds, each within its round."""

from statistics import median

from measure import SHAPES
from peers import ALL

LABELS = {peer.name: peer.label for peer in ALL}
QUIET = 0.05  # cores that others may keep busy before a figure is marked


def render(results, relay=""):
    parts = [head(results), against_c(results), others(results), single(results), relay, notes(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def head(results):
    about = results["machine"]
    versions = "; ".join(f"{LABELS[name]}: {version}" for name, version in results["versions"].items())
    return (f"# Oread compared, {results['date']}\n\n{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, "
            f"Linux {about['kernel']}, {about['architecture']}. Server on one core, load on another; {results['rounds']} rounds "
            f"in turns, {results['window_seconds']:g} s counted in each." + (f"\n\n{versions}." if versions else ""))


def values(results, peer, shape, key):
    return [turn[key] for turn in results["cost"].get(shape, {}).get(peer, []) if turn]


def ratios(results, shape, peer, base="c"):
    turns = results["cost"].get(shape, {})
    pairs = zip(turns.get(peer, []), turns.get(base, []))
    return [one["cost_us"] / other["cost_us"] for one, other in pairs if one and other]


def against_c(results):
    rows = []
    for shape in SHAPES:
        both = ratios(results, shape.name, "oread")
        if not both:
            continue
        ratio = median(both)
        c, oread = (median(values(results, peer, shape.name, "cost_us")) for peer in ("c", "oread"))
        rows.append([shape.label, f"{c:.3f}", f"{oread:.3f}", f"**{ratio:.3f}**", f"{min(both):.3f}–{max(both):.3f}",
                     f"{shape.limit:.2f}", verdict(ratio, shape.limit), marks(results, shape.name)])
    if not rows:
        return ""
    columns = ["load", "C, µs", "Oread, µs", "ratio", "of rounds", "limit", "", "server busy"]
    return "## Server CPU a message, against a bare epoll loop in C\n\n" + table(columns, rows)


def verdict(value, limit):
    return "met" if value <= limit else "MISSED"


def marks(results, shape):
    """How busy both servers were; cost depends on it, so it must be alike."""
    busy = [f"{100 * median(values(results, peer, shape, 'server_cores')):.0f} %" for peer in ("c", "oread")]
    foreign = max(turn for peer in ("c", "oread") for turn in values(results, peer, shape, "foreign_cores"))
    return " / ".join(busy) + (" (noisy)" if foreign > QUIET else "")


def others(results):
    names = [name for name in results["versions"] if name not in ("c", "oread")]
    if not names:
        return ""
    rows = []
    for shape in SHAPES:
        cells = []
        for name in ["oread", *names]:
            each = values(results, name, shape.name, "cost_us")
            base = values(results, "oread", shape.name, "cost_us")
            factor = f" ({median(each) / median(base):.2f}×)" if each and base and name != "oread" else ""
            cells.append(f"{median(each):.2f}{factor}" if each else "–")
        rows.append([shape.label, *cells])
    return ("## Server CPU a message, in µs, and how many times Oread's\n\n"
            + table(["load", "Oread", *(LABELS[name] for name in names)], rows))


def single(results):
    rows = []
    for name, turns in results.get("idle", {}).items():
        each = median(turn["rss_per_session"] for turn in turns)
        limit = 1280 if name == "oread" else None
        rows.append([f"{LABELS[name]}: RSS of one of {results['sessions']:,} idle sessions", f"{each:,.0f} B",
                     f"{limit:,} B" if limit else "", verdict(each, limit) if limit else ""])
    if "oread" in results.get("idle", {}):
        busy = max(turn["idle_cores"] for turn in results["idle"]["oread"])
        rows.append(["Oread: CPU while they idle", f"{100 * busy:.2f} % of a core", "", ""])
    for shape, turns in results.get("workers", {}).items():
        ratio = median(two["cost_us"] / one["cost_us"] for one, two in zip(turns["1"], turns["2"]))
        balance = median(turn["balance"] for turn in turns["2"])
        label = next(each.label for each in SHAPES if each.name == shape)
        rows.append([f"Oread: CPU a message with 2 workers over 1 ({label}); the less busy had {100 * balance:.0f} % of its half",
                     f"{ratio:.3f}", "1.25", verdict(ratio, 1.25)])
    if results.get("startup"):
        each = [1000 * took for took in results["startup"]]
        rows.append([f"Oread: start to ready, median (worst {max(each):.1f} ms)", f"{median(each):.1f} ms", "30 ms",
                     verdict(median(each), 30)])
    if results.get("binary_bytes"):
        size = results["binary_bytes"] / 2**20
        rows.append(["Oread: stripped binary", f"{size:.2f} MiB", "10 MiB", verdict(size, 10)])
    return "## Memory, workers, start, size\n\n" + table(["what", "measured", "limit", ""], rows) if rows else ""


def notes(results):
    lines = [f"- {line}" for line in results.get("notes", [])]
    return "## Notes\n\n" + "\n".join(lines) if lines else ""


def table(columns, rows):
    widths = [max(len(str(row[at])) for row in [columns, *rows]) for at in range(len(columns))]
    line = lambda row: "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
    return "\n".join([line(columns), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])
