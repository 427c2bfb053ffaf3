"""Protocol 3: FEh packets with stuffing, an id and CRC8 (atol_wire §2.1).

STX, length (twice seven bits, the low ones first), id, data, CRC. Length counts data before stuffing; data and CRC are
stuffed. A packet without data asks the other side to send its packet of this id once more.
"""

from __future__ import annotations

from dataclasses import dataclass

STX, ESC = 0xFE, 0xFD
_UNESCAPED = {0xEE: STX, 0xED: ESC}
#: Ids (and task ids) go round in 00h…DFh; the first that hosts use is 01h. The device's own packets bear F0h.
LAST_ID, ASYNC_ID = 0xDF, 0xF0
MAX_DATA = 0x3FFF
_HEADER = 3


def _crc_table() -> bytes:
    """CRC-8/NRSC-5: polynomial 31h, start FFh, no reflection; one step a byte."""
    table = bytearray()
    for value in range(256):
        for _ in range(8):
            value = (value << 1 ^ (0x31 if value & 0x80 else 0)) & 0xFF
        table.append(value)
    return bytes(table)


_CRC = _crc_table()


def crc8(data: bytes) -> int:
    """Over id and unstuffed data."""
    crc = 0xFF
    for byte in data:
        crc = _CRC[crc ^ byte]
    return crc


def next_id(number: int) -> int:
    """The id, or task id, after this one."""
    return 0 if number >= LAST_ID else number + 1


def encode_v3(number: int, data: bytes = b"") -> bytes:
    """A packet. ValueError for more data than the length can say."""
    if len(data) > MAX_DATA:
        raise ValueError(f"a packet carries at most {MAX_DATA} bytes, not {len(data)}")
    body = data + bytes((crc8(bytes((number,)) + data),))
    stuffed = body.replace(b"\xfd", b"\xfd\xed").replace(b"\xfe", b"\xfd\xee")
    return bytes((STX, len(data) & 0x7F, len(data) >> 7, number)) + stuffed


@dataclass(frozen=True, slots=True)
class Packet:
    """A good packet."""

    number: int
    data: bytes

    @property
    def asynchronous(self) -> bool:
        return self.number == ASYNC_ID


@dataclass(frozen=True, slots=True)
class BadPacket:
    """`number`: the id it seems to bear; None when not even that came."""

    reason: str
    number: int | None = None


V3Event = Packet | BadPacket


class PacketReader:
    """Bytes into packets, however cut or glued. STX always starts afresh; bytes between packets are dropped."""

    def __init__(self) -> None:
        self._head = bytearray()  # STX, length, id
        self._body = bytearray()  # data and CRC, unstuffed
        self._escape = False
        self._whole = 0

    @property
    def mid_frame(self) -> bool:
        """A packet has begun and is not complete."""
        return bool(self._head)

    def reset(self) -> None:
        """Forget a packet that stopped half way (the caller's timeout)."""
        self._head.clear()
        self._body.clear()
        self._escape = False

    def feed(self, data: bytes) -> list[V3Event]:
        events: list[V3Event] = []
        for byte in data:
            event = self._take(byte)
            if event is not None:
                events.append(event)
        return events

    def _take(self, byte: int) -> V3Event | None:
        head = self._head
        if byte == STX:
            cut = self._bad("STX inside a packet") if head else None
            head.append(byte)
            return cut
        if not head:
            return None
        if len(head) <= _HEADER:
            return self._open(byte)
        if self._escape:
            self._escape = False
            if byte not in _UNESCAPED:
                return self._bad(f"FDh followed by {byte:02X}h")
            byte = _UNESCAPED[byte]
        elif byte == ESC:
            self._escape = True
            return None
        self._body.append(byte)
        return self._finished() if len(self._body) == self._whole else None

    def _open(self, byte: int) -> V3Event | None:
        head = self._head
        if byte > 0x7F and len(head) < _HEADER:
            return self._bad(f"{byte:02X}h is no length")
        head.append(byte)
        if len(head) > _HEADER:
            self._whole = (head[1] | head[2] << 7) + 1
        return None

    def _bad(self, reason: str) -> BadPacket:
        number = self._head[_HEADER] if len(self._head) > _HEADER else None
        self.reset()
        return BadPacket(reason, number)

    def _finished(self) -> V3Event:
        number, body = self._head[_HEADER], bytes(self._body)
        if crc8(bytes((number,)) + body[:-1]) != body[-1]:
            return self._bad("wrong CRC")
        self.reset()
        return Packet(number, body[:-1])


@dataclass(frozen=True, slots=True)
class Repeat:
    """Bytes to put on the wire: a packet that was asked for again, or our own question for one that came spoilt."""

    data: bytes


LinkEvent = Packet | Repeat


class PacketLink:
    """One side's packets: what it sent is kept, so that it can be asked for again. Host and device alike.

    A packet is repeated once; asked for a second time it is gone (A4J: else two damaged sides would ask for ever).
    """

    def __init__(self) -> None:
        self._reader = PacketReader()
        self._sent: dict[int, bytes] = {}
        self._number = 0

    @property
    def mid_frame(self) -> bool:
        return self._reader.mid_frame

    def reset(self) -> None:
        """A new connection, or a packet that stopped half way: what was half read is forgotten."""
        self._reader.reset()

    def request(self, data: bytes) -> tuple[int, bytes]:
        """The host's next packet: its id, by which the reply is known, and its bytes."""
        self._number = next_id(self._number)
        return self._number, self.reply(self._number, data)

    def reply(self, number: int, data: bytes) -> bytes:
        """A packet under a given id: the device's answer to that id, or its own with `ASYNC_ID`."""
        packet = encode_v3(number, data)
        self._sent[number] = packet
        return packet

    def feed(self, data: bytes) -> list[LinkEvent]:
        """Packets with data, and what has to be sent again. A spoilt packet of the device's own cannot be asked for."""
        events: list[LinkEvent] = []
        for event in self._reader.feed(data):
            if isinstance(event, BadPacket):
                if event.number is not None and event.number <= LAST_ID:
                    events.append(Repeat(encode_v3(event.number)))
            elif event.data:
                events.append(event)
            elif event.number in self._sent:
                events.append(Repeat(self._sent.pop(event.number)))
        return events
