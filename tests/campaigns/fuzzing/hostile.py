"""Peers that lie: a register that is none, for the gateway's driver, and an OFD that is none, for the register."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable

import captures
from raw_shtrih import RawShtrih

from fuzzing.exchanges import _repair_container as repaired
from fuzzing.wires import ROWS, plain
from protocols.framing import Execute
from protocols.shtrih.commands import COMMANDS, WireError, code_of
from protocols.shtrih.framing import ACK, ENQ, NAK, DeviceV1, encode_v1

#: What a peer does to a connection until it ends.
Manner = Callable[[socket.socket, random.Random], None]
#: What a peer that speaks the low level well says to a message.
Answer = Callable[[bytes, random.Random], bytes]


class Peer:
    """A listening peer; every connection is served in this manner by a thread of its own, until `close`."""

    def __init__(self, manner: Manner, seed: int = 1) -> None:
        self._manner = manner
        self._rng = random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._server, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            rng = random.Random(self._rng.random())
            threading.Thread(target=self._serve, args=(connection, rng), daemon=True).start()

    def _serve(self, connection: socket.socket, rng: random.Random) -> None:
        with contextlib.suppress(OSError), connection:
            self._manner(connection, rng)


# --- registers that are none


def noise(connection: socket.socket, rng: random.Random) -> None:
    """Random bytes for whatever is said."""
    while connection.recv(4096):
        connection.sendall(rng.randbytes(rng.randrange(1, 400)))


def flood(connection: socket.socket, rng: random.Random) -> None:
    """Bytes without end, whether anything is said or not."""
    block = rng.randbytes(65_536)
    while True:
        connection.sendall(block)


def flood_of_frames(connection: socket.socket, rng: random.Random) -> None:
    """Good frames without end."""
    block = encode_v1(plain(COMMANDS[0x10])[1]) * 2_000
    while True:
        connection.sendall(block)


def lying_lengths(connection: socket.socket, rng: random.Random) -> None:
    """Readiness, then a frame that announces more, or less, than it has."""
    while data := connection.recv(4096):
        connection.sendall(
            bytes((NAK,)) if data[:1] == bytes((ENQ,)) else bytes((ACK, 2, rng.choice((0, 1, 200, 255)), 0x10))
        )


def silence(connection: socket.socket, rng: random.Random) -> None:
    """Listens, says nothing."""
    while connection.recv(4096):
        pass


def echo(connection: socket.socket, rng: random.Random) -> None:
    """A loop-back plug."""
    while data := connection.recv(4096):
        connection.sendall(data)


def hang_up(connection: socket.socket, rng: random.Random) -> None:
    """Takes the connection and drops it."""


def _answering(answer: Answer) -> Manner:
    """The low level is spoken well; what the messages say is up to `answer`."""

    def manner(connection: socket.socket, rng: random.Random) -> None:
        device = DeviceV1()
        while data := connection.recv(4096):
            device.feed(data)
            while (event := device.poll()) is not None:
                if isinstance(event, Execute):
                    connection.sendall(event.acknowledge + device.answer(answer(event.message, rng)[:255]))
                else:
                    connection.sendall(event.data)

    return manner


def _zeros(message: bytes, rng: random.Random) -> bytes:
    command = COMMANDS.get(_code(message))
    return b"\0" if command is None else plain(command)[1]


def _other(message: bytes, rng: random.Random) -> bytes:
    return plain(rng.choice(ROWS))[1]


def _random_fields(message: bytes, rng: random.Random) -> bytes:
    command = COMMANDS.get(_code(message))
    if command is None:
        return b"\0"
    good = plain(command)[1]
    start = len(command.code_bytes) + 1
    return good[:start] + rng.randbytes(max(0, len(good) - start) + rng.randrange(3))


def _code(message: bytes) -> int:
    try:
        return code_of(message)
    except WireError:
        return -1


def turncoat(port: int, command: int, answer: Answer) -> Manner:
    """The register at `port` until this command comes, which it never sees; from then on whatever `answer` says."""
    turned = threading.Event()

    def told(inner: RawShtrih, message: bytes, rng: random.Random) -> bytes:
        if _code(message) == command:
            turned.set()
        if turned.is_set():
            return answer(message, rng)
        inner.send(message)
        return inner.receive()

    def manner(connection: socket.socket, rng: random.Random) -> None:
        with RawShtrih(port) as inner:
            _answering(lambda message, given: told(inner, message, given))(connection, rng)

    return manner


#: Well-formed messages that are not true.
ANSWERS: dict[str, Answer] = {
    "zeros": _zeros,
    "other_commands": _other,
    "random_fields": _random_fields,
    "errors": lambda message, rng: message[: 2 if message[:1] == b"\xff" else 1] + bytes((rng.randrange(1, 256),)),
}

REGISTERS: dict[str, Manner] = {
    "noise": noise,
    "flood": flood,
    "flood_of_frames": flood_of_frames,
    "lying_lengths": lying_lengths,
    "silence": silence,
    "echo": echo,
    "hang_up": hang_up,
    **{name: _answering(answer) for name, answer in ANSWERS.items()},
}

# --- OFDs that are none


def _ofd(body: Callable[[random.Random], bytes]) -> Manner:
    """A session header of the right shape around something."""

    def manner(connection: socket.socket, rng: random.Random) -> None:
        while connection.recv(65_536):
            inside = body(rng)
            head = captures.SESSION_REREGISTRATION[:24] + len(inside).to_bytes(2, "little") + b"\x14\0\0\0"
            connection.sendall(head + inside)

    return manner


def _garbled(rng: random.Random) -> bytes:
    data = bytearray(captures.ACK_CODE_14)
    for _ in range(rng.randrange(1, 6)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return repaired(bytes(data))


OFDS: dict[str, Manner] = {
    "flood": flood,
    "random_container": _ofd(lambda rng: repaired(rng.randbytes(rng.randrange(300)))),
    "another_drives_confirmation": _ofd(lambda rng: captures.ACK_CODE_14),
    "garbled_confirmation": _ofd(_garbled),
}
