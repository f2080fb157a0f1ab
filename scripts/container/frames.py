"""A client of the default codec: four length bytes, big endian, then as many bytes. Plain sockets, so that every byte is seen."""

import os
import select
import socket
import struct

DEADLINE = 20.0


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
