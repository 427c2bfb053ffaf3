"""A command is a row of data; this module gives rows their shape and turns them into frames and back.

Queries (01, 02, 03, 05, 06, 78, 79 …) have a number of their own in the first parameter: each is a row, (78h, 15).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import Any, Generic, TypeVar

from protocols.ffd.enums import FfdVersion
from protocols.pirit.fields import FS
from protocols.pirit.framing import Reply as ReplyFrame
from protocols.pirit.framing import Request as RequestFrame
from protocols.pirit.messages import Texts, check_version, split
from protocols.rows import Effect, Rows
from protocols.wire import WireError, message

R = TypeVar("R", bound=Texts)


class Line(Flag):
    """Lines of firmware. The manual is one text with sections for each."""

    FM16 = auto()  # Viki Print, Viki Mini, Viki Tower
    PIRIT_2F = auto()
    PUNIX = auto()  # Пирит 2СФ
    ALL = FM16 | PIRIT_2F | PUNIX
    PIRITS = PIRIT_2F | PUNIX


class Echo(Enum):
    """Whether a reply to a query begins with the query's number."""

    NUMBER = "number"
    NONE = "none"
    #: UNCONFIRMED: the manual says it does, the vendor's own library reads those that carry hexadecimal blocks without.
    #: Both are read; the first is told by its number and by having one field more.
    EITHER = "either"


class Asks(Texts, Generic[R]):
    """Base of requests; `R` is the reply."""

    @property
    def payload_size(self) -> int:
        """Bytes of the second stage of a two-stage command."""
        raise TypeError(f"{type(self).__name__} has no second stage")


@message
class Empty(Texts):
    """A reply without data."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row. `timeout` in seconds: the protocol has none, ENQ tells whether the device lives meanwhile.

    `silent`: no reply to success in packet mode. `two_stage`: ACK, then raw bytes, then the reply. `ffd`: the only
    version that has the command. `lines`: the firmware that has it.
    """

    code: int
    sub: int | None
    name: str
    title_ru: str
    request: type[Asks[Any]]
    reply: type[Texts]
    effect: Effect
    timeout: float
    silent: bool
    two_stage: bool
    ffd: FfdVersion | None
    lines: Line
    echo: Echo

    @property
    def key(self) -> tuple[int, int | None]:
        return self.code, self.sub

    @property
    def label(self) -> str:
        """ "78/15"."""
        return f"{self.code:02X}" if self.sub is None else f"{self.code:02X}/{self.sub}"


def row(
    code: int,
    name: str,
    title_ru: str,
    request: type[Asks[R]],
    reply: type[R],
    *,
    effect: Effect,
    sub: int | None = None,
    timeout: float = 3.0,
    silent: bool = False,
    two_stage: bool = False,
    ffd: FfdVersion | None = None,
    lines: Line = Line.ALL,
    echo: Echo = Echo.NUMBER,
) -> Command:
    """A row whose request and reply belong together (the type checker compares them)."""
    return Command(
        code, sub, name, title_ru, request, reply, effect, timeout, silent, two_stage, ffd, lines, echo
    )  # fmt: skip


class DeviceRefusal(Exception):
    """The device answered with an error number (see `protocols.pirit.errors`); a few errors bring data."""

    def __init__(self, command: Command, number: int, data: bytes = b"") -> None:
        super().__init__(f"{command.name} ({command.label}) refused with error {number:02X}h")
        self.command = command
        self.number = number
        self.data = data


class UnknownCommand(WireError):
    """A number that no row has: error 02."""


class UnknownQuery(WireError):
    """A query that its command does not have: error 03, extended 66."""


class CommandTable(Rows[tuple[int, int | None], Command]):
    """All rows by number and query."""

    def __init__(self, rows: Iterable[Command]) -> None:
        super().__init__(rows)
        self.numbers = frozenset(code for code, _ in self)

    def find(self, frame: RequestFrame) -> Command:
        """The row a host means. UnknownCommand, UnknownQuery."""
        if frame.command not in self.numbers:
            raise UnknownCommand(f"no command {frame.command:02X}h")
        plain = self.get((frame.command, None))
        if plain is not None:
            return plain
        asked = (split(frame.data) or [b""])[0].strip(b" ")
        found = self.get((frame.command, int(asked))) if asked.isdigit() and len(asked) < 6 else None
        if found is None:
            raise UnknownQuery(f"command {frame.command:02X}h has no query {asked[:6]!r}")
        return found


def parameters(command: Command, frame: RequestFrame) -> bytes:
    """The data of a host's frame without the number of a query."""
    return frame.data if command.sub is None else frame.data.partition(FS)[2]


def encode_data(command: Command, request: Asks[Any], ffd: FfdVersion | None = None) -> bytes:
    """The data of a request's frame. WireError names a field that does not fit, or that this ФФД does not have."""
    if ffd is not None:
        check_version(request, ffd)
    return _numbered(command, request.encode())


def _numbered(command: Command, data: bytes) -> bytes:
    return data if command.sub is None else b"%d" % command.sub + FS + data


def encode_reply(command: Command, id: int, reply: Texts) -> ReplyFrame:
    """A device's answer to a request with this id."""
    data = reply.encode()
    return ReplyFrame(id, command.code, 0, _numbered(command, data) if command.echo is Echo.NUMBER else data)


def parse_reply(command: Command, frame: ReplyFrame) -> Texts:
    """The reply's fields. DeviceRefusal carries the device's error number; WireError when the bytes do not fit.

    Fields after the last known one are tolerated: newer firmware grows its replies at the end.
    """
    if frame.command != command.code:
        raise WireError(f"a reply to {frame.command:02X}h does not answer {command.name} ({command.label})")
    if frame.error:
        raise DeviceRefusal(command, frame.error, frame.data)
    return command.reply.decode(_without_number(command, frame.data), surplus=True)


def _without_number(command: Command, data: bytes) -> bytes:
    if command.sub is None or command.echo is Echo.NONE or command.reply is Empty:
        return data
    number, _, rest = data.partition(FS)
    numbered = number == b"%d" % command.sub
    if command.echo is Echo.EITHER:
        return rest if numbered and len(split(data)) > 1 else data
    if not numbered:
        raise WireError(f"the reply to {command.label} begins with {number[:6]!r}")
    return rest
