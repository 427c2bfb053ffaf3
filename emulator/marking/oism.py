"""The emulated operator of the marking system (ОИСМ): answers 81 with 83 and 82 with 84 over the session protocol."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

import structlog

from emulator.channels import Channel
from emulator.marking.book import CodeBook
from emulator.marking.keys import genuine
from emulator.marking.reading import bare, marked
from emulator.marking.verdicts import PLANNED, UNCHANGED, Judgement, judge, learn, negative
from emulator.sessions import answered
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, TlvError, find
from protocols.fn import container as containers
from protocols.fn.container import FROM_OFD, Container, ContainerError, service_data
from protocols.marking import Code, identifier
from protocols.ofd import marking as messages
from protocols.ofd import session
from protocols.ofd.marking import MarkingMessageError

log = structlog.get_logger(__name__)

_TABLE = """
create table if not exists notified (
    arrival integer primary key, fn text not null, number integer not null, at text not null, tlv blob not null,
    unique (fn, number))
"""
#: Requests that `requests()` remembers.
_REMEMBERED = 1000
#: How slow a slow answer is when nobody says.
SECONDS: Final = 5.0
_MAX_COUNT, _MAX_SECONDS = 1_000_000, 86_400


class Behaviour(StrEnum):
    """What the server does with a message."""

    ANSWER = "answer"
    SILENT = "silent"  # taken, no answer
    SLOW = "slow"  # answered after `seconds`
    REFUSE = "refuse"  # the connection is closed at once, nothing is taken
    CUT = "cut"  # taken, half an answer, then the connection is closed
    EMPTY = "empty"  # taken, an answer without a container
    GARBAGE = "garbage"  # taken, noise for an answer
    WRONG_NUMBER = "wrong_number"  # the answer names the next request
    WRONG_DRIVE = "wrong_drive"  # the answer is for another drive
    WRONG_SIGN = "wrong_sign"  # the answer is signed with zeros
    WRONG_CRC = "wrong_crc"  # the answer's checksum is broken
    WRONG_FORMAT = "wrong_format"  # the answer is no document 83 or 84
    MALFORMED = "malformed"  # 2105 or 2111 = 1: the request was not understood; nothing is learnt
    UNRECOGNISED = "unrecognised"  # 2105 = 2: the code was not understood


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One behaviour; `seconds` is how slow."""

    kind: Behaviour
    seconds: float = SECONDS


def parse_misbehaviour(text: str) -> tuple[Misbehaviour, int | None]:
    """`WORD[:count=…,seconds=…]` of a command line and how often (None: for ever); ValueError says what is wrong."""
    word, _, rest = text.partition(":")
    if word not in list(Behaviour):
        raise ValueError(f"{word!r} is unknown; it is one of {', '.join(Behaviour)}")
    given: dict[str, float] = {}
    for part in filter(None, rest.split(",")):
        name, _, value = part.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            raise ValueError(f"{part!r} in {text!r} is not NAME=NUMBER") from None
    count, seconds = given.pop("count", None), given.pop("seconds", SECONDS)
    if given:
        raise ValueError(f"{next(iter(given))!r} is unknown; a behaviour has count and seconds")
    if not 0 <= seconds < _MAX_SECONDS or (count is not None and not (1 <= count <= _MAX_COUNT and count % 1 == 0)):
        raise ValueError(f"{text!r}: seconds are less than a day, count is a whole number from 1")
    return Misbehaviour(Behaviour(word), seconds), None if count is None else int(count)


class Refused(Exception):
    """A message that the ОИСМ does not take; the text says why."""


class OismServer:
    """Answers drives from a `book`, and writes into it what their notifications say.

    A notification sent twice is learnt once. `behaviour` may be changed while it runs; `misbehave(how, count)` changes
    it for the next messages only. Garbage never stops it.
    """

    def __init__(
        self, book: CodeBook | None = None, storage: Storage | None = None, *, now: Callable[[], datetime]
    ) -> None:
        self._now = now
        self._storage = storage or Storage()
        self._storage.execute(_TABLE)
        self.book = book or CodeBook(self._storage)
        self.behaviour = Misbehaviour(Behaviour.ANSWER)
        self._faults: deque[Misbehaviour] = deque()
        self._requests: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    # --- what came

    def requests(self) -> list[dict[str, Any]]:
        """The last requests: `{"fn", "number", "cis", "planned", "outcome", "result", "status", "why", "behaviour"}`.

        A `behaviour` other than answer says what became of the answer on its way.
        """
        return list(self._requests)

    def notifications(self, fn: str | None = None) -> list[tuple[str, int, bytes]]:
        """(drive, number, document 82 with its outer tag) of everything received, in order of arrival."""
        rows = self._storage.rows(
            "select fn, number, tlv from notified where ? is null or fn = ? order by arrival", (fn, fn)
        )
        return [(drive, number, tlv) for drive, number, tlv in rows]

    def count(self) -> int:
        """How many notifications were received."""
        ((count,),) = self._storage.rows("select count(*) from notified")
        return int(count)

    def misbehave(self, how: Misbehaviour, count: int | None = 1) -> None:
        """Behave so for the next `count` messages; None: from now on."""
        if count is None:
            self.behaviour = how
        else:
            self._faults.extend([how] * count)

    def clear(self) -> None:
        """Forget what came, the book and any fault."""
        self._storage.execute("delete from notified")
        self.book.clear()
        self._requests.clear()
        self._faults.clear()
        self.behaviour = Misbehaviour(Behaviour.ANSWER)

    # --- talking

    async def serve(self, channel: Channel) -> None:
        """Serve one connection until its end (an `emulator.channels.Handler`)."""
        await answered(channel, self._answer)

    async def _answer(self, message: session.Message, channel: Channel) -> bool:
        """False when the connection is to be closed."""
        how = self._faults.popleft() if self._faults else self.behaviour
        if how.kind is Behaviour.REFUSE:
            return False
        try:
            body = self.receive(message, how.kind)
        except Refused as error:
            log.info("message refused", connection=channel.name, why=str(error))
            body = b""
        if how.kind is Behaviour.SLOW:
            await asyncio.sleep(how.seconds)
        if how.kind is Behaviour.SILENT:
            return True
        header = message.header
        answer = session.build(header.fn, body, header.p_version, marking=True)
        if how.kind is Behaviour.GARBAGE:
            answer = bytes(range(256))
        await channel.write(answer[: len(answer) // 2] if how.kind is Behaviour.CUT else answer)
        return how.kind is not Behaviour.CUT

    def receive(self, message: session.Message, how: Behaviour = Behaviour.ANSWER) -> bytes:
        """Take one message; the answering container, or nothing. Refused when the message is not whole and true."""
        if message.header.signature != session.MARKING_SIGNATURE:
            raise Refused("a session for an OFD")
        try:
            container = containers.parse(message.body)
            code, tlv = self._reply(container, how)
        except (ContainerError, MarkingMessageError, TlvError) as error:
            raise Refused(str(error)) from error
        if message.header.fn != container.fn:
            raise Refused(f"drive {message.header.fn} in the session, {container.fn} in the container")
        if how is Behaviour.EMPTY:
            return b""
        return _packed(container, code, tlv, how)

    def _reply(self, container: Container, how: Behaviour) -> tuple[DocumentCode, bytes]:
        if container.code == DocumentCode.MARKING_REQUEST:
            request = messages.parse_request(container.tlv)
            _same_drive(container, request.fn)
            answer = self.answer(request, how)
            if how is Behaviour.WRONG_NUMBER:
                answer = replace(answer, number=answer.number + 1)
            return DocumentCode.MARKING_ANSWER, messages.build_answer(answer)
        if container.code == DocumentCode.MARKING_NOTIFICATION:
            notification = messages.parse_notification(container.tlv)
            _same_drive(container, notification.fn)
            receipt = self.take(notification, container.tlv, how)
            if how is Behaviour.WRONG_NUMBER:
                receipt = replace(receipt, number=receipt.number + 1)
            return DocumentCode.MARKING_RECEIPT, messages.build_receipt(receipt)
        raise Refused(f"document {container.code} is not for the ОИСМ")

    def answer(self, request: messages.CodeRequest, how: Behaviour = Behaviour.ANSWER) -> messages.CodeAnswer:
        """Document 83 to a document 81."""
        known, at = marked(request.code), self._wall_clock()
        blank = messages.CodeAnswer(number=request.number, at=at)
        why = ""
        if how is Behaviour.MALFORMED or request.planned not in PLANNED:
            answer, why = replace(blank, outcome=messages.REQUEST_MALFORMED), "malformed"
        elif how is Behaviour.UNRECOGNISED or known is None or bare(known):
            answer = replace(blank, outcome=messages.CODE_NOT_RECOGNISED)
            why = "no_code" if known is None else "no_check_value" if bare(known) else "unrecognised"
        else:
            judged = self._judged(request, known)
            why = judged.why
            answer = replace(
                blank,
                result=judged.result,
                status=judged.status,
                kind=request.kind,
                product=identifier(known),
                mode=request.mode,
            )
        self._requests.append(
            {
                "fn": request.fn,
                "number": request.number,
                "cis": known.cis if known else None,
                "planned": request.planned,
                "local": request.local,
                "outcome": answer.outcome,
                "result": answer.result,
                "status": answer.status,
                "why": why,
                "behaviour": str(how),
            }
        )
        return answer

    def _judged(self, request: messages.CodeRequest, known: Code) -> Judgement:
        return judge(
            self.book.facts(known.cis),
            planned=request.planned,
            inn=request.inn.strip(),
            now=self._now(),
            genuine=genuine(request.code) is not False,
            gtin=known.gtin,
        )

    def take(
        self, notification: messages.Notification, tlv: bytes, how: Behaviour = Behaviour.ANSWER
    ) -> messages.NotificationReceipt:
        """Learn from a document 82; its document 84."""
        at = self._wall_clock()
        if how is Behaviour.MALFORMED or not notification.items:
            outcome = messages.NOTIFICATION_MALFORMED
            return messages.NotificationReceipt(number=notification.number, at=at, outcome=outcome)
        known = self._storage.rows(
            "select 1 from notified where fn = ? and number = ? and tlv = ?",
            (notification.fn, notification.number, tlv),
        )
        if not known:
            with self._storage.transaction():
                # A drive that was reset counts anew: the newer notification takes the place of the old one.
                self._storage.execute(
                    "insert or replace into notified (fn, number, at, tlv) values (?, ?, ?, ?)",
                    (notification.fn, notification.number, self._now().isoformat(), tlv),
                )
                for item in notification.items:
                    self._learn(item)
        wrong = any(negative(_number(item, 2106)) for item in notification.items)
        result = messages.SOMETHING_WRONG if wrong else messages.ALL_RIGHT
        return messages.NotificationReceipt(number=notification.number, at=at, result=result)

    def _learn(self, item: tuple[Element, ...]) -> None:
        known = marked(messages.code_bytes(item))
        if known is not None:
            learn(self.book, known.cis, _number(item, 2110, UNCHANGED))

    def _wall_clock(self) -> datetime:
        return self._now().replace(tzinfo=None, microsecond=0)


def _number(item: tuple[Element, ...], tag: int, default: int = 0) -> int:
    element = find(item, tag)
    return element.value if element is not None and isinstance(element.value, int) else default


def _same_drive(container: Container, fn: str) -> None:
    if container.fn != fn:
        raise Refused(f"drive {container.fn} in the container, {fn} in the document")


def _packed(asked: Container, code: DocumentCode, tlv: bytes, how: Behaviour) -> bytes:
    if how is Behaviour.WRONG_FORMAT:
        tlv = int(code).to_bytes(2, "little") + bytes(2)  # a document without a tag
    digest = bytes(6) if how is Behaviour.WRONG_SIGN else blake2b(tlv, digest_size=6).digest()
    mark = bytes(2) if how is Behaviour.WRONG_SIGN else b"\x82\x06"
    data = containers.build(
        Container(
            kind=FROM_OFD,
            code=code,
            fn="9999000000000000" if how is Behaviour.WRONG_DRIVE else asked.fn,
            number=asked.number,
            tlv=tlv,
            trailer=mark + digest + bytes(2),
            service=service_data(digest, FROM_OFD, tlv),
        )
    )
    return data[:-1] + bytes([data[-1] ^ 0xFF]) if how is Behaviour.WRONG_CRC else data
