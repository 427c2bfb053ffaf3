"""A tiny Shtrih-M host on a socket, written from the protocol's text and sharing nothing with `protocols/`.

Protocol v1: ENQ 05h -> NAK 15h (idle) or ACK 06h (a stored answer follows); frame STX 02h, LEN, message, LRC = XOR of
LEN and message; the device confirms with ACK, answers with a frame of its own, the host ACKs.
"""

from __future__ import annotations

import socket
from functools import reduce

ENQ, STX, ACK, NAK = b"\x05", b"\x02", b"\x06", b"\x15"
ADMIN = (30).to_bytes(4, "little")


class Lost(Exception):
    """The device hung up or fell silent; `received` is what came before."""

    def __init__(self, received: bytes = b"") -> None:
        super().__init__(f"lost after {received.hex()}")
        self.received = received


class Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"error {code:02X}h")
        self.code = code


def frame(message: bytes) -> bytes:
    body = bytes([len(message)]) + message
    return STX + body + bytes([reduce(lambda a, b: a ^ b, body)])


class RawShtrih:
    """One TCP connection.

    `takes_ff`: wait for the FFh that some devices send after each of our ACKs; `enquires` off: one ENQ at the start,
    frames directly after that, as shtrih-drv does. `prefix` goes out before each frame.
    """

    def __init__(
        self, port: int, timeout: float = 5.0, *, takes_ff: bool = False, enquires: bool = True, prefix: bytes = b""
    ) -> None:
        self.prefix = prefix
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.takes_ff = takes_ff
        self.enquires = enquires
        if not enquires:
            assert self.enquire() == NAK

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> RawShtrih:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            try:
                data = self.socket.recv(count - len(got))
            except (TimeoutError, ConnectionError):
                raise Lost(got) from None
            if not data:
                raise Lost(got)
            got += data
        return got

    def enquire(self) -> bytes:
        self.socket.sendall(ENQ)
        return self.take(1)

    def send(self, message: bytes) -> None:
        """Up to the device's ACK."""
        if self.enquires:
            state = self.enquire()
            if state == ACK:
                self.receive()
                state = self.enquire()
            assert state == NAK, state
        self.socket.sendall(self.prefix + frame(message))
        assert self.take(1) == ACK

    def receive(self) -> bytes:
        """The answer's message, confirmed."""
        head = self.take(2)
        assert head[:1] == STX, head
        rest = self.take(head[1] + 1)
        assert frame(rest[:-1]) == head + rest, "bad LRC"
        self.socket.sendall(ACK)
        if self.takes_ff:
            assert self.take(1) == b"\xff"
        return rest[:-1]

    def call(self, code: int, fields: bytes = b"", password: bytes = ADMIN) -> bytes:
        """The data of a reply; Refused for an error of the device."""
        prefix = code.to_bytes(2 if code > 0xFF else 1, "big")
        self.send(prefix + password + fields)
        answer = self.receive()
        assert answer.startswith(prefix), answer
        if answer[len(prefix)]:
            raise Refused(answer[len(prefix)])
        return answer[len(prefix) + 1 :]

    # --- the few commands a sale takes

    def open_shift(self) -> None:
        self.call(0xE0)

    def last_document(self) -> int:
        """FF01: the last FD is the last four bytes of the 30."""
        return int.from_bytes(self.call(0xFF01)[26:30], "little")

    def open_sale(self, kopecks: int = 10000) -> None:
        """8Dh sale, FF46 one piece: quantity in millionths, sums left to the device (FFh), 1214 = 4, 1212 = 1."""
        self.call(0x8D, b"\x00")
        quantity = (1_000_000).to_bytes(6, "little")
        name = "Молоко 1л".encode("cp1251")
        price = kopecks.to_bytes(5, "little")
        self.call(0xFF46, b"\x01" + quantity + price + b"\xff" * 10 + b"\x02\x01\x04\x01" + name)

    @staticmethod
    def close_fields(kopecks: int = 10000) -> bytes:
        """FF45: 16 payments of five bytes (cash first), rounding 1, six tax sums of five bytes, taxation 1 (ОСН)."""
        return kopecks.to_bytes(5, "little") + bytes(106) + b"\x01"

    def close_sale(self, kopecks: int = 10000) -> int:
        """FF45; the number of the document."""
        return int.from_bytes(self.call(0xFF45, self.close_fields(kopecks))[5:9], "little")
