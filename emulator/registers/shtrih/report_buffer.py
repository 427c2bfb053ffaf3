"""C6h…CAh: the Z report kept as lines that the host reads or prints later (cashless terminals print them themselves).

UNCONFIRMED: lines count from zero, an empty buffer is error 34h, and the buffer outlives a power cut.
"""

from __future__ import annotations

from emulator.fiscal_drive import StoredDocument
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih import fiscal
from emulator.registers.shtrih.core import Core, Handlers
from protocols.ffd.enums import DocumentCode
from protocols.paper import text
from protocols.shtrih import errors
from protocols.shtrih.commands import Empty, OperatorReply
from protocols.shtrih.commands.printing import (
    ClearReportBuffer,
    PrintReportBuffer,
    ReportBufferLine,
    ReportBufferLineReply,
    ReportBufferLines,
    ReportBufferLinesReply,
    ReportToBuffer,
)

FIRST_LINE = 0


def report_to_buffer(core: Core, request: ReportToBuffer, operator: int) -> OperatorReply:
    """Close the shift; its report goes into the buffer instead of onto paper."""
    body = (*core.begun_tags, *fiscal.cashier_tags(core, core.begun_tags, operator))

    def then(document: StoredDocument) -> None:
        core.end_shift()
        core.memory.last_document = document.number
        lines = text.render(core.printer.tape.rendered({"document": document.number}), qr=False).splitlines()
        core.memory.report_lines = [line.encode("cp1251", "replace").decode("cp1251") for line in lines]
        core.memory.report_printed = 0

    core.make(DocumentCode.SHIFT_CLOSE, body, then)
    return OperatorReply(operator)


def _lines(core: Core) -> list[str]:
    if not core.memory.report_lines:
        raise Refusal(errors.NO_DATA)
    return core.memory.report_lines


def print_buffer(core: Core, request: PrintReportBuffer, operator: int) -> OperatorReply:
    lines = _lines(core)
    core.printer.text(*([line] for line in lines))
    core.memory.report_printed = len(lines)
    return OperatorReply(operator)


def count_lines(core: Core, request: ReportBufferLines, operator: int) -> ReportBufferLinesReply:
    return ReportBufferLinesReply(len(core.memory.report_lines), core.memory.report_printed)


def read_line(core: Core, request: ReportBufferLine, operator: int) -> ReportBufferLineReply:
    lines, at = _lines(core), request.line - FIRST_LINE
    if not 0 <= at < len(lines):
        raise Refusal(errors.BAD_PARAMETERS)
    return ReportBufferLineReply(lines[at])


def clear_buffer(core: Core, request: ClearReportBuffer, operator: int) -> Empty:
    core.memory.report_lines = []
    core.memory.report_printed = 0
    return Empty()


HANDLERS: Handlers = {
    ReportToBuffer: report_to_buffer,
    PrintReportBuffer: print_buffer,
    ReportBufferLines: count_lines,
    ReportBufferLine: read_line,
    ClearReportBuffer: clear_buffer,
}
