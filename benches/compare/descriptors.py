#!/usr/bin/env python3
"""What a daemon without descriptors uses of a core while clients wait, and how soon the next is accepted when one is free. `make measure-descriptors`.

Promised are 2 % of a core and 100 ms. Prints what it finds and judges nothing: to be believed on a quiet machine only.
"""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time

from peers import OREAD

FRAME = b"\0\0\0\1x"
SEATED, WAITING, SPAN, FREED = 50, 50, 20.0, 20


def started():
    """A daemon with one echo listener, and its port."""
    options = ["runtime.workers=1", "admin.bind=off", "listener.echo.bind=tcp://127.0.0.1:0"]
    command = [str(OREAD), "serve", *(part for option in options for part in ("--set", option))]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    banner = iter(daemon.stdout.readline, "")
    return daemon, next(int(found.group(1)) for line in banner if (found := re.search(r"tcp://127\.0\.0\.1:(\d+)", line)))


def client(port):
    """A connection that has asked for one echo."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(FRAME)
    return connection


def leave_none(pid):
    """The daemon gets no descriptor beyond those that it has."""
    taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    free = next(number for number in range(len(taken) + 1) if number not in taken)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, free))


def cpu(pid):
    """Seconds of CPU so far, in nanoseconds' resolution."""
    tasks = os.listdir(f"/proc/{pid}/task")
    return sum(int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) for task in tasks) / 1e9


def main():
    daemon, port = started()
    try:
        seated = [client(port) for _ in range(SEATED)]
        if any(connection.recv(len(FRAME)) != FRAME for connection in seated):
            sys.exit("a client was not answered")
        leave_none(daemon.pid)
        waiting = [client(port) for _ in range(WAITING)]
        time.sleep(3)  # until the waits between attempts are at their longest
        before, since = cpu(daemon.pid), time.perf_counter()
        time.sleep(SPAN)
        share = (cpu(daemon.pid) - before) / (time.perf_counter() - since)
        print(f"out of descriptors for {SPAN:.0f} s, {WAITING} waiting: {share:.3%} of a core")
        waits = sorted(free_one(seated, waiting) for _ in range(FREED))
        print(f"next accept after one is free: median {waits[FREED // 2] * 1e3:.1f} ms, longest {waits[-1] * 1e3:.1f} ms of {FREED}")
    finally:
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()


def free_one(seated, waiting):
    """Seconds from the end of one session to the answer of the next."""
    time.sleep(1.5)
    since = time.perf_counter()
    seated.pop().close()
    served, _, _ = select.select(waiting, [], [], 10)
    if not served:
        sys.exit("nobody was served within ten seconds")
    took = time.perf_counter() - since
    waiting.remove(served[0])
    seated.insert(0, served[0])
    return took


if __name__ == "__main__":
    main()
