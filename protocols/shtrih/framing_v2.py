"""Protocol v2: 8Fh packets with stuffing, a number and CRC16 (shtrih_m §2.3). There is no ACK or NAK."""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass

from protocols.framing import DeviceEvent, Execute, Send

MARKER, ESCAPE = 0x8F, 0x9F
_ESCAPED = {0x81: MARKER, 0x83: ESCAPE}


@dataclass(frozen=True, slots=True)
class Packet:
    """A good packet. `number` is None for the host's sync request, which has none."""

    number: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class BadPacket:
    reason: str


V2Event = Packet | BadPacket


def _stuffed(body: bytes) -> bytes:
    crc = crc_hqx(body, 0xFFFF).to_bytes(2, "little")
    raw = (body + crc).replace(b"\x9f", b"\x9f\x83").replace(b"\x8f", b"\x9f\x81")
    return b"\x8f" + raw


def encode_v2(number: int, data: bytes = b"") -> bytes:
    """A packet of type III, or of type II (no data yet)."""
    return _stuffed((len(data) + 2).to_bytes(2, "little") + number.to_bytes(2, "little") + data)


def sync_v2() -> bytes:
    """Type I: the host asks for the device's last answer."""
    return _stuffed(b"\0\0")


class PacketReader:
    """Bytes into packets. A marker always starts afresh; wrong escapes and checksums become `BadPacket`."""

    def __init__(self) -> None:
        self._body = bytearray()
        self._open = False
        self._escape = False
        self._whole = 0  # bytes of the packet, known once its length is here

    @property
    def mid_frame(self) -> bool:
        return self._open

    def reset(self) -> None:
        """Forget a packet that stopped half way (the caller's timeout)."""
        self._open = self._escape = False
        self._body.clear()

    def feed(self, data: bytes) -> list[V2Event]:
        events: list[V2Event] = []
        for byte in data:
            event = self._take(byte)
            if event is not None:
                events.append(event)
        return events

    def _take(self, byte: int) -> V2Event | None:
        if byte == MARKER:
            cut = self._open
            self.reset()
            self._open = True
            return BadPacket("a marker inside a packet") if cut else None
        if not self._open:
            return None
        if self._escape:
            self._escape = False
            if byte not in _ESCAPED:
                self.reset()
                return BadPacket(f"9Fh followed by {byte:02X}h")
            byte = _ESCAPED[byte]
        elif byte == ESCAPE:
            self._escape = True
            return None
        body = self._body
        body.append(byte)
        size = len(body)
        if size == 2:
            self._whole = int.from_bytes(body, "little") + 4
        return self._finished() if size >= 4 and size == self._whole else None

    def _finished(self) -> V2Event:
        raw = bytes(self._body)
        length = len(raw) - 4
        self.reset()
        if length == 1:
            return BadPacket("length 1 is illegal")
        if crc_hqx(raw[:-2], 0xFFFF) != int.from_bytes(raw[-2:], "little"):
            return BadPacket("wrong CRC")
        return Packet(int.from_bytes(raw[2:4], "little"), raw[4:-2]) if length else Packet(None, b"")


class HostV2:
    """The host's packet numbers: `sync` first, then one `request` at a time, repeated unchanged until answered."""

    def __init__(self) -> None:
        self._reader = PacketReader()
        self._number: int | None = None

    def sync(self) -> bytes:
        return sync_v2()

    def request(self, message: bytes) -> bytes:
        """The next packet; repeat the same bytes until `feed` answers its message."""
        self._number = 1 if self._number is None else (self._number + 1) & 0xFFFF
        return encode_v2(self._number, message)

    @property
    def synced(self) -> bool:
        return self._number is not None

    def reset(self) -> None:
        self._reader.reset()

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that answer the current request; the answer to `sync` only sets the number."""
        answers = []
        for event in self._reader.feed(data):
            if not isinstance(event, Packet) or event.number is None:
                continue
            if self._number is None:
                self._number = event.number
            elif event.number == self._number and event.data:
                answers.append(event.data)
        return answers


class DeviceV2:
    """The device: executes only the number after its last answer, and repeats that answer for everything else."""

    def __init__(self) -> None:
        self._reader = PacketReader()
        self._number = 1
        self._last = encode_v2(1)
        self._events: list[Packet] = []
        self._executing = False

    @property
    def mid_frame(self) -> bool:
        return self._reader.mid_frame

    def feed(self, data: bytes) -> None:
        self._events += [event for event in self._reader.feed(data) if isinstance(event, Packet)]

    def poll(self) -> DeviceEvent | None:
        if not self._events or self._executing:
            return None
        packet = self._events.pop(0)
        expected = (self._number + 1) & 0xFFFF
        if packet.number == expected and packet.data:
            self._executing = True
            return Execute(packet.data)
        return Send(self._last)

    def answer(self, message: bytes) -> bytes:
        """Store the answer under the request's number; the bytes to transmit."""
        self._number = (self._number + 1) & 0xFFFF
        self._last = encode_v2(self._number, message)
        self._executing = False
        return self._last

    def timeout(self) -> bytes:
        self._reader.reset()
        return b""

    def size(self, message: bytes) -> int:
        """Bytes of the packet in which the request that is executed came."""
        return len(encode_v2((self._number + 1) & 0xFFFF, message))

    def forget(self) -> None:
        """The command that `poll` announced is not executed after all: as if it never arrived."""
        self._executing = False

    def reconnect(self) -> None:
        """A new connection: bytes of the old one are gone, the last answer stays."""
        self._reader.reset()
        self._events.clear()
        self._executing = False
