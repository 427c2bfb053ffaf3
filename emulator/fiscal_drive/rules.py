"""When a drive refuses: states, time limits, resources, and what a document may hold.

Sources: rules of the drive (shift 24 h, OFD 30 days, archive, validity) and checks proposed in FNS practice; numbers of
errors as drives answer them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from emulator.fiscal_drive.counters import CORRECTIONS, RECEIPTS
from emulator.fiscal_drive.documents import from_unix
from emulator.fiscal_drive.errors import DriveError
from emulator.fiscal_drive.registration import Registration
from emulator.fiscal_drive.state import State
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tags import TAGS
from protocols.ffd.tlv import Element, find
from protocols.fn.statuses import DriveWarning, Fault, Phase
from protocols.ofd.confirmation import CHECK_FAILED_BIT

DAY = 24 * 60 * 60
SHIFT_LIMIT = DAY
OFD_LIMIT = 30 * DAY
#: 90 per cent as the 1.05 text says; the text of tag 1052 in force since 2026 says 99.
MEMORY_PERCENT = 90
#: The OFD is overdue when the oldest unsent document is older than two days (text of tag 1053).
OFD_WARNING = 2 * DAY
#: How far a register's clock may run off the drive's timer while a document is open.
TIMER_LIMIT = timedelta(minutes=5)
MAX_DOCUMENT = 32_768
SETTLEMENTS = RECEIPTS | CORRECTIONS
REGISTRATIONS = frozenset({DocumentCode.REGISTRATION, DocumentCode.REREGISTRATION})
#: Documents that stay possible when time, memory or validity have run out: they are the way out.
_CLOSING = {DocumentCode.SHIFT_CLOSE, DocumentCode.DRIVE_CLOSE, DocumentCode.STATE_REPORT}
#: Places in the archive that are kept free for closing the shift and the drive, and for what comes after those.
RESERVE = 2
_RESERVE = {DocumentCode.DRIVE_CLOSE: 0, DocumentCode.SHIFT_CLOSE: 1}
#: Phases in which a document can be made; all others in the fiscal one only.
_PHASES = {
    DocumentCode.REGISTRATION: {Phase.READY},
    DocumentCode.REREGISTRATION: {Phase.READY, Phase.FISCAL},  # on a new drive: it takes the place of another one
    DocumentCode.STATE_REPORT: {Phase.FISCAL, Phase.CLOSING, Phase.CLOSED},
}
#: Tag 1212 -> registration flags that must be set.
_PERMITS: dict[int, tuple[str, ...]] = {
    2: ("excise",),
    5: ("gambling",),
    6: ("gambling",),
    7: ("lottery",),
    8: ("lottery",),
    30: ("excise",),
    31: ("excise", "marking"),
    33: ("marking",),
}
#: Tag 1212 -> tags an item of such goods must have (ffd_documents 8), and those that must come without a code.
_WITH_CODE = dict.fromkeys((31, 33), (1163, 2102, 2106))
_WITHOUT_CODE = frozenset({30, 32})
#: Tags that the drive writes itself; a register that sends one is refused.
DRIVE_TAGS = frozenset({1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1111, 1118, 1097, 1098, 1116, 1157, 1158, 1194,
                        1050, 1051, 1052, 1053, 1206, 1213, 2104, 2112, 2113})  # fmt: skip
_PAYMENTS = (1031, 1081, 1215, 1216, 1217)


def shift_expired(state: State, now: int) -> bool:
    """An open shift older than 24 hours."""
    return state.shift_open and now - state.shift_opened_at > SHIFT_LIMIT


def check_state(state: State, registration: Registration | None, code: DocumentCode, now: int) -> None:
    """May a document of this code be made at all, at this second of the local wall clock?"""
    _check_phase(state, code)
    _check_shift(state, code)
    if now < state.last_at:
        raise DriveError(Fault.BAD_TIME, f"{from_unix(now)} is before the last document, {from_unix(state.last_at)}")
    if state.places - state.last_document <= _RESERVE.get(code, RESERVE):
        raise DriveError(Fault.ARCHIVE_FULL, f"{state.last_document} documents of {state.places}")
    if code in _CLOSING:
        return
    if state.valid_until and now >= state.valid_until + DAY:
        raise DriveError(Fault.VALIDITY_ENDED, f"valid until {from_unix(state.valid_until):%Y-%m-%d}")
    if code in SETTLEMENTS and shift_expired(state, now):
        raise DriveError(Fault.SHIFT_EXPIRED, f"shift {state.shift} opened {from_unix(state.shift_opened_at)}")
    if registration is not None and not registration.offline and code is not DocumentCode.REREGISTRATION:
        _check_ofd(state, now)


def _check_phase(state: State, code: DocumentCode) -> None:
    if state.phase not in _PHASES.get(code, {Phase.FISCAL}):
        raise DriveError(Fault.WRONG_STATE, f"document {int(code)} in phase {state.phase}")


def _check_shift(state: State, code: DocumentCode) -> None:
    if code is DocumentCode.STATE_REPORT:
        return
    needs_open = code in SETTLEMENTS or code is DocumentCode.SHIFT_CLOSE
    if needs_open != state.shift_open:
        raise DriveError(
            Fault.WRONG_STATE, f"document {int(code)} with the shift {'open' if state.shift_open else 'closed'}"
        )


def _check_ofd(state: State, now: int) -> None:
    if state.confirmed < state.last_document and now - state.first_unsent_at > OFD_LIMIT:
        raise DriveError(
            Fault.OFD_WAIT_EXHAUSTED, f"document {state.confirmed + 1} of {from_unix(state.first_unsent_at)}"
        )


def check_timer(begun: datetime, begun_timer: datetime, now: datetime, timer: datetime) -> None:
    """The register's clock must not jump while a document is open."""
    step = (now - begun) - (timer - begun_timer)
    if abs(step) > TIMER_LIMIT:
        raise DriveError(Fault.TIME_STEP, f"the clock moved {step} against the drive's timer")


def check_body(code: DocumentCode, registration: Registration, body: Sequence[Element], at: datetime) -> None:
    """What a register may ask to sign: no tag of the drive's own, no tag twice, sums that agree, permitted goods."""
    seen: set[int] = set()
    for element in body:
        known = TAGS.get(element.tag)
        if element.tag in DRIVE_TAGS:
            raise DriveError(Fault.BAD_PARAMETER, f"tag {element.tag} is the drive's to write")
        if element.tag in seen and known is not None and not known.repeats:
            raise DriveError(Fault.BAD_PARAMETER, f"tag {element.tag} twice")
        seen.add(element.tag)
    if code in SETTLEMENTS:
        _check_settlement(registration, body)
        _check_agents(registration, body)
    if code in CORRECTIONS:
        _check_corrected_day(body, at)


def _number(body: Sequence[Element], tag: int) -> int:
    element = find(body, tag)
    if element is None or not isinstance(element.value, int):
        raise DriveError(Fault.BAD_PARAMETER, f"tag {tag} is missing")
    return element.value


def _check_settlement(registration: Registration, body: Sequence[Element]) -> None:
    taxation = _number(body, 1055)
    if taxation.bit_count() != 1 or taxation & ~registration.taxations:
        raise DriveError(Fault.BAD_PARAMETER, f"tag 1055 = {taxation}, registered are {registration.taxations}")
    if not 1 <= _number(body, 1054) <= 4:
        raise DriveError(Fault.BAD_PARAMETER, f"tag 1054 = {_number(body, 1054)}")
    paid = sum(_number(body, tag) for tag in _PAYMENTS)
    if paid != _number(body, 1020):
        raise DriveError(Fault.BAD_PARAMETER, f"tag 1020 = {_number(body, 1020)}, payments make {paid}")
    for item in _items(body):
        _check_item(registration, item)


def _items(body: Sequence[Element]) -> Iterator[tuple[Element, ...]]:
    return (element.value for element in body if element.tag == 1059 and isinstance(element.value, tuple))


def _check_agents(registration: Registration, body: Sequence[Element]) -> None:
    """Since ФФД 1.2 a registration names no agents: any may be declared."""
    if registration.ffd is FfdVersion.V1_2:
        return
    signs = [find(body, 1057), *(find(item, 1222) for item in _items(body))]
    for sign in signs:
        if sign is not None and isinstance(sign.value, int) and sign.value & ~registration.agents:
            raise DriveError(
                Fault.BAD_PARAMETER, f"tag {sign.tag} = {sign.value}, registered are {registration.agents}"
            )


def _check_corrected_day(body: Sequence[Element], at: datetime) -> None:
    basis = find(body, 1174)
    day = find(basis.value, 1178) if basis is not None and isinstance(basis.value, tuple) else None
    if day is not None and isinstance(day.value, datetime) and day.value > at:
        raise DriveError(Fault.BAD_PARAMETER, f"tag 1178 = {day.value} is after the document")


def _check_item(registration: Registration, item: tuple[Element, ...]) -> None:
    _check_fraction(item)
    kind = find(item, 1212)
    if kind is None or not isinstance(kind.value, int):
        return
    for flag in _PERMITS.get(kind.value, ()):
        if not getattr(registration, flag):
            raise DriveError(
                Fault.BAD_PARAMETER, f"tag 1212 = {kind.value}, but the register is not registered for {flag}"
            )
    missing = [tag for tag in _WITH_CODE.get(kind.value, ()) if find(item, tag) is None]
    if missing:
        raise DriveError(Fault.MARKING_INCOMPLETE, f"tag 1212 = {kind.value} without tag {missing[0]}")
    if kind.value in _WITHOUT_CODE and find(item, 1163) is not None:
        raise DriveError(Fault.BAD_PARAMETER, f"tag 1212 = {kind.value} with a code")


def _check_fraction(item: tuple[Element, ...]) -> None:
    """Part of a piece (1291): less than one of one piece, so 1023 is 1 and 2108 is 0 (marking.md 3.5)."""
    fraction = find(item, 1291)
    if fraction is None or not isinstance(fraction.value, tuple):
        return
    part, whole = (_number(fraction.value, tag) for tag in (1293, 1294))
    quantity, measure = find(item, 1023), find(item, 2108)
    whole_piece = quantity is not None and quantity.value == 1 and measure is not None and measure.value == 0
    if not 0 < part < whole or not whole_piece:
        raise DriveError(Fault.BAD_PARAMETER, f"tag 1291 = {part}/{whole} is no part of one piece")


def warnings(state: State, registration: Registration | None, now: int) -> DriveWarning:
    """The warning byte at this moment."""
    found = DriveWarning(0)
    if state.valid_until:
        days = days_left(state, now)
        found |= DriveWarning.REPLACE_URGENTLY if days <= 3 else DriveWarning(0)
        found |= DriveWarning.RESOURCE_30_DAYS if days <= 30 else DriveWarning(0)
    used = state.capacity - (state.places - state.last_document)
    if used * 100 >= state.capacity * MEMORY_PERCENT:
        found |= DriveWarning.MEMORY_90
    waits = state.confirmed < state.last_document and not (registration and registration.offline)
    if waits and now - state.first_unsent_at > OFD_WARNING:
        found |= DriveWarning.OFD_OVERDUE
    if state.operator_message & CHECK_FAILED_BIT:
        found |= DriveWarning.OFD_REJECTED
    return found


def days_left(state: State, now: int) -> int:
    """Days of validity left (tag 1213), never negative."""
    return max(0, (state.valid_until - now // DAY * DAY) // DAY)
