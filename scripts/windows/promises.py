"""The Windows daemon as a whole: `promises.py WINE OREAD.EXE`, spoken to over real sockets from outside of Wine.

What Wine can't know of Windows is not shown here; that the IOCP path echoes, ends and drains is.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "container"))
import conversation  # noqa: E402
from conversation import DEADLINE, until  # noqa: E402

WINE, PROGRAM = sys.argv[1:3] if len(sys.argv) == 3 else sys.exit(__doc__)


def oread(*arguments):
    return subprocess.run([WINE, PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()


@contextmanager
def running():
    """A daemon on two free ports. Without a terminal, since Wine makes Ctrl-C out of SIGINT only then."""
    data, admin = free_address(), free_address()
    settings = [f"--set=listener.echo.bind=tcp://127.0.0.1:{data[1]}", f"--set=admin.bind=127.0.0.1:{admin[1]}"]
    process = subprocess.Popen([WINE, PROGRAM, "serve", *settings], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until(lambda: process.poll() is not None or conversation.fetch(admin, "/readyz")[0] == 200, "ready")
        assert process.poll() is None, process.stderr.read().decode()
        yield process, data, admin
    finally:
        process.kill()
        process.wait()


def every_frame_up_to_the_limit_comes_back():
    with running() as (_, data, _):
        conversation.every_size_comes_back(data)


def a_frame_over_the_limit_ends_its_session_only():
    with running() as (_, data, _):
        conversation.too_large_ends_its_session_only(data)


def its_metrics_are_scraped_and_it_is_probed():
    with running() as (_, _, admin):
        status, page = conversation.fetch(admin, "/metrics")
        assert status == 200 and re.search(r"^oread_build_info", page, re.M), page[:400]
        probe = oread("probe", "--admin", "127.0.0.1:%d" % admin[1])
        assert probe.returncode == 0, probe.stderr


def ctrl_c_mid_frame_drains_and_tears_nothing():
    with running() as (process, data, admin):
        with conversation.mid_frame(data) as drain:
            process.send_signal(signal.SIGINT)
            until(lambda: conversation.fetch(admin, "/readyz")[0] != 200, "not ready after Ctrl-C")
        assert process.wait(DEADLINE) == 0, process.stderr.read().decode()
        print(f"     drain: {drain.sent} bytes in flight, {drain.frames} whole frames came back")


def what_windows_lacks_is_refused_by_name():
    refused = oread("check", "--set=listener.echo.bind=unix:///tmp/oread")
    assert refused.returncode == 78 and "unix" in refused.stderr.lower(), (refused.returncode, refused.stderr)


def main():
    promises = [
        every_frame_up_to_the_limit_comes_back,
        a_frame_over_the_limit_ends_its_session_only,
        its_metrics_are_scraped_and_it_is_probed,
        ctrl_c_mid_frame_drains_and_tears_nothing,
        what_windows_lacks_is_refused_by_name,
    ]
    failed = conversation.keep(promises)
    print(f"daemon: {len(promises) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
