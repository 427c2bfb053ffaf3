"""What a scan is, and what is known of a scanner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from devices.errors import GatewayError
from devices.scanners.base import Kind, Reading
from protocols.marking import Code, CodeError, parse
from protocols.scanner.reading import ADVICE, SPOILING

#: Bytes of the device that are kept of a scan: 129 characters are 10 kB of key presses (24 bytes an event).
PACKETS = 16_368


class State(StrEnum):
    """Where a scanner stands."""

    CONNECTING = "connecting"  # not opened since the start
    CONNECTED = "connected"
    AWAY = "away"  # cannot be opened, or was lost; tried again and again


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something cannot be used: stable `code`, English `detail`, Russian `hint`."""

    code: str
    detail: str
    hint: str

    @classmethod
    def of(cls, error: GatewayError | CodeError) -> Fault:
        """What an error says of itself."""
        return cls(code=error.code, detail=error.detail, hint=error.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan by a device of this kind: either `code` or `fault` is there.

    `id` grows from scan to scan of all scanners, over restarts too.
    """

    id: int
    scanner: str
    kind: Kind
    at: datetime
    reading: Reading
    code: Code | None
    fault: Fault | None

    @property
    def key(self) -> bytes:
        """What makes two scans the same; of a scan that cannot be read, all that came."""
        return self.reading.data or b"".join(self.reading.packets)

    @property
    def notes(self) -> tuple[Fault, ...]:
        """What was seen while the scan was put together."""
        return tuple(note_fault(note) for note in self.reading.notes)


@dataclass(slots=True, kw_only=True)
class Counts:
    """Since the start."""

    scans: int = 0
    faults: int = 0  # of them, which no code could be read from
    repeats: int = 0  # folded, not among the scans
    claimed: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSnapshot:
    """What is known of a scanner at this moment; `since` is when its state began."""

    name: str
    link: str
    emulated: bool
    kind: Kind | None  # of the device, once it was made
    state: State
    since: datetime
    error: Fault | None
    last: Scan | None
    counts: Counts = field(default_factory=Counts)


def note_fault(note: str) -> Fault:
    """A note of a reading in words."""
    return Fault(code=str(note), detail=f"the scanner's bytes: {note}", hint=ADVICE.get(note, ""))


def understood(reading: Reading, kind: Kind, scanner: str, at: datetime) -> Scan:
    """A reading as a scan without a number: its code, or why there is none."""
    code, fault = _code(reading)
    # behind a prefix that nobody has configured the AIM id is met only with the code
    symbology = reading.symbology or (None if code is None else code.symbology)
    kept = replace(reading, symbology=symbology, packets=tuple(_beginning(reading.packets)))
    return Scan(id=0, scanner=scanner, kind=kind, at=at, reading=kept, code=code, fault=fault)


def _beginning(packets: Iterable[bytes]) -> Iterator[bytes]:
    """The first PACKETS bytes: scans are kept, and garbage has no end."""
    room = PACKETS
    for packet in packets:
        if packet[:room]:
            yield packet[:room]
        room = max(room - len(packet), 0)


def _code(reading: Reading) -> tuple[Code | None, Fault | None]:
    spoilt = next((note for note in reading.notes if note in SPOILING), None)
    if spoilt is not None:
        return None, note_fault(spoilt)
    try:
        return parse(reading.data, symbology=reading.symbology), None
    except CodeError as error:
        return None, Fault.of(error)


#: Answers aware moments.
Now = Callable[[], datetime]
