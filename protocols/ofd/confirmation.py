"""Document 7: the operator's confirmation that a fiscal document arrived.

ФФД 1.05 answers with 1068 {1022}, 1.1 and 1.2 with 1206; operators were seen sending 1068 to a 1.2 drive, so the reader
takes both, and both missing means accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element, TlvError, decode, encode, find

_T = TypeVar("_T")

ACCEPTED, NOT_RECOGNISED, CHECK_FAILED = 0, 11, 14
#: Bit of 1206 that says what code 14 said: format or logic check failed.
CHECK_FAILED_BIT = 0x02


class ConfirmationError(ValueError):
    """Bytes that are no document 7, or one that lacks a mandatory tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """An operator's answer.

    `number` is the confirmed document (1040) of the drive `fn`; `at` the operator's naive wall clock; `sign` is 1078
    (empty when a software OFD sent none); `code` is 1022, `message` the bits of 1206.
    """

    ofd_inn: str
    fn: str
    number: int
    at: datetime
    sign: bytes
    code: int = ACCEPTED
    message: int = 0

    @property
    def delivered(self) -> bool:
        """The drive may take the document as delivered: code 14 too (checked on a real answer)."""
        return self.code in {ACCEPTED, CHECK_FAILED}


def build(confirmation: Confirmation, ffd: FfdVersion) -> bytes:
    """Document 7 with its outer tag, in the order real operators write it."""
    message = confirmation.message | (CHECK_FAILED_BIT if confirmation.code == CHECK_FAILED else 0)
    verdict: tuple[Element, ...] = (Element(1068, (Element(1022, confirmation.code),)),)
    # 1206 has no bit for "not recognised": that code goes out as 1068 whatever the version.
    if ffd is not FfdVersion.V1_05 and confirmation.code != NOT_RECOGNISED:
        verdict = (Element(1206, message),) if message else ()
    body = (
        Element(1017, confirmation.ofd_inn),
        Element(1078, confirmation.sign),
        Element(1041, confirmation.fn),
        Element(1040, confirmation.number),
        Element(1012, confirmation.at),
        *verdict,
    )
    return encode((Element(DocumentCode.OPERATOR_ACK, body),))


def parse(tlv: bytes) -> Confirmation:
    """A document 7 with its outer tag; ConfirmationError when it is none."""
    try:
        (outer,) = decode(tlv)
    except (TlvError, ValueError) as error:
        raise ConfirmationError(f"no document 7: {error}") from error
    if outer.tag != DocumentCode.OPERATOR_ACK or not isinstance(outer.value, tuple):
        raise ConfirmationError(f"document {outer.tag} is no confirmation")
    return from_elements(outer.value)


def from_elements(body: tuple[Element, ...]) -> Confirmation:
    """The tags inside a document 7."""
    fn, number, at = _value(body, 1041, str), _value(body, 1040, int), _value(body, 1012, datetime)
    if fn is None or number is None or at is None:
        raise ConfirmationError("document 7 lacks 1041, 1040 or 1012")
    message = _value(body, 1206, int) or 0
    to_drive = _value(body, 1068, tuple)
    code = _value(to_drive, 1022, int) if to_drive is not None else None
    if code is None:
        code = CHECK_FAILED if message & CHECK_FAILED_BIT else ACCEPTED
    return Confirmation(
        ofd_inn=_value(body, 1017, str) or "",
        fn=fn,
        number=number,
        at=at,
        sign=_value(body, 1078, bytes) or b"",
        code=code,
        message=message,
    )


def _value(body: tuple[Element, ...], tag: int, kind: type[_T]) -> _T | None:
    element = find(body, tag)
    return element.value if element is not None and isinstance(element.value, kind) else None
