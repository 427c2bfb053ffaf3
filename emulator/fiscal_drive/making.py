"""How one document comes into being: the state it leads to, its bytes, its sign. Pure: nothing is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime

from emulator.fiscal_drive import reports, rules, signing
from emulator.fiscal_drive.counters import added, contribution
from emulator.fiscal_drive.documents import StoredDocument, to_unix
from emulator.fiscal_drive.errors import DriveError
from emulator.fiscal_drive.registration import Registration
from emulator.fiscal_drive.state import Factory, State
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, TlvError, encode, find
from protocols.fn.statuses import Fault, Phase

_SIGN_HEADER = encode((Element(1077, bytes(6)),))[:4]


def fresh(factory: Factory, *, key: str, asked: int = 0) -> State:
    """The state of a drive that was never registered; `key` is 32 hex digits, `asked` a ФФД."""
    return State(
        number=factory.number,
        ffd=factory.ffd.code,
        phase=Phase.READY,
        capacity=factory.capacity,
        registrations_allowed=factory.registrations,
        key=key,
        validity_days=factory.validity_days,
        asked=asked,
    )


def advanced(state: State, code: DocumentCode, given: Sequence[Element], registration: Registration, now: int) -> State:
    """The state with one document more, as its own figures must read."""
    new = copy(state)
    new.last_document += 1
    new.last_at = now
    if code in rules.REGISTRATIONS:
        new.registrations += 1
        new.registration_document = new.last_document
    if state.phase == Phase.READY:
        new.phase = Phase.FISCAL
        new.valid_until = now // rules.DAY * rules.DAY + state.validity_days * rules.DAY
    if code is DocumentCode.SHIFT_OPEN:
        new.shift, new.shift_open, new.shift_opened_at = state.shift + 1, True, now
        new.receipt, new.shift_documents, new.shift_totals = 0, 0, {}
        new.bad_codes = new.bad_requests = 0
    if new.shift_open:
        new.shift_documents += 1
    if code in rules.SETTLEMENTS:
        new.receipt += 1
        more = contribution(code, given)
        new.totals = added(state.totals, more)
        new.shift_totals = added(state.shift_totals, more)
        if not registration.offline:
            new.unsent_totals = added(state.unsent_totals, more)
    if registration.offline:
        new.confirmed = new.last_document
    elif state.confirmed == state.last_document:
        new.first_unsent_at = now
    return new


def close(state: State, code: DocumentCode) -> None:
    """What a document that closes something changes after its figures were written."""
    if code is DocumentCode.SHIFT_CLOSE:
        state.shift_open = False
    if code is DocumentCode.DRIVE_CLOSE:
        state.phase = Phase.CLOSED if state.confirmed == state.last_document else Phase.CLOSING


def made(
    state: State, registration: Registration, code: DocumentCode, given: Sequence[Element], at: datetime
) -> StoredDocument:
    """The document that `state` already counts; DriveError 0x09 or 0x10 when it cannot be written."""
    before, after = reports.header(state, registration, code, at)
    asked, added_by_drive = reports.body(state, registration, code, given, to_unix(at))
    try:
        head = encode(before)
        # The published limits of 1145 and its like (32 bytes) are smaller than the counters they must hold.
        tail = encode((*after, *asked)) + encode(added_by_drive, limits=False)
    except TlvError as error:
        raise DriveError(Fault.BAD_PARAMETER, str(error)) from error
    sign = signing.document_sign(state.key, code, head, tail)
    content = head + _SIGN_HEADER + sign + tail
    if len(content) + 4 > rules.MAX_DOCUMENT:
        raise DriveError(Fault.TLV_TOO_LARGE, f"{len(content) + 4} bytes, {rules.MAX_DOCUMENT} at most")
    return StoredDocument(
        drive=state.number,
        number=state.last_document,
        code=code,
        at=at,
        sign=int.from_bytes(sign[2:], "big"),
        shift=0 if code in rules.REGISTRATIONS else state.shift,
        receipt=state.receipt if code in rules.SETTLEMENTS else 0,
        operation=_figure(given, 1054),
        total=_figure(given, 1020),
        tlv=int(code).to_bytes(2, "little") + len(content).to_bytes(2, "little") + content,
    )


def _figure(given: Sequence[Element], tag: int) -> int:
    element = find(given, tag)
    return element.value if element is not None and isinstance(element.value, int) else 0
