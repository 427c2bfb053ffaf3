"""What goes wrong with scanners, one row a kind, and the faults waiting for one scanner's next codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import count as counter
from typing import Any, Final

from protocols.scanner.reading import Kind


class ScanFault(StrEnum):
    """The value is the word of `--fault` and `POST /faults`."""

    GS_LOST = "gs_lost"
    RU_LAYOUT = "ru_layout"
    SPLIT = "split"
    DOUBLE = "double"
    TRUNCATED = "truncated"
    CAPS_LOCK = "caps_lock"
    CAPS_TYPED = "caps_typed"
    GLUED = "glued"
    UNPLUG = "unplug"


_ALL: Final = frozenset({Kind.SERIAL, Kind.KEYBOARD, Kind.HID_POS})
_KEYBOARD: Final = frozenset({Kind.KEYBOARD})


@dataclass(frozen=True, slots=True)
class FaultRow:
    """`seconds`: what the parameter of that name is when left out; None: this kind has none."""

    what: str
    kinds: frozenset[Kind] = _ALL
    seconds: float | None = None


FAULTS: Final[Mapping[ScanFault, FaultRow]] = {
    ScanFault.GS_LOST: FaultRow("every GS of the code is left out"),
    ScanFault.RU_LAYOUT: FaultRow(
        "letters come as a Russian layout makes them of the same keys, in UTF-8", frozenset({Kind.SERIAL, Kind.HID_POS})
    ),
    ScanFault.SPLIT: FaultRow("the code comes in small pieces, `seconds` apart", seconds=0.01),
    ScanFault.DOUBLE: FaultRow("the code is sent twice"),
    ScanFault.TRUNCATED: FaultRow("the code ends in its middle, and nothing follows"),
    ScanFault.CAPS_LOCK: FaultRow("CapsLock is switched around every capital, and shift held as well", _KEYBOARD),
    ScanFault.CAPS_TYPED: FaultRow("capitals are written by CapsLock alone", _KEYBOARD),
    ScanFault.GLUED: FaultRow("the code is sent without an end, and at once once more with one"),
    ScanFault.UNPLUG: FaultRow("the cable is pulled instead of sending, and plugged in after `seconds`", seconds=0.5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One fault, the scans it is left for, and its parameter."""

    kind: ScanFault
    count: int = 1
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {"kind": str(self.kind), "count": self.count, "seconds": self.seconds}


class ScanFaults:
    """Faults waiting for the next scans of one scanner; several may strike one scan."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._waiting: dict[int, Waiting] = {}
        self._ids = counter(1)

    def add(self, fault: Waiting) -> int:
        """Keep it waiting; answers its id. ValueError where this scanner cannot have it."""
        row = FAULTS[fault.kind]
        if self._kind not in row.kinds:
            raise ValueError(f"{fault.kind} is a fault of {', '.join(sorted(row.kinds))} scanners, not of {self._kind}")
        number = next(self._ids)
        self._waiting[number] = fault
        return number

    def remove(self, number: int) -> bool:
        return self._waiting.pop(number, None) is not None

    def clear(self) -> None:
        self._waiting.clear()

    def take(self) -> dict[ScanFault, Waiting]:
        """Those that strike the next scan, counted down."""
        struck = {fault.kind: fault for fault in self._waiting.values()}
        self._waiting = {
            number: Waiting(kind=fault.kind, count=fault.count - 1, seconds=fault.seconds)
            for number, fault in self._waiting.items()
            if fault.count > 1
        }
        return struck

    def listed(self) -> list[dict[str, Any]]:
        return [{"id": number, **fault.as_json()} for number, fault in self._waiting.items()]


def from_json(given: Mapping[str, Any]) -> Waiting:
    """`{"kind", "count"?, "seconds"?}`; ValueError names the field that is wrong."""
    unknown = sorted(set(given) - {"kind", "count", "seconds"})
    if unknown:
        raise ValueError(f"unknown field {unknown[0]}; a fault has kind, count, seconds")
    try:
        kind = ScanFault(given.get("kind", ""))
    except ValueError:
        raise ValueError(f"kind is one of {', '.join(ScanFault)}, not {given.get('kind')!r}") from None
    count, seconds = given.get("count", 1), given.get("seconds", FAULTS[kind].seconds or 0.0)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 1_000_000:
        raise ValueError(f"count is a whole number from 1, not {count!r}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 86_400:
        raise ValueError(f"seconds are from 0 to a day, not {seconds!r}")
    return Waiting(kind=kind, count=count, seconds=float(seconds))


def parse_fault(text: str) -> Waiting:
    """`KIND[:count=…,seconds=…]` of a command line; ValueError says what is wrong."""
    kind, _, rest = text.partition(":")
    given: dict[str, Any] = {"kind": kind}
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} in fault {text!r} is not NAME=VALUE")
        try:
            given[name] = int(value) if value.isdigit() else float(value)
        except ValueError:
            raise ValueError(f"{name} must be a number, not {value!r}") from None
    return from_json(given)
