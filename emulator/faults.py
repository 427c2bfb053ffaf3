"""What can go wrong with a register on demand: faults as data, matched in order, counted down.

A fault waits until a command it names (any command, if it names none) reaches its point, works, and is used up after
`count` times. Who asks when:

- the connection, before it executes a command: `take(code, FaultPoint.COMMAND)`;
- the commit hook of the drive: `at_commit(code, FaultPoint.COMMIT)` before, `(…, COMMITTED)` after storing;
- the connection, before it sends an answer: `take(code, FaultPoint.ANSWER)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import count as counter
from random import Random
from typing import Any

from emulator.fault_kinds import KINDS, FaultKind, FaultPoint
from emulator.registers.refusals import Refusal

__all__ = ["Fault", "FaultKind", "FaultPoint", "Faults", "PowerLoss", "all_of", "as_json", "from_json", "parse_fault"]


class PowerLoss(Exception):
    """The register's power fails now: RAM and connections are lost, storage is not. `seconds` until it is back."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"power lost for {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One injected fault; `command` is a code such as 0xFF45 (None: whatever comes), `count` what is left of it.

    `after_bytes`, `seconds` and `error` (a number of the register's family) mean what the row of `kind` says; `error` 0
    is the family's own number for a drive that does not answer in time.
    """

    kind: FaultKind
    command: int | None = None
    count: int = 1
    after_bytes: int = 0
    seconds: float = 0.0
    error: int = 0

    @property
    def point(self) -> FaultPoint:
        return KINDS[self.kind].point


#: The code of a command by its name in the family's table; None where the table has no such name.
Names = Callable[[str], int | None]


def no_names(name: str) -> int | None:
    """For a family without a table: hexadecimal codes only."""
    return None


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
        """As `GET /faults` shows them: the id and the fields of `as_json`."""
        return [{"id": number, **as_json(fault)} for number, fault in self._waiting.items()]

    def take(self, command: int, point: FaultPoint, *, named: bool = False) -> Fault | None:
        """The first fault that strikes this command at this point, counted down; None: nothing goes wrong.

        `named`: only one that names the command.
        """
        if not self._waiting:
            return None
        for number, fault in self._waiting.items():
            if fault.point is point and fault.command in ({command} if named else {None, command}):
                self._use(number, fault)
                return fault
        return None

    def at_commit(self, command: int, point: FaultPoint, *, timeout: int) -> None:
        """For the drive's commit hook, with COMMIT before and COMMITTED after: PowerLoss or Refusal goes wrong.

        `timeout`: the family's number for a drive that does not answer in time.
        """
        fault = self.take(command, point)
        if fault is None:
            return
        if fault.kind is FaultKind.DRIVE_ERROR_KEPT:
            raise Refusal(fault.error or timeout)  # the document is kept all the same
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
    """The fields of `POST /faults`; command and error as hexadecimal text, `error` only where it was given."""
    command = None if fault.command is None else f"{fault.command:02X}"
    shown = asdict(fault) | {"kind": str(fault.kind), "command": command, "error": f"{fault.error:02X}"}
    if not fault.error:
        del shown["error"]
    return shown


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
    uses = KINDS[kind].uses
    return Fault(
        kind=kind,
        command=_command(given.get("command"), names),
        count=_number(given, "count", 1, minimum=1, whole=True),
        after_bytes=_number(given, "after_bytes", uses.get("after_bytes", 0), minimum=0, whole=True),
        seconds=_number(given, "seconds", uses.get("seconds", 0.0), minimum=0, whole=False),
        error=_error(given.get("error")),
    )


def parse_fault(text: str, names: Names = no_names) -> Fault:
    """`KIND[:command=…,count=…,after_bytes=…,seconds=…,error=…]` of a command line; ValueError says what is wrong."""
    kind, _, rest = text.partition(":")
    given: dict[str, Any] = {"kind": kind}
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} in fault {text!r} is not NAME=VALUE")
        given[name] = value if name in {"command", "error"} else _literal(name, value)
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
    code = names(value)
    if code is not None:
        return code
    try:
        code = int(value, 16)
    except ValueError:
        raise ValueError(f"{value!r} is neither a command's name nor its code in hexadecimal") from None
    if not 0 <= code <= 0xFFFF:
        raise ValueError(f"command {value!r} is outside 00…FFFF")
    return code


def _error(value: object) -> int:
    """An error number as hexadecimal digits, "2F"; 0 when none is given."""
    if value is None:
        return 0
    try:
        number = int(value, 16) if isinstance(value, str) else 0
    except ValueError:
        number = 0
    if not 0 < number <= 0xFF:
        raise ValueError(f"error must be a number from 01 to FF in hexadecimal text, not {value!r}")
    return number


def _number(given: Mapping[str, Any], name: str, default: float, *, minimum: float, whole: bool) -> Any:
    value = given.get(name, default)
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not minimum <= value < 1e9:
        raise ValueError(f"{name} must be a{' whole' if whole else ''} number from {minimum}, not {value!r}")
    return value if whole else float(value)


def all_of(faults: Iterable[str], names: Names = no_names) -> list[Fault]:
    """Every `--fault` of a command line; ValueError at the first malformed one."""
    return [parse_fault(text, names) for text in faults]
