"""What the drive itself writes into a document: the header of every one and the figures of its reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from emulator.fiscal_drive import rules
from emulator.fiscal_drive.counters import receipts_counted, totals, unsent_totals
from emulator.fiscal_drive.documents import from_unix
from emulator.fiscal_drive.registration import Registration
from emulator.fiscal_drive.state import State
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element
from protocols.fn.statuses import WARNING_TAGS


def header(
    state: State, registration: Registration, code: DocumentCode, at: datetime
) -> tuple[tuple[Element, ...], tuple[Element, ...]]:
    """Tags before and after 1077. `state` already counts the new document."""
    before = (
        Element(1041, state.number),
        Element(1037, registration.registration_number),
        Element(1018, registration.inn),
        Element(1040, state.last_document),
        Element(1012, at),
    )
    after: tuple[Element, ...] = () if code in rules.REGISTRATIONS else (Element(1038, state.shift),)
    if code in rules.SETTLEMENTS:
        after += (Element(1042, state.receipt),)
    return before, after


def _backlog(state: State, registration: Registration) -> tuple[Element, ...]:
    count = state.last_document - 1 - state.confirmed
    if registration.offline or count <= 0:
        return ()
    return (Element(1097, count), Element(1098, from_unix(state.first_unsent_at)))


def _warned(state: State, registration: Registration, now: int) -> tuple[Element, ...]:
    flags = rules.warnings(state, registration, now)
    found = tuple(Element(tag, 1) for tag, bit in WARNING_TAGS.items() if flags & bit)
    if registration.ffd is not FfdVersion.V1_05 and state.operator_message:
        found += (Element(1206, state.operator_message),)
    return found


def _counted(registration: Registration, *parts: Element) -> tuple[Element, ...]:
    return () if registration.ffd is FfdVersion.V1_05 else parts


def _notifications(state: State) -> tuple[Element, ...]:
    """2104 while notifications of marked goods wait (UNCONFIRMED: whether a zero is written)."""
    return (Element(2104, state.unsent_notifications),) if state.unsent_notifications else ()


def _bad_marking(state: State) -> tuple[Element, ...]:
    flags = ((2112, state.bad_codes), (2113, state.bad_requests))
    return tuple(Element(tag, bits) for tag, bits in flags if bits)


def reasons(ffd: FfdVersion, bits: int) -> tuple[Element, ...]:
    """Why a register is registered again: 1205, or in ФФД 1.05 the codes of 1101 that the bits amount to."""
    if ffd is not FfdVersion.V1_05:
        return (Element(1205, bits),)
    codes = {_OLD_REASONS.get(bit, _OLD_SETTINGS) for bit in range(32) if bits >> bit & 1}
    return tuple(Element(1101, code) for code in sorted(codes))


#: Bits of 1205 -> codes of 1101; all others are changes of settings.
_OLD_REASONS = {0: 1, 1: 2, 2: 3, 3: 3}
_OLD_SETTINGS = 4


def _registration(state: State, registration: Registration, now: int) -> tuple[Element, ...]:
    counters = (totals(1157, state.totals),) if state.totals else ()
    return _counted(registration, *counters, Element(1213, rules.days_left(state, now)))


def _shift_open(state: State, registration: Registration, now: int) -> tuple[Element, ...]:
    return (
        Element(1188, registration.model_version),
        Element(1189, registration.ffd.code),
        *_warned(state, registration, now),
    )


def _shift_close(state: State, registration: Registration, now: int) -> tuple[Element, ...]:
    return (
        Element(1118, receipts_counted(state.shift_totals)),
        Element(1111, state.shift_documents),
        *_backlog(state, registration),
        *_warned(state, registration, now),
        *_counted(
            registration,
            Element(1213, rules.days_left(state, now)),
            totals(1157, state.totals),
            totals(1194, state.shift_totals),
        ),
        *_notifications(state),
        *_bad_marking(state),
    )


def _state_report(state: State, registration: Registration, now: int) -> tuple[Element, ...]:
    backlog = _backlog(state, registration)
    first = (Element(1116, state.confirmed + 1),) if backlog else ()
    unsent = (unsent_totals(state.unsent_totals),) if backlog and state.unsent_totals else ()
    days = (Element(1213, rules.days_left(state, now)),) if registration.ffd is FfdVersion.V1_2 else ()
    return (
        Element(1002, int(registration.offline)),
        *backlog,
        *first,
        *days,
        *_counted(registration, totals(1157, state.totals), *unsent),
        *_notifications(state),
    )


def _drive_close(state: State, registration: Registration, _: int) -> tuple[Element, ...]:
    return (
        Element(1048, registration.user_name),
        Element(1009, registration.address),
        Element(1187, registration.place),
        *_counted(registration, totals(1157, state.totals)),
    )


_REPORTS: dict[DocumentCode, Callable[[State, Registration, int], tuple[Element, ...]]] = {
    DocumentCode.REGISTRATION: _registration,
    DocumentCode.REREGISTRATION: _registration,
    DocumentCode.SHIFT_OPEN: _shift_open,
    DocumentCode.SHIFT_CLOSE: _shift_close,
    DocumentCode.STATE_REPORT: _state_report,
    DocumentCode.DRIVE_CLOSE: _drive_close,
}


def body(
    state: State, registration: Registration, code: DocumentCode, given: Sequence[Element], now: int
) -> tuple[tuple[Element, ...], tuple[Element, ...]]:
    """Everything after the header: the register's tags with 1054 and 1020 first, and what the drive adds.

    Tags that a register may send and also could leave out (1188, 1189, 1209, 1009 …) are added only when missing.
    """
    sent = {element.tag for element in given}
    first = sorted((element for element in given if element.tag in {1054, 1020}), key=lambda element: -element.tag)
    rest = tuple(element for element in given if element.tag not in {1054, 1020})
    extra = _REPORTS[code](state, registration, now) if code in _REPORTS else ()
    extra += (Element(1209, registration.ffd.code),)
    return (*first, *rest), tuple(element for element in extra if element.tag not in sent)
