"""Paper, pictures, codes, drawer and sound; reports without and with reset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.registers import reports
from emulator.registers.atol.core import Core, Handler, Handlers
from emulator.registers.atol.settings import cliche, value
from emulator.registers.refusals import Refusal
from protocols.atol import errors
from protocols.atol.commands import Empty, printing
from protocols.atol.commands.receipts import (
    CloseShift,
    FinishReport,
    PrintDocument,
    PrintRegistration,
    Report,
)
from protocols.atol.registers import FIELDS
from protocols.atol.statuses import PRINTING_X, PRINTING_Z, RESETTING, XReport, state_code
from protocols.atol.text import DOUBLE_WIDTH
from protocols.ffd.enums import DocumentCode

Lines = list[list[str]]
_SECTIONS: Final = range(1, 100)
_WRONG_REPORT: Final = 0xA3
#: What is in a register's memory for pictures: nothing.
_FREE: Final = 0xFFFF


def _printed(lines: Callable[[Core, Any], Lines]) -> Handler:
    """A command that prints lines. Those of an open receipt come out with it."""

    def handle(core: Core, request: Any) -> Empty:
        found, draft = lines(core, request), core.draft
        if draft is not None:
            (draft.footer if draft.items else draft.header).extend(line[0] for line in found if line[0])
        elif found:
            core.printer.text(*found)
        return Empty()

    return handle


def _accepted(core: Core, request: Any) -> Empty:
    """Heard and gone: sounds, bytes for a port."""
    return Empty()


def _code(core: Core, request: printing.PrintBarcode) -> Lines:
    name = {printing.QR: "QR", printing.EAN13: "EAN-13"}.get(request.type & ~printing.MORE_FOLLOWS, "штрих-код")
    return [[f"[{name} {request.data.decode('ascii', 'replace')}]", "center"]]


def _open_drawer(core: Core, request: Any) -> Empty:
    core.memory.drawer_openings += 1
    return Empty()


def _pictures_state(core: Core, request: printing.PicturesState) -> printing.PicturesStateReply:
    return printing.PicturesStateReply(_FREE, 0, 0)


def _no_picture(core: Core, request: Any) -> Empty:
    raise Refusal(errors.WRONG_ROW)


def _copy(core: Core, number: int, missing: int) -> Empty:
    if core.drive.document(number) is None:
        raise Refusal(missing)
    core.printer.copy(number)
    return Empty()


def repeat_last(core: Core, request: printing.RepeatLast) -> Empty:
    return _copy(core, core.memory.last_document, errors.NO_REPORTS)


def clear_last(core: Core, request: printing.ClearLast) -> Empty:
    core.memory.last_document = 0
    return Empty()


def print_document(core: Core, request: PrintDocument) -> Empty:
    return _copy(core, int.from_bytes(request.number, "little"), errors.FN_NO_DATA)


def print_registration(core: Core, request: PrintRegistration) -> Empty:
    document = core.drive.registration_document
    return _copy(core, 0 if document is None else document.number, errors.NOT_REGISTERED)


def finish_report(core: Core, request: FinishReport) -> Empty:
    """What broke off is printed from its start; nothing to finish is AAh."""
    if not core.printer.interrupted:
        raise Refusal(errors.NO_REPORTS)
    if not core.printer.usable:
        raise Refusal(errors.NO_PAPER)
    core.printer.resume()
    return Empty()


def _settings(core: Core) -> reports.Lines:
    for (table, number), field in FIELDS.items():
        if field.size is not None:
            yield [field.title_ru, "=", value(core, table, 1, number).hex()]


_REPORTS: Final[Mapping[int, tuple[str, Callable[[Core], reports.Lines]]]] = {
    XReport.SECTIONS: ("ОТЧЁТ ПО СЕКЦИЯМ", lambda core: reports.departments(core, _SECTIONS)),
    XReport.CASHIERS: ("ОТЧЁТ ПО КАССИРАМ", lambda core: reports.grouped(core, reports.by_cashier)),
    XReport.HOURLY: ("ПОЧАСОВОЙ ОТЧЁТ", lambda core: reports.grouped(core, reports.by_hour)),
    XReport.QUANTITIES: ("ОТЧЁТ КОЛИЧЕСТВ", lambda core: reports.grouped(core, reports.by_goods)),
    XReport.SERVICE: ("СЛУЖЕБНЫЙ ОТЧЁТ", _settings),
    XReport.GOODS: ("ОТЧЁТ ПО ТОВАРАМ", lambda core: reports.grouped(core, reports.by_goods)),
    XReport.GOODS_TAXATION: ("ОТЧЁТ ПО ТОВАРАМ И СНО", lambda core: reports.grouped(core, reports.by_goods)),
    XReport.GOODS_SECTIONS: ("ОТЧЁТ ПО ТОВАРАМ И СЕКЦИЯМ", lambda core: reports.grouped(core, reports.by_goods)),
    XReport.GOODS_TOTALS: ("ИТОГИ ПО ТОВАРАМ", lambda core: reports.grouped(core, reports.by_goods)),
}


def report(core: Core, request: Report) -> Empty:
    if request.type == XReport.SETTLEMENTS:
        core.report(DocumentCode.STATE_REPORT, core.user_name())
    elif request.type == XReport.DAILY:
        reports.x_report(core)
    elif request.type in _REPORTS:
        title, lines = _REPORTS[request.type]
        reports.print_report(core, title, lines(core))
    else:
        raise Refusal(_WRONG_REPORT)
    core.progress = [state_code(*PRINTING_X)]
    return Empty()


def close_shift(core: Core, request: CloseShift) -> Empty:
    core.report(DocumentCode.SHIFT_CLOSE, core.user_name(), more=lambda _: core.end_shift())
    core.progress = [state_code(*PRINTING_Z), state_code(*RESETTING)]
    return Empty()


def _picture(core: Core, request: Any) -> Lines:
    return [["[картинка]", "center"]]


HANDLERS: Handlers = {
    printing.PrintLine: _printed(lambda core, request: [[request.text.replace(DOUBLE_WIDTH, "")]]),
    printing.PrintField: _printed(lambda core, request: [[request.text]]),
    printing.PrintCliche: _printed(lambda core, request: [[line] for line in cliche(core)]),
    printing.PrintFooter: _printed(lambda core, request: []),
    printing.PrintDemo: _printed(lambda core, request: [["ДЕМОНСТРАЦИОННАЯ ПЕЧАТЬ", "center"]]),
    printing.PrintPicture: _printed(_picture),
    printing.PrintRaster: _printed(lambda core, request: []),
    printing.PrintBarcode: _printed(_code),
    printing.PrintBarcodeMore: _printed(lambda core, request: []),
    printing.Cut: _printed(lambda core, request: [["- - - - - - - -", "center"]]),
    printing.RepeatLast: repeat_last,
    printing.ClearLast: clear_last,
    printing.PicturesState: _pictures_state,
    printing.PictureParameters: _no_picture,
    printing.OpenDrawer: _open_drawer,
    printing.PulseDrawer: _open_drawer,
    printing.Beep: _accepted,
    printing.Sound: _accepted,
    printing.SendData: _accepted,
    PrintDocument: print_document,
    PrintRegistration: print_registration,
    FinishReport: finish_report,
    Report: report,
    CloseShift: close_shift,
}
