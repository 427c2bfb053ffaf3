"""What can go wrong with a register on demand: faults as data, matched in order, counted down.

A fault waits until a command it names (any command, if it names none) reaches its point, works, and is used up after
`count` times. Who asks when:

- the connection, before it executes a command: `take(code, FaultPoint.COMMAND)`;
- the commit hook of the drive: `check_power(code, FaultPoint.COMMIT)` before, `(…, COMMITTED)` after storing;
- the connection, before it sends an answer: `take(code, FaultPoint.ANSWER)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from itertools import count as counter
from random import Random
from typing import Any


class FaultKind(StrEnum):
    """The value is the word of `--fault` and `POST /faults`."""

    DROP_ANSWER = "drop_answer"  # executed; the answer is never sent (a v1 register keeps it for the next ENQ)
    GARBLE = "garble"  # one byte of the answer is changed
    CUT = "cut"  # the connection is cut after `after_bytes` bytes of the answer (0: before its first byte)
    SLOW = "slow"  # the answer comes byte by byte, spread over `seconds`
    DELAY = "delay"  # the answer comes whole, `seconds` late
    DUPLICATE_ANSWER = "duplicate_answer"  # the answer is sent twice
    LOSE_COMMAND = "lose_command"  # the request never arrives: not executed, nothing is sent
    CUT_BEFORE = "cut_before"  # the connection is cut when the request has arrived: not executed
    PAPER_OUT = "paper_out"  # the paper ends while this command works; back after `seconds`, when 0 by `POST /paper`
    COVER_OPEN = "cover_open"  # the cover opens while this command works; shut after `seconds`, when 0 by `POST /cover`
    POWER_BEFORE_COMMIT = "power_before_commit"  # power fails before the drive keeps the document
    POWER_AFTER_COMMIT = "power_after_commit"  # power fails when the drive has it, before the answer


class FaultPoint(StrEnum):
    """Where in the life of a command a kind of fault strikes."""

    COMMAND = "command"
    COMMIT = "commit"
    COMMITTED = "committed"
    ANSWER = "answer"


POINTS: Mapping[FaultKind, FaultPoint] = {
    FaultKind.LOSE_COMMAND: FaultPoint.COMMAND,
    FaultKind.CUT_BEFORE: FaultPoint.COMMAND,
    FaultKind.PAPER_OUT: FaultPoint.COMMAND,
    FaultKind.COVER_OPEN: FaultPoint.COMMAND,
    FaultKind.POWER_BEFORE_COMMIT: FaultPoint.COMMIT,
    FaultKind.POWER_AFTER_COMMIT: FaultPoint.COMMITTED,
    FaultKind.DROP_ANSWER: FaultPoint.ANSWER,
    FaultKind.GARBLE: FaultPoint.ANSWER,
    FaultKind.CUT: FaultPoint.ANSWER,
    FaultKind.SLOW: FaultPoint.ANSWER,
    FaultKind.DELAY: FaultPoint.ANSWER,
    FaultKind.DUPLICATE_ANSWER: FaultPoint.ANSWER,
}

#: Seconds a fault lasts when it does not say: how long the power is away, an answer late, the paper out (0: for good).
DEFAULT_SECONDS: Mapping[FaultKind, float] = {
    FaultKind.SLOW: 2.0,
    FaultKind.DELAY: 2.0,
    FaultKind.POWER_BEFORE_COMMIT: 0.2,
    FaultKind.POWER_AFTER_COMMIT: 0.2,
}


class PowerLoss(Exception):
    """The register's power fails now: RAM and connections are lost, storage is not. `seconds` until it is back."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"power lost for {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One injected fault; `command` is a code such as 0xFF45 (None: whatever comes), `count` what is left of it."""

    kind: FaultKind
    command: int | None = None
    count: int = 1
    after_bytes: int = 0
    seconds: float = 0.0

    @property
    def point(self) -> FaultPoint:
        return POINTS[self.kind]


Names = Callable[[str], int]


def no_names(name: str) -> int:
    """For a family without a table: hexadecimal codes only. A table's function raises ValueError in the same way."""
    raise ValueError(f"{name!r} is neither a command's name nor its code in hexadecimal, for example FF45")


class Faults:
    """The faults waiting for one register, oldest first.

    `names` turns a command's name into its code (the family's table); `random` decides which byte is garbled.
    """

    def __init__(self, random: Random, names: Names = no_names) -> None:
        self.random = random
        self._names = names
        self._waiting: dict[int, Fault] = {}
        self._ids = counter(1)

    def add(self, fault: Fault) -> int:
        """Keep it waiting; answers its id."""
        number = next(self._ids)
        self._waiting[number] = fault
        return number

    def remove(self, number: int) -> bool:
        """Forget one; False when there is none with this id (any more)."""
        return self._waiting.pop(number, None) is not None

    def clear(self) -> None:
        self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        """As `GET /faults` shows them: id, kind, command as hex text or null, count, after_bytes, seconds."""
        return [{"id": number, **as_json(fault)} for number, fault in self._waiting.items()]

    def take(self, command: int, point: FaultPoint) -> Fault | None:
        """The first fault that strikes this command at this point, counted down; None: nothing goes wrong."""
        if not self._waiting:
            return None
        for number, fault in self._waiting.items():
            if fault.point is point and fault.command in {None, command}:
                self._use(number, fault)
                return fault
        return None

    def check_power(self, command: int, point: FaultPoint) -> None:
        """For the drive's commit hook, with COMMIT before and COMMITTED after; PowerLoss when the power fails there."""
        fault = self.take(command, point)
        if fault is not None:
            raise PowerLoss(fault.seconds)

    def garble(self, data: bytes) -> bytes:
        """`data` with one byte changed."""
        if not data:
            return data
        index = self.random.randrange(len(data))
        return data[:index] + bytes([data[index] ^ self.random.randrange(1, 256)]) + data[index + 1 :]

    def parse(self, fields_: Mapping[str, Any]) -> Fault:
        """A fault from the JSON of `POST /faults`; ValueError names the field that is wrong."""
        return from_json(fields_, self._names)

    def _use(self, number: int, fault: Fault) -> None:
        if fault.count > 1:
            left = {field.name: getattr(fault, field.name) for field in fields(fault)} | {"count": fault.count - 1}
            self._waiting[number] = Fault(**left)
        else:
            del self._waiting[number]


def as_json(fault: Fault) -> dict[str, Any]:
    """The fields of `POST /faults`, the command as hexadecimal text."""
    command = None if fault.command is None else f"{fault.command:02X}"
    return asdict(fault) | {"kind": str(fault.kind), "command": command}


def from_json(given: Mapping[str, Any], names: Names = no_names) -> Fault:
    """A fault from JSON fields; ValueError names the field that is wrong."""
    unknown = set(given) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}; a fault has {', '.join(_FIELD_NAMES)}")
    if "kind" not in given:
        raise ValueError(f"kind is missing; it is one of {', '.join(FaultKind)}")
    try:
        kind = FaultKind(given["kind"])
    except ValueError:
        raise ValueError(f"kind {given['kind']!r} is unknown; it is one of {', '.join(FaultKind)}") from None
    return Fault(
        kind=kind,
        command=_command(given.get("command"), names),
        count=_number(given, "count", 1, minimum=1, whole=True),
        after_bytes=_number(given, "after_bytes", 0, minimum=0, whole=True),
        seconds=_number(given, "seconds", DEFAULT_SECONDS.get(kind, 0.0), minimum=0, whole=False),
    )


def parse_fault(text: str, names: Names = no_names) -> Fault:
    """`KIND[:command=…,count=…,after_bytes=…,seconds=…]` as on the command line; ValueError says what is wrong."""
    kind, _, rest = text.partition(":")
    given: dict[str, Any] = {"kind": kind}
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} in fault {text!r} is not NAME=VALUE")
        given[name] = value if name == "command" else _literal(name, value)
    return from_json(given, names)


_FIELD_NAMES = tuple(field.name for field in fields(Fault))


def _literal(name: str, value: str) -> int | float:
    try:
        return int(value) if value.isdigit() else float(value)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {value!r}") from None


def _command(value: object, names: Names) -> int | None:
    """A name of the family's table or hexadecimal digits, "FF45" or "0x41"; the name wins ("feed" is both)."""
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise ValueError(f"command must be a name or a hexadecimal code as text, not {value!r}")
    try:
        return names(value)
    except ValueError as unknown:
        try:
            code = int(value, 16)
        except ValueError:
            raise unknown from None
    if not 0 <= code <= 0xFFFF:
        raise ValueError(f"command {value!r} is outside 00…FFFF")
    return code


def _number(given: Mapping[str, Any], name: str, default: float, *, minimum: float, whole: bool) -> Any:
    value = given.get(name, default)
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not minimum <= value < 1e9:
        raise ValueError(f"{name} must be a{' whole' if whole else ''} number from {minimum}, not {value!r}")
    return value if whole else float(value)


def all_of(faults: Iterable[str], names: Names = no_names) -> list[Fault]:
    """Every `--fault` of a command line; ValueError at the first malformed one."""
    return [parse_fault(text, names) for text in faults]
