"""Shifts and reports: 20, 21, 23, 25, 54, 59, 71, A0, A4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.registers import reports
from emulator.registers.draft import put
from emulator.registers.pirit.core import Core, Handlers
from emulator.registers.till import (
    CASH,
    DOCUMENTS,
    SHIFT_CANCELS,
    cancelled_sum,
    shift_cash,
    shift_cash_count,
)
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation
from protocols.ffd.tlv import Element
from protocols.pirit import extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands.replies import FiscalReply
from protocols.pirit.fields import Cashier

#: Kind of 25 -> the report, and its tags of a name and of data.
KINDS: Final = {
    1: (DocumentCode.REGISTRATION, 1274, 1275),
    2: (DocumentCode.SHIFT_OPEN, 1276, 1277),
    3: (DocumentCode.SHIFT_CLOSE, 1278, 1279),
    4: (DocumentCode.STATE_REPORT, 1280, 1281),
    5: (DocumentCode.DRIVE_CLOSE, 1282, 1283),
}
_KIND_OF: Final = {code: kind for kind, (code, _, _) in KINDS.items()}
_UNSENT: Final = 34


def report(
    core: Core,
    code: DocumentCode,
    operator: Cashier,
    address: str = "",
    place: str = "",
    *,
    more: Callable[[StoredDocument], None] | None = None,
) -> StoredDocument:
    """A report with what 25 sent for it. Refusal 03 without an operator, unless the register works by itself."""
    registration = core.registration
    if not operator.name and not registration.automatic:
        raise core.bad(extended.NO_OPERATOR)
    kind = _KIND_OF[code]
    tags = list(core.report_tags.get(kind, ()))
    texts = ((1203, operator.inn), (1009, address), (1187, place))
    put(tags, core.fitting([Element(tag, text) for tag, text in texts if text]))
    core.begun_tags = tags
    try:
        document = core.report(code, operator.name or registration.cashier, more=more)
    finally:
        core.begun_tags = []
    core.report_tags.pop(kind, None)
    return document


def fiscal_reply(document: StoredDocument) -> FiscalReply:
    return FiscalReply(document.number, document.sign, document.at)


def open_shift(core: Core, request: s.OpenShift) -> Empty:
    report(core, DocumentCode.SHIFT_OPEN, request.operator, request.address, request.place)
    return Empty()


def close_shift(core: Core, request: s.CloseShift) -> Empty:
    """What is closed already is printed on."""
    if core.unprinted is not None:
        core.print_on()
        return Empty()
    _close_shift(core, request.operator, request.address, request.place)
    return Empty()


def _close_shift(core: Core, operator: Cashier, address: str = "", place: str = "") -> None:
    def more(document: StoredDocument) -> None:
        core.memory.report = block(core)
        core.end_shift()

    report(core, DocumentCode.SHIFT_CLOSE, operator, address, place, more=more)


def emergency_close_shift(core: Core, request: s.EmergencyCloseShift) -> Empty:
    _close_shift(core, Cashier(core.registration.cashier))
    return Empty()


def x_report(core: Core, request: s.XReport) -> Empty:
    reports.x_report(core)
    core.memory.report = block(core)
    return Empty()


def block(core: Core) -> dict[str, Any]:
    """What 01/12 tells of a report."""
    counted, shift = core.till, core.drive.shift_totals
    return {
        "operations": core.operations,
        "document": counted[DOCUMENTS],
        "cash": counted[CASH],
        "sale_count": shift.get("1.1135", 0),
        "sale_sum": shift.get("1.1201", 0),
        "return_count": shift.get("2.1135", 0),
        "return_sum": shift.get("2.1201", 0),
        "cancelled_count": counted[SHIFT_CANCELS],
        "cancelled_sum": sum(counted[cancelled_sum(operation)] for operation in Operation),
        "cash_in_count": counted[shift_cash_count(incoming=True)],
        "cash_in_sum": counted[shift_cash(incoming=True)],
        "cash_out_count": counted[shift_cash_count(incoming=False)],
        "cash_out_sum": counted[shift_cash(incoming=False)],
    }


def report_tag(core: Core, request: s.ReportTag) -> Empty:
    if core.registered.ffd is not FfdVersion.V1_2:
        raise core.wrong(extended.NONE)
    _, name, data = KINDS[request.kind]
    found = [Element(name, request.name)] if request.name else []
    if request.data:
        found.append(Element(data, request.data))
    core.report_tags = core.report_tags | {request.kind: list(core.fitting(found))}
    return Empty()


def zero_cash(core: Core, request: s.ZeroCash) -> Empty:
    core.till.set(CASH, 0)
    return Empty()


def state_report(core: Core, request: s.StateReport) -> Empty:
    report(core, DocumentCode.STATE_REPORT, request.operator, request.address, request.place)
    return Empty()


def close_drive(core: Core, request: s.CloseDrive) -> FiscalReply:
    if core.drive.backlog.count:
        raise core.wrong(_UNSENT)
    return fiscal_reply(report(core, DocumentCode.DRIVE_CLOSE, request.operator, request.address, request.place))


def emergency_close_drive(core: Core, request: s.EmergencyCloseDrive) -> Empty:
    """Though documents wait for the OFD."""
    report(core, DocumentCode.DRIVE_CLOSE, Cashier(core.registration.cashier))
    return Empty()


HANDLERS: Handlers = {
    s.OpenShift: open_shift,
    s.CloseShift: close_shift,
    s.EmergencyCloseShift: emergency_close_shift,
    s.XReport: x_report,
    s.ReportTag: report_tag,
    s.ZeroCash: zero_cash,
    s.StateReport: state_report,
    s.CloseDrive: close_drive,
    s.EmergencyCloseDrive: emergency_close_drive,
}
