#!/usr/bin/env python3
"""A minimal client of relay protocol 1 (docs/protocol.md): shows what is said in a room, says what is typed, and comes back when it is cut.

    python3 examples/minimal_client.py ADDR ROOM NAME        such as 127.0.0.1:7001 lobby ada
"""

import random, socket, struct, sys, threading, time

HELLO, JOIN, PUBLISH, PING, PONG = 0x01, 0x02, 0x04, 0x06, 0x07
WELCOME, JOINED, MESSAGE, GAP, ERROR, GOING_AWAY = 0x81, 0x82, 0x84, 0x88, 0x89, 0x8A


class Client:
    def __init__(self, address, room, name):
        host, _, port = address.rpartition(":")
        self.address, self.room, self.name = (host.strip("[]"), int(port)), str8(room), str8(name)
        self.ticket, self.epoch, self.seen = b"", 0, 0  # what brings it back to where it was
        self.joined, self.sending, self.pause, self.slot = threading.Event(), threading.Lock(), 0.1, 0

    def send(self, kind, body):
        with self.sending:
            self.socket.sendall(struct.pack(">IB", 1 + len(body), kind) + body)

    def publish(self, lines):
        for line in lines:
            self.joined.wait()
            try:
                self.send(PUBLISH, struct.pack(">BII", 1, self.number, 0) + line.rstrip("\n").encode())  # text, no receipt
            except OSError:
                print("-- cut; may not have been said:", line, end="", flush=True)

    def live(self):
        """One connection: HELLO and JOIN, then whatever comes."""
        with socket.create_connection(self.address, timeout=10) as self.socket:
            self.socket.settimeout(None)
            ticket = struct.pack(">H", len(self.ticket)) + self.ticket
            self.send(HELLO, struct.pack(">HHIH", 1, 1, 0, 0) + ticket + self.name)  # versions 1 to 1, no flags, no token
            place = struct.pack(">QQ", self.epoch, self.seen) if self.epoch else b""
            self.send(JOIN, struct.pack(">IB", 1, 4 if place else 0) + self.room + place)  # request 1; flag 4: from a place
            stream = self.socket.makefile("rb")
            while len(header := stream.read(4)) == 4:
                frame = stream.read(length := struct.unpack(">I", header)[0])
                if len(frame) == length:
                    self.hear(frame[0], frame[1:])
        raise ConnectionError("the server closed the connection")

    def hear(self, kind, body):
        if kind == WELCOME:
            (self.session,) = struct.unpack_from(">Q", body, 6)
            self.ticket = body[24 : 24 + struct.unpack_from(">H", body, 22)[0]]
        elif kind == JOINED:
            _, self.number, epoch, position, members = struct.unpack_from(">IIQQI", body)
            if epoch != self.epoch:  # the first time, or another life of the room
                self.epoch, self.seen = epoch, position
            self.pause = 0.1
            print(f"-- in the room as {self.session}, one of {members}", flush=True)
            self.joined.set()
        elif kind == MESSAGE:
            _, _, self.seen, sender = struct.unpack_from(">BIQQ", body)
            print(f"{sender}: {body[21:].decode(errors='replace')}", flush=True)
        elif kind == GAP:
            _, first, last = struct.unpack_from(">IQQ", body)
            self.seen = max(self.seen, last)
            print(f"-- missed {first} to {last}" if last else "-- missed some: the room began anew", flush=True)
        elif kind == PING:
            self.send(PONG, body)
        elif kind == GOING_AWAY:
            self.slot = time.monotonic() + struct.unpack_from(">I", body)[0] / 1000
        elif kind == ERROR:
            request, code, flags = struct.unpack_from(">IHB", body)
            text = f"-- error {code}: {body[8:].decode(errors='replace')}"
            if code < 200 and not flags & 1 or request == 1:  # not temporary, or not joined: coming back would be wrong
                sys.exit(text)
            print(text, flush=True)

    def run(self):
        while True:
            try:
                self.live()
            except OSError as why:
                self.joined.clear()
                wait = max(self.slot - time.monotonic(), self.pause * random.uniform(0.5, 1))
                self.pause = min(2 * self.pause, 15)
                print(f"-- {why}; back in {wait:.1f} s", flush=True)
                time.sleep(wait)


def str8(text):
    return bytes([len(text.encode())]) + text.encode()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: minimal_client.py ADDR ROOM NAME")
    client = Client(*sys.argv[1:])
    threading.Thread(target=client.publish, args=[sys.stdin], daemon=True).start()
    try:
        client.run()
    except KeyboardInterrupt:
        pass
