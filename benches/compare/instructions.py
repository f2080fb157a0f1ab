#!/usr/bin/env python3
"""Counts the instructions of codec and outbox under valgrind and fails when one grew by more than 5 %. `make bench-instructions`.

Each scenario of benches/instructions.rs runs twice, with 100 and with 300 turns; the difference is 200 turns and nothing else. Unlike time, the
count does not depend on who else uses the machine. It does on compiler and processor family: both stand beside the baseline.
`--save` keeps what was counted as the new baseline.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys

from peers import ROOT

KEPT = ROOT / "benches" / "instructions.json"
FEW, MANY = 100, 300
TOLERANCE = 0.05


def built():
    """The benchmark's executable."""
    build = ["cargo", "bench", "--no-run", "--bench", "instructions", "--message-format=json"]
    said = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    return next(made["executable"] for made in artifacts
                if made["reason"] == "compiler-artifact" and made["target"]["name"] == "instructions")


def instructions(program, scenario, turns):
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", program, scenario, str(turns)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"I\s+refs:\s+([\d,]+)", said).group(1).replace(",", ""))


def counted(program):
    names = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: round((instructions(program, name, MANY) - instructions(program, name, FEW)) / (MANY - FEW), 1) for name in names}


def conditions():
    rustc = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    return {"compiler": rustc, "architecture": platform.machine()}


def require_valgrind():
    if shutil.which("valgrind"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("valgrind is needed and not installed (apt-get install valgrind)")
    subprocess.run(["apt-get", "install", "-y", "-qq", "valgrind"], stdout=subprocess.DEVNULL, check=True)


def main():
    require_valgrind()
    now = {**conditions(), "instructions": counted(built())}
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"instructions": {}}
    grown = 0
    for name, count in now["instructions"].items():
        before = kept["instructions"].get(name)
        change = f"{100 * (count / before - 1):+6.1f} %" if before else "     new"
        worse = before is not None and count > before * (1 + TOLERANCE)
        grown += worse
        print(f"{count:>10,.1f} {change}{'  GREW' if worse else ''}  {name}")
    for name in kept["instructions"].keys() - now["instructions"].keys():
        print(f"      gone            {name}")
    if "--save" in sys.argv[1:]:
        KEPT.write_text(json.dumps(now, indent=1) + "\n")
        print(f"kept {KEPT.relative_to(ROOT)}")
        return 0
    for key in ("compiler", "architecture"):
        if key in kept and kept[key] != now[key]:
            print(f"note: the baseline was counted with {kept[key]}, this with {now[key]}")
    if grown:
        print(f"GREW: over {100 * TOLERANCE:.0f} % more instructions than kept. If that is meant: make bench-instructions ARGS=--save")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
