"""An OFD that any register can send to: the real session protocol over TCP, answered with document 7."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

import structlog

from emulator.channels import Channel
from emulator.sessions import answered
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, TlvError, decode, find
from protocols.fn import container as containers
from protocols.fn.container import FROM_OFD, Container, ContainerError, service_data
from protocols.ofd import confirmation as confirmations
from protocols.ofd import session
from protocols.ofd.confirmation import CHECK_FAILED, NOT_RECOGNISED, Confirmation

log = structlog.get_logger(__name__)

_TABLE = """
create table if not exists received (
    arrival integer primary key, fn text not null, number integer not null, code integer not null, at text not null,
    container blob not null, unique (fn, number))
"""


#: Counters whose published lengths (32, 216 bytes) are smaller than what they must hold.
_COUNTERS = {"1133", "1145", "1146", "1232", "1233"}


class Behaviour(StrEnum):
    """What the server does with a document."""

    CONFIRM = "confirm"
    STRICT = "strict"  # code 14 for what lacks a tag of the tables or has one too many
    CHECK_FAILED = "check_failed"  # code 14: kept and confirmed, but its format or logic is wrong
    NOT_RECOGNISED = "not_recognised"  # code 11: not kept, and no confirmation for the drive
    EMPTY = "empty"  # kept, an answer without a confirmation
    SILENT = "silent"  # kept, no answer
    GARBAGE = "garbage"  # kept, noise for an answer
    WRONG_NUMBER = "wrong_number"  # kept, the confirmation names the next document
    WRONG_SIGN = "wrong_sign"  # kept, the confirmation is signed with zeros
    WRONG_CRC = "wrong_crc"  # kept, the confirmation's checksum is broken
    REFUSE = "refuse"  # the connection is closed at once


#: What is done with the tags of a receipt of ФФД 1.05 or 1.1, once, when the OFD has it.
Passing = Callable[[tuple[Element, ...]], None]
_RECEIPTS = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO, DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})
_NOT_KEPT = {Behaviour.NOT_RECOGNISED, Behaviour.REFUSE}
_DOCUMENTS = frozenset(DocumentCode)
_CODES = {Behaviour.CHECK_FAILED: CHECK_FAILED, Behaviour.NOT_RECOGNISED: NOT_RECOGNISED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedDocument:
    """One document as it came: `tlv` with its outer tag, `container` with header and sign; `received_at` aware."""

    fn: str
    number: int
    code: int
    tlv: bytes
    container: bytes
    received_at: datetime

    @property
    def elements(self) -> tuple[Element, ...]:
        """The tags inside the document."""
        return decode(self.tlv[4:])

    @property
    def faults(self) -> list[Fault]:
        """What the format check of an OFD would find: missing, forbidden, repeated, too long tags."""
        return _faults(self.code, self.elements)


class Refused(Exception):
    """A message that the OFD does not take; the text says why."""


class OfdServer:
    """Takes documents of any number of drives and keeps them in `storage` (memory by default).

    The same document sent twice is kept once and confirmed again. `behaviour` may be changed while it runs;
    `misbehave(behaviour, count)` changes it for the next documents only. Garbage never stops it. `pass_on` hears of
    receipts whose registers tell the marking system nothing.
    """

    def __init__(
        self,
        storage: Storage | None = None,
        *,
        now: Callable[[], datetime],
        inn: str = "7709876545",
        pass_on: Passing | None = None,
    ) -> None:
        self._now = now
        self._storage = storage or Storage()
        self._storage.execute(_TABLE)
        self._inn = inn
        self._pass_on = pass_on
        self.behaviour = Behaviour.CONFIRM
        self._faults: list[Behaviour] = []

    # --- what came

    def received(self, fn: str | None = None) -> list[ReceivedDocument]:
        """Everything received, of one drive or of all, in order of arrival."""
        rows = self._storage.rows(
            "select fn, number, code, at, container from received where ? is null or fn = ? order by arrival",
            (fn, fn),
        )
        return [
            ReceivedDocument(
                fn=drive,
                number=number,
                code=code,
                tlv=containers.parse(data).tlv,
                container=data,
                received_at=datetime.fromisoformat(at),
            )
            for drive, number, code, at, data in rows
        ]

    def count(self) -> int:
        """How many documents were received."""
        ((count,),) = self._storage.rows("select count(*) from received")
        return int(count)

    def clear(self) -> None:
        """Forget what came and any fault."""
        self._storage.execute("delete from received")
        self._faults.clear()
        self.behaviour = Behaviour.CONFIRM

    def misbehave(self, behaviour: Behaviour, count: int = 1) -> None:
        """Behave so for the next `count` documents."""
        self._faults += [behaviour] * count

    # --- talking

    async def serve(self, channel: Channel) -> None:
        """Serve one connection until its end (an `emulator.channels.Handler`)."""
        await answered(channel, self._answer)

    async def _answer(self, message: session.Message, channel: Channel) -> bool:
        """False when the connection is to be closed."""
        behaviour = self._faults.pop(0) if self._faults else self.behaviour
        if behaviour is Behaviour.REFUSE:
            return False
        try:
            answer = self.receive(message, behaviour)
        except Refused as error:
            log.info("document refused", connection=channel.name, why=str(error))
            answer = b""
        if behaviour is Behaviour.GARBAGE:
            await channel.write(bytes(range(256)))
        elif behaviour is not Behaviour.SILENT:
            header = message.header
            await channel.write(session.build(header.fn, answer, header.p_version))
        return True

    def receive(self, message: session.Message, behaviour: Behaviour = Behaviour.CONFIRM) -> bytes:
        """Take one message; the confirming container, or nothing. Refused when the message is not whole and true."""
        container, elements = _checked(message)
        if behaviour not in _NOT_KEPT:
            self._keep(container, message.body, elements)
        if behaviour is Behaviour.EMPTY:
            return b""
        if behaviour is Behaviour.STRICT and _faults(container.code, elements):
            behaviour = Behaviour.CHECK_FAILED
        return self._confirmation(container, _ffd(elements), behaviour)

    def _keep(self, container: Container, data: bytes, elements: tuple[Element, ...]) -> None:
        known = self._storage.rows(
            "select 1 from received where fn = ? and number = ? and container = ?",
            (container.fn, container.number, data),
        )
        if known:
            return
        with self._storage.transaction():
            # A drive that was reset starts its numbers again: the newer document takes the place of the old one.
            self._storage.execute(
                "insert or replace into received (fn, number, code, at, container) values (?, ?, ?, ?, ?)",
                (container.fn, container.number, container.code, self._now().isoformat(), data),
            )
            # A receipt of 1.2 is told of by its own drive (document 82).
            if self._pass_on is not None and container.code in _RECEIPTS and _ffd(elements) is not FfdVersion.V1_2:
                self._pass_on(elements)

    def _confirmation(self, container: Container, ffd: FfdVersion, behaviour: Behaviour) -> bytes:
        digest = blake2b(container.tlv, digest_size=6).digest()
        answer = Confirmation(
            ofd_inn=self._inn,
            fn=container.fn,
            number=container.number + (behaviour is Behaviour.WRONG_NUMBER),
            at=self._now().replace(tzinfo=None, microsecond=0),
            sign=bytes(8) if behaviour is Behaviour.WRONG_SIGN else b"\x82\x06" + digest,
            code=_CODES.get(behaviour, confirmations.ACCEPTED),
        )
        tlv = confirmations.build(answer, ffd)
        data = containers.build(
            Container(
                kind=FROM_OFD,
                code=DocumentCode.OPERATOR_ACK,
                fn=container.fn,
                number=answer.number,
                tlv=tlv,
                trailer=b"\x82\x06" + digest + bytes(2),
                service=service_data(digest, FROM_OFD, tlv),
            )
        )
        return data[:-1] + bytes([data[-1] ^ 0xFF]) if behaviour is Behaviour.WRONG_CRC else data


def _checked(message: session.Message) -> tuple[Container, tuple[Element, ...]]:
    """The container and its tags, once drive and document numbers agree on every level."""
    try:
        container = containers.parse(message.body)
        (document,) = decode(container.tlv)
    except (ContainerError, TlvError) as error:
        raise Refused(str(error)) from error
    if document.tag != container.code or not isinstance(document.value, tuple):
        raise Refused(f"the container says document {container.code}, the TLV {document.tag}")
    if container.code not in _DOCUMENTS:
        raise Refused(f"there is no document {container.code}")
    drive, number = find(document.value, 1041), find(document.value, 1040)
    if not message.header.fn == container.fn == (drive.value if drive else None):
        raise Refused(f"drive {message.header.fn} in the session, {container.fn} in the container")
    if number is None or number.value != container.number:
        raise Refused(f"document {container.number} in the container, {number.value if number else None!r} in the TLV")
    return container, document.value


def _faults(code: int, elements: tuple[Element, ...]) -> list[Fault]:
    found = validate(DocumentCode(code), _ffd(elements), elements)
    return [
        fault for fault in found if not (fault.code == "tag_too_long" and fault.pointer.rsplit("/", 1)[1] in _COUNTERS)
    ]


def _ffd(elements: tuple[Element, ...]) -> FfdVersion:
    version = find(elements, 1209)
    if version is not None and isinstance(version.value, int):
        with suppress(ValueError):
            return FfdVersion.of(version.value)
    return FfdVersion.V1_05
