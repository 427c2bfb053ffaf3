"""Unfiscal printing: text, graphics, codes, paper movements, drawer, non-fiscal documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handler, Handlers
from emulator.registers.shtrih.ledger import counter
from emulator.registers.till import NON_FISCAL
from protocols.shtrih import errors, registers, tables
from protocols.shtrih.commands import OperatorReply, printing
from protocols.shtrih.commands.printing import PrintCode2DReply, PrintTitleReply
from protocols.shtrih.commands.receipts import CopyLast
from protocols.shtrih.statuses import Mode
from protocols.shtrih.wire import cp1251

_TITLE_SIZE = 30
_QR_WITH_SIZE = 131

Text = Callable[[Core, Any], list[list[str]]]


def _printed(lines: Text) -> Handler:
    """A command that prints lines. Those of an open receipt come out with it (table 1.20), less the empty ones."""

    def handle(core: Core, request: Any, operator: int) -> OperatorReply:
        found, draft = lines(core, request), core.draft
        if draft is not None:
            (draft.footer if draft.items else draft.header).extend(line[0] for line in found if line[0])
        elif found:
            core.printer.text(*found)
        return OperatorReply(operator)

    return handle


def _accepted(core: Core, request: Any, operator: int) -> OperatorReply:
    """Loading of pictures and codes: taken, and kept nowhere."""
    return OperatorReply(operator)


def _header(core: Core, request: Any) -> list[list[str]]:
    rows = (str(core.memory.setting(tables.HEADER, row, 1)) for row in range(11, 15))
    return [[row, "center"] for row in rows if row]


def _advert(core: Core, request: Any) -> list[list[str]]:
    rows = (str(core.memory.setting(tables.HEADER, row, 1)) for row in range(1, 4))
    return [[row, "center"] for row in rows if row]


def _picture(what: str) -> Text:
    return lambda core, request: [[f"[{what}]", "center"]]


def title(core: Core, request: printing.PrintTitle, operator: int) -> PrintTitleReply:
    text = cp1251(request.content[:_TITLE_SIZE])
    core.printer.text([text, "center"])
    return PrintTitleReply(operator, counter(core.till, registers.DOCUMENT_NUMBER))


def code_2d(core: Core, request: printing.PrintCode2D, operator: int) -> PrintCode2DReply:
    core.printer.text([f"[двумерный код, тип {request.type}]", "center"])
    size: tuple[int | None, ...] = (None,) * 7
    if request.type == _QR_WITH_SIZE:
        given = (request.parameter_1, request.parameter_2, request.parameter_3, request.parameter_4)
        size = (*given, request.parameter_5, 200, 200)
    return PrintCode2DReply(operator, *size)


def open_drawer(core: Core, request: printing.OpenDrawer, operator: int) -> OperatorReply:
    core.memory.drawer_openings += 1
    return OperatorReply(operator)


def continue_print(core: Core, request: printing.ContinuePrint, operator: int) -> OperatorReply:
    """B0h: the interrupted document is printed again from its start; nothing to continue is no error."""
    if core.memory.interrupted is not None:
        if not core.memory.paper_present:
            raise Refusal(errors.NO_PAPER)
        if core.memory.cover_open:
            raise Refusal(errors.WRONG_SUBMODE)
        core.printer.resume()
    return OperatorReply(operator)


def open_non_fiscal(core: Core, request: printing.OpenNonFiscal, operator: int) -> OperatorReply:
    if core.mode() is Mode.DOCUMENT_OPEN:
        raise Refusal(errors.RECEIPT_OPEN)
    core.non_fiscal = True
    core.till.add(NON_FISCAL)
    core.printer.text(["НЕФИСКАЛЬНЫЙ ДОКУМЕНТ", "center"])
    return OperatorReply(operator)


def close_non_fiscal(core: Core, request: printing.CloseNonFiscal, operator: int) -> OperatorReply:
    if not core.non_fiscal:
        raise Refusal(errors.WRONG_MODE)
    core.non_fiscal = False
    return OperatorReply(operator)


def copy_last(core: Core, request: CopyLast, operator: int) -> OperatorReply:
    core.copy_last()
    return OperatorReply(operator)


HANDLERS: Handlers = {
    printing.PrintBold: _printed(lambda core, request: [[request.text, "left", "bold"]]),
    printing.PrintString: _printed(lambda core, request: [[request.text]]),
    printing.PrintFont: _printed(lambda core, request: [[request.text]]),
    printing.PrintTitle: title,
    printing.PrintRequisite: _printed(lambda core, request: [[request.text]]),
    printing.PrintHeader: _printed(_header),
    printing.PrintAdvert: _printed(_advert),
    printing.EndDocument: _printed(lambda core, request: _advert(core, request) if request.advert else []),
    printing.Feed: _printed(lambda core, request: [[""]] * request.lines),
    printing.Cut: _printed(lambda core, request: [["- - - - - - - -", "center"]]),
    printing.OpenDrawer: open_drawer,
    printing.ContinuePrint: continue_print,
    printing.OpenNonFiscal: open_non_fiscal,
    printing.CloseNonFiscal: close_non_fiscal,
    CopyLast: copy_last,
    printing.LoadGraphics: _accepted,
    printing.LoadExtendedGraphics: _accepted,
    printing.LoadGraphics512: _accepted,
    printing.LoadCode2D: _accepted,
    printing.PrintGraphics: _printed(_picture("графика")),
    printing.PrintExtendedGraphics: _printed(_picture("графика")),
    printing.PrintGraphics512: _printed(_picture("графика")),
    printing.PrintScaledGraphics: _printed(_picture("графика")),
    printing.PrintRaster: _printed(lambda core, request: []),
    printing.PrintEan13: _printed(
        lambda core, request: [[f"[EAN-13 {int.from_bytes(request.code, 'little'):012d}]", "center"]]
    ),
    printing.PrintBarcode: _printed(lambda core, request: [[f"[штрих-код {cp1251(request.data)}]", "center"]]),
    printing.PrintCode2D: code_2d,
}
