"""Documents 81…84: what a fiscal drive and the operator of the marking system (ОИСМ) say to each other (ФФД 1.2).

81 asks about a code, 83 answers; 82 tells that goods with codes were sold or came back, 84 is its receipt. They travel
in the containers of fiscal documents, in a session with a signature of its own. Source: FNS tables of ФФД 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, TlvError, decode, encode, find

_T = TypeVar("_T")

#: Tag 2105.
REQUEST_OK, REQUEST_MALFORMED, CODE_NOT_RECOGNISED = 0, 1, 2
#: Tag 2109.
STATUS_RIGHT, STATUS_WRONG, TURNOVER_SUSPENDED = 1, 2, 3
#: Tag 2111.
NOTIFICATION_OK, NOTIFICATION_MALFORMED = 0, 1
#: Tag 2006.
ALL_RIGHT, SOMETHING_WRONG = 0, 1

MAX_SIZE: Final = {
    DocumentCode.MARKING_REQUEST: 4096,
    DocumentCode.MARKING_NOTIFICATION: 32_768,
    DocumentCode.MARKING_ANSWER: 512,
    DocumentCode.MARKING_RECEIPT: 512,
}


class MarkingMessageError(ValueError):
    """Bytes that are no document of this kind, or one that lacks a mandatory tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """Document 81. `code` is the scanned code as bytes (GS = 1Dh), `planned` 2003, `local` 2004, `kind` 2100, `mode`
    2102; `at` a naive local wall clock; `measure` what measured or partial goods add (1023, 2108, 1291)."""

    fn: str
    inn: str
    number: int
    at: datetime
    code: bytes
    planned: int
    local: int
    kind: int
    mode: int = 0
    measure: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnswer:
    """Document 83. `outcome` is 2105, `result` 2005 (bits of 2106), `status` 2109, `kind` 2100, `product` 2101."""

    number: int
    at: datetime
    outcome: int = REQUEST_OK
    result: int | None = None
    status: int | None = None
    kind: int | None = None
    product: str | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Document 82. `document` is the number of the receipt (2040), `items` the insides of 2007; `more` the rest of its
    tags as they are (1011, 1054, 1055, 2116 among them)."""

    fn: str
    number: int
    document: int
    at: datetime
    items: tuple[tuple[Element, ...], ...]
    more: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReceipt:
    """Document 84. `outcome` is 2111, `result` 2006."""

    number: int
    at: datetime
    outcome: int = NOTIFICATION_OK
    result: int | None = None


def build_request(request: CodeRequest) -> bytes:
    """Document 81 with its outer tag."""
    return _build(
        DocumentCode.MARKING_REQUEST,
        Element(1041, request.fn),
        Element(1018, request.inn),
        Element(2001, request.number),
        Element(2114, request.at),
        Element(2000, request.code),
        Element(2003, request.planned),
        Element(2004, request.local),
        Element(2100, request.kind),
        Element(2102, request.mode),
        *request.measure,
    )


def parse_request(tlv: bytes) -> CodeRequest:
    """A document 81 with its outer tag; MarkingMessageError when it is none."""
    body = _inside(tlv, DocumentCode.MARKING_REQUEST)
    return CodeRequest(
        fn=_needed(body, 1041, str),
        inn=_needed(body, 1018, str),
        number=_needed(body, 2001, int),
        at=_needed(body, 2114, datetime),
        code=code_bytes(body),
        planned=_needed(body, 2003, int),
        local=_needed(body, 2004, int),
        kind=_needed(body, 2100, int),
        mode=_needed(body, 2102, int),
        measure=tuple(element for element in body if element.tag in {1023, 1291, 2108}),
    )


def build_answer(answer: CodeAnswer) -> bytes:
    """Document 83 with its outer tag."""
    optional = ((2005, answer.result), (2109, answer.status), (2100, answer.kind), (2101, answer.product))
    return _build(
        DocumentCode.MARKING_ANSWER,
        Element(2001, answer.number),
        Element(2114, answer.at),
        Element(2105, answer.outcome),
        *(Element(tag, value) for tag, value in (*optional, (2102, answer.mode)) if value is not None),
    )


def parse_answer(tlv: bytes) -> CodeAnswer:
    """A document 83 with its outer tag; MarkingMessageError when it is none."""
    body = _inside(tlv, DocumentCode.MARKING_ANSWER)
    return CodeAnswer(
        number=_needed(body, 2001, int),
        at=_needed(body, 2114, datetime),
        outcome=_needed(body, 2105, int),
        result=_value(body, 2005, int),
        status=_value(body, 2109, int),
        kind=_value(body, 2100, int),
        product=_value(body, 2101, str),
        mode=_value(body, 2102, int),
    )


def build_notification(notification: Notification) -> bytes:
    """Document 82 with its outer tag."""
    return _build(
        DocumentCode.MARKING_NOTIFICATION,
        Element(1041, notification.fn),
        Element(1040, notification.document),
        Element(2002, notification.number),
        Element(2040, notification.document),
        Element(1012, notification.at),
        *notification.more,
        *(Element(2007, item) for item in notification.items),
    )


def parse_notification(tlv: bytes) -> Notification:
    """A document 82 with its outer tag; MarkingMessageError when it is none."""
    body = _inside(tlv, DocumentCode.MARKING_NOTIFICATION)
    own = {1041, 1040, 2002, 2040, 1012, 2007}
    return Notification(
        fn=_needed(body, 1041, str),
        number=_needed(body, 2002, int),
        document=_needed(body, 2040, int),
        at=_needed(body, 1012, datetime),
        items=tuple(each.value for each in body if each.tag == 2007 and isinstance(each.value, tuple)),
        more=tuple(each for each in body if each.tag not in own),
    )


def build_receipt(receipt: NotificationReceipt) -> bytes:
    """Document 84 with its outer tag."""
    result = () if receipt.result is None else (Element(2006, receipt.result),)
    return _build(
        DocumentCode.MARKING_RECEIPT,
        Element(1012, receipt.at),
        Element(2002, receipt.number),
        Element(2111, receipt.outcome),
        *result,
    )


def parse_receipt(tlv: bytes) -> NotificationReceipt:
    """A document 84 with its outer tag; MarkingMessageError when it is none."""
    body = _inside(tlv, DocumentCode.MARKING_RECEIPT)
    return NotificationReceipt(
        number=_needed(body, 2002, int),
        at=_needed(body, 1012, datetime),
        outcome=_needed(body, 2111, int),
        result=_value(body, 2006, int),
    )


def code_bytes(body: tuple[Element, ...]) -> bytes:
    """Tag 2000 as it was scanned; MarkingMessageError when it is missing."""
    element = find(body, 2000)
    if element is None:
        raise MarkingMessageError("tag 2000 is missing")
    return encode((element,), limits=False)[4:]


def _build(code: DocumentCode, *body: Element) -> bytes:
    return encode((Element(code, body),))


def _inside(tlv: bytes, code: DocumentCode) -> tuple[Element, ...]:
    if len(tlv) > MAX_SIZE[code]:
        raise MarkingMessageError(f"{len(tlv)} bytes, document {code:d} has {MAX_SIZE[code]} at most")
    try:
        (outer,) = decode(tlv)
    except (TlvError, ValueError) as error:
        raise MarkingMessageError(f"no document {code:d}: {error}") from error
    if outer.tag != code or not isinstance(outer.value, tuple):
        raise MarkingMessageError(f"document {outer.tag} is no document {code:d}")
    return outer.value


def _value(body: tuple[Element, ...], tag: int, kind: type[_T]) -> _T | None:
    element = find(body, tag)
    return element.value if element is not None and isinstance(element.value, kind) else None


def _needed(body: tuple[Element, ...], tag: int, kind: type[_T]) -> _T:
    found = _value(body, tag, kind)
    if found is None:
        raise MarkingMessageError(f"tag {tag} is missing")
    return found
