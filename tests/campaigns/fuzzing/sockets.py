"""Nonsense at a port: half requests, lies about lengths, drips, resets; and what a process holds afterwards."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fuzzing import wires
from fuzzing.exchanges import captures
from protocols.shtrih.framing import encode_v1, encode_v2

#: Connections that stay open and get a byte now and then.
DRIPS = 24
_RESET = struct.pack("ii", 1, 0)

_HTTP = (
    b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 5,
    b"POST /api/v1/receipts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n{",
    b"POST /faults HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{{{{{{{{",
    b"POST /api/v1/receipts HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X-Y: z\r\n" * 5_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"b" * 100_000,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\nUpgrade: websocket\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: \xff\xfe\r\nOrigin: null\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: [::1\r\n\r\n",
)
_OFD = (
    captures.SESSION_REREGISTRATION,
    captures.SESSION_REREGISTRATION[:24] + b"\xff\xff" + captures.SESSION_REREGISTRATION[26:],
    captures.SESSION_REREGISTRATION[:30],
    captures.SESSION_HEADER_10 + captures.ACK_CODE_14,
    captures.SESSION_REREGISTRATION[:8] * 200,
)


def _registers() -> tuple[bytes, ...]:
    """Frames of both versions that ask for nothing which changes a document's state, and lies around them."""
    status = b"\x10\x1e\0\0\0"
    return (
        b"\x05" + encode_v1(status) + b"\x06",
        b"\x05" * 500,
        b"\x02\xff" + b"\x10" * 40,
        b"\x02\x00" * 100,
        encode_v1(status)[:-1] + b"\0",
        b"\x8f" * 300,
        encode_v2(2, status) * 3,
        b"\x8f\xff\xff" + b"\x9f" * 64,
        encode_v2(2, b"\x1a\x1e\0\0\0" + b"\xff" * 5_000),
        *(encode_v1(wires.plain(row)[0]) for row in wires.ROWS[::9]),
    )


TEMPLATES = {"http": _HTTP, "register": _registers(), "ofd": _OFD}


@dataclass
class Attack:
    """So many connections of one kind of nonsense; `styles` counts how they ended."""

    port: int
    kind: str
    rng: random.Random
    styles: Counter[str] = field(default_factory=Counter)
    _drips: list[tuple[socket.socket, bytes]] = field(default_factory=list)

    def run(self, connections: int) -> None:
        for _ in range(connections):
            self._one()
        for connection, _ in self._drips:
            connection.close()
        self._drips.clear()

    def _data(self) -> bytes:
        rng = self.rng
        if rng.random() < 0.2:
            return rng.randbytes(rng.randrange(1, 2_000))
        data = bytearray(rng.choice(TEMPLATES[self.kind]))
        if rng.random() < 0.5:
            del data[rng.randrange(len(data)) :]
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data) + 1) :][:1] = rng.randbytes(1)
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data) * rng.choice((1, 1, 1, 5))

    def _one(self) -> None:
        style = self.rng.choice(("close", "close", "reset", "half", "drip"))
        self.styles[style] += 1
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), 5)
        except OSError:
            self.styles["refused"] += 1
            return
        data = self._data()
        if style == "drip":
            self._drips.append((connection, data))
            self._drip()
            return
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0.05)
            connection.sendall(data)
            if style == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            if style == "half":
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

    def _drip(self) -> None:
        """One byte to each that waits; the oldest go."""
        kept = []
        for connection, data in self._drips:
            try:
                connection.settimeout(0)
                connection.send(data[:1])
            except OSError:
                connection.close()
                continue
            kept.append((connection, data[1:]))
        while len(kept) > DRIPS or (kept and not kept[0][1]):
            kept.pop(0)[0].close()
        self._drips = kept


def pty_garbage(path: str, rng: random.Random, rounds: int) -> None:
    """The same for a serial line: opened, written to, closed."""
    import os

    for _ in range(rounds):
        line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            with contextlib.suppress(BlockingIOError):
                os.write(
                    line, rng.choice((rng.randbytes(rng.randrange(1, 300)), rng.choice(TEMPLATES["register"])))[:900]
                )
                os.read(line, 4096)
        finally:
            os.close(line)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds: resident KiB and open descriptors."""

    kib: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        status = Path(f"/proc/{pid}/status").read_text()
        kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
        return cls(kib, len(list(Path(f"/proc/{pid}/fd").iterdir())))
