"""Conversations with a daemon over plain sockets, so that every byte is seen: used for the container and for Windows.

The wire is the default codec: four length bytes, big endian, then as many bytes.
"""

import os
import select
import socket
import struct
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from types import SimpleNamespace

DEADLINE = 20.0
MIB = 1024 * 1024


def every_size_comes_back(address):
    with connect(address) as client:
        for size in (0, 1, 100, 65536, MIB):
            sent = frame(size)
            client.sendall(sent)
            assert read_exactly(client, len(sent)) == sent, f"{size} bytes came back otherwise"


def too_large_ends_its_session_only(address):
    with connect(address) as neighbour, connect(address) as offender:
        offender.sendall((MIB + 1).to_bytes(4, "big"))
        assert read_to_end(offender) == b""
        sent = frame(100)
        neighbour.sendall(sent)
        assert read_exactly(neighbour, len(sent)) == sent


@contextmanager
def mid_frame(address):
    """Inside, one client has sent half a frame, and another more than it reads. Stop the daemon there: afterwards both must have
    seen a clean end and no torn frame. Yields what was counted: `sent` bytes, whole `frames` that came back."""
    owed = b"".join(frame(MIB) for _ in range(16))
    with connect(address) as half, connect(address) as busy:
        half.sendall(frame(1000)[:500])
        counted = SimpleNamespace(sent=fill(busy, owed), frames=0)
        yield counted
        echoed = read_to_end(busy)
        assert read_to_end(half) == b"", "half a frame was answered"
    counted.frames, torn = whole_frames(echoed)
    assert torn == 0, f"{torn} bytes of an unfinished frame"
    assert counted.frames > 0 and echoed == owed[: len(echoed)]


def leave_unread(client):
    """Sends frames and reads nothing, until the daemon can't take more."""
    fill(client, b"".join(frame(MIB) for _ in range(16)))


def connect(address):
    client = socket.create_connection(address, timeout=DEADLINE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def frame(size):
    return struct.pack(">I", size) + os.urandom(size)


def read_exactly(client, size):
    """`size` bytes, or fewer when the peer ends before."""
    received = bytearray()
    while len(received) < size:
        piece = client.recv(min(size - len(received), 65536))
        if not piece:
            break
        received += piece
    return bytes(received)


def read_to_end(client):
    """All bytes until the peer's end; a reset raises, since it may have destroyed bytes on their way."""
    received = bytearray()
    while piece := client.recv(65536):
        received += piece
    return bytes(received)


def fill(client, data):
    """Sends `data` until nobody takes more (half a second without a byte), reading nothing. How many bytes went out."""
    client.setblocking(False)
    sent = 0
    while sent < len(data) and select.select([], [client], [], 0.5)[1]:
        sent += client.send(data[sent : sent + 65536])
    client.settimeout(DEADLINE)
    return sent


def whole_frames(stream):
    """How many frames the stream consists of, and how many bytes are left over at its end."""
    count = at = 0
    while at + 4 <= len(stream):
        (size,) = struct.unpack_from(">I", stream, at)
        if at + 4 + size > len(stream):
            break
        at += 4 + size
        count += 1
    return count, len(stream) - at


def fetch(admin, path):
    """Status and body of an admin page; (0, "") when nobody answers."""
    try:
        with urllib.request.urlopen("http://%s:%d%s" % (*admin, path), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()
    except OSError:
        return 0, ""


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not within {DEADLINE:.0f} s: {what}"
        time.sleep(0.02)


def keep(promises):
    """Runs each and tells; how many failed."""
    failed = 0
    for promise in promises:
        name = promise.__name__.replace("_", " ")
        try:
            promise()
            print(f"ok   {name}", flush=True)
        except Exception as problem:  # whatever it is, the other promises are still to be tried
            failed += 1
            print(f"FAIL {name}\n     {type(problem).__name__}: {problem}", flush=True)
    return failed
