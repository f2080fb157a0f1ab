"""Which tests failed and why, a line each: `failures.py NAME [PROGRAM…] < LOG`, where PROGRAM is what wrote the log.

A program that died or hung has told no verdict on some of its tests: any of them may have done it, so all are named, with the log's last line.
"""

import re
import subprocess
import sys

WIDTH = 300
# What says nothing about the reason, in the words of a panic.
NOISE = re.compile(r"^$|^note: |^stack backtrace:|^\s+\d+: |^OREAD_SEED")


def verdicts(log):
    """Each test that failed, by its own words or those of conversation.keep, and the beginning of what it said."""
    for name in re.findall(r"^test (\S+).* \.\.\. FAILED$", log, re.M):
        said = re.search(rf"^---- {re.escape(name)} stdout ----\n(.*?)(?=^---- |^failures:)", log, re.M | re.S)
        lines = [line for line in (said[1] if said else "").splitlines() if not NOISE.match(line)]
        yield name, " ".join(lines[:3])
    yield from re.findall(r"^FAIL (.*)\n +(.*)", log, re.M)


def without_verdict(log, program):
    """The tests that never were through, and the last words."""
    listed = subprocess.run([*program, "--list"], capture_output=True, text=True, timeout=60, check=False).stdout if program else ""
    through = set(re.findall(r"^test (\S+).* \.\.\. \w", log, re.M))
    names = [name for name in re.findall(r"^(\S+): test$", listed, re.M) if name not in through]
    last = [line for line in log.splitlines() if line.strip()][-1:]
    return [(name, "no verdict: " + " ".join(last)) for name in names or ["?"]]


def main():
    name, program = sys.argv[1], sys.argv[2:]
    log = sys.stdin.buffer.read().decode(errors="replace").replace("\r", "")
    for test, reason in list(verdicts(log)) or without_verdict(log, program):
        print(f"{name}::{test}: {reason}"[:WIDTH])


if __name__ == "__main__":
    main()
