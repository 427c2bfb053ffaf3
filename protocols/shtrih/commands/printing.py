"""§3.1, §3.2: text, graphics, barcodes, paper, drawer; nothing here is fiscal."""

from __future__ import annotations

from typing import Annotated

from protocols.shtrih.commands.base import Access, Empty, OperatorReply, Request, row
from protocols.shtrih.wire import Tail, Tail20, Tail40, Tail200
from protocols.wire import U8, U16, MaybeU8, MaybeU16, Message, Rest, message, raw_bytes

Line40 = Annotated[bytes, raw_bytes(40)]
Block64 = Annotated[bytes, raw_bytes(64)]
Code5 = Annotated[bytes, raw_bytes(5)]


@message
class PrintBold(Request[OperatorReply]):
    flags: U8
    text: Tail20


@message
class PrintString(Request[OperatorReply]):
    flags: U8
    text: Tail40


@message
class PrintTitle(Request["PrintTitleReply"]):
    """Text of 30 characters followed by the document number (2 bytes, little-endian)."""

    content: Rest


@message
class PrintTitleReply(Message):
    operator: U8
    document: U16


@message
class PrintFont(Request[OperatorReply]):
    flags: U8
    font: U8
    text: Tail40


@message
class Cut(Request[OperatorReply]):
    type: U8


@message
class OpenDrawer(Request[OperatorReply]):
    drawer: U8


@message
class Feed(Request[OperatorReply]):
    flags: U8
    lines: U8


@message
class EjectSlip(Request[OperatorReply]):
    direction: U8


@message
class PrintGraphics512(Request[OperatorReply]):
    first: U16
    last: U16
    vertical: U8
    horizontal: U8
    flags: U8


@message
class LoadGraphics512(Request[OperatorReply]):
    line_bytes: U8
    first: U16
    count: U16
    buffer: U8
    data: Rest


@message
class PrintScaledGraphics(Request[OperatorReply]):
    first: U8
    last: U8
    vertical: U8
    horizontal: U8


@message
class PrintHeader(Request[OperatorReply]):
    pass


@message
class EndDocument(Request[OperatorReply]):
    advert: MaybeU8


@message
class PrintAdvert(Request[OperatorReply]):
    pass


@message
class ContinuePrint(Request[OperatorReply]):
    pass


@message
class LoadGraphics(Request[OperatorReply]):
    line: U8
    data: Line40


@message
class PrintGraphics(Request[OperatorReply]):
    first: U8
    last: U8


@message
class PrintEan13(Request[OperatorReply]):
    code: Code5


@message
class PrintExtendedGraphics(Request[OperatorReply]):
    first: U16
    last: U16
    flags: MaybeU8


@message
class LoadExtendedGraphics(Request[OperatorReply]):
    line: U16
    data: Rest


@message
class PrintRaster(Request[OperatorReply]):
    repeats: U16
    flags: U8
    data: Rest


@message
class PrintBarcode(Request[OperatorReply]):
    height: U8
    module: U8
    text_position: U8
    text_font: U8
    type: U8
    data: Rest


@message
class LoadCode2D(Request[OperatorReply]):
    type: U8
    block: U8
    data: Block64


@message
class PrintCode2D(Request["PrintCode2DReply"]):
    """Type 0 PDF417, 1 DataMatrix, 2 Aztec, 3 QR, 131 QR whose answer tells its size."""

    type: U8
    length: U16
    first_block: U8
    parameter_1: U8
    parameter_2: U8
    parameter_3: U8
    parameter_4: U8
    parameter_5: U8
    align: U8


@message
class PrintCode2DReply(Message):
    operator: U8
    parameter_1: MaybeU8
    parameter_2: MaybeU8
    parameter_3: MaybeU8
    parameter_4: MaybeU8
    parameter_5: MaybeU8
    width: MaybeU16
    height: MaybeU16


@message
class ContinueSlip(Request[OperatorReply]):
    pass


@message
class OpenNonFiscal(Request[OperatorReply]):
    pass


@message
class CloseNonFiscal(Request[OperatorReply]):
    pass


@message
class PrintRequisite(Request[OperatorReply]):
    requisite: U8
    text: Tail200


@message
class ReportToBuffer(Request[OperatorReply]):
    pass


@message
class PrintReportBuffer(Request[OperatorReply]):
    pass


@message
class ReportBufferLines(Request["ReportBufferLinesReply"]):
    pass


@message
class ReportBufferLinesReply(Message):
    total: U16
    printed: U16


@message
class ReportBufferLine(Request["ReportBufferLineReply"]):
    line: U16


@message
class ReportBufferLineReply(Message):
    text: Tail


@message
class ClearReportBuffer(Request[Empty]):
    pass


ROWS = (
    row(0x12, "print_bold", "Печать жирной строки", PrintBold, OperatorReply),
    row(0x17, "print_string", "Печать строки", PrintString, OperatorReply),
    row(0x18, "print_title", "Печать заголовка документа", PrintTitle, PrintTitleReply),
    row(0x2F, "print_font", "Печать строки данным шрифтом", PrintFont, OperatorReply),
    row(0x25, "cut", "Отрезка чека", Cut, OperatorReply),
    row(0x28, "open_drawer", "Открыть денежный ящик", OpenDrawer, OperatorReply),
    row(0x29, "feed", "Протяжка", Feed, OperatorReply),
    row(0x2A, "eject_slip", "Выброс подкладного документа", EjectSlip, OperatorReply),
    row(0x4D, "print_graphics_512", "Печать графики-512", PrintGraphics512, OperatorReply),
    row(0x4E, "load_graphics_512", "Загрузка графики-512", LoadGraphics512, OperatorReply),
    row(0x4F, "print_scaled_graphics", "Печать графики с масштабированием", PrintScaledGraphics, OperatorReply),
    row(0x52, "print_header", "Печать клише", PrintHeader, OperatorReply),
    row(0x53, "end_document", "Конец документа", EndDocument, OperatorReply),
    row(0x54, "print_advert", "Печать рекламного текста", PrintAdvert, OperatorReply),
    row(0xB0, "continue_print", "Продолжение печати", ContinuePrint, OperatorReply),
    row(0xC0, "load_graphics", "Загрузка графики", LoadGraphics, OperatorReply),
    row(0xC1, "print_graphics", "Печать графики", PrintGraphics, OperatorReply),
    row(0xC2, "print_ean13", "Печать штрих-кода EAN-13", PrintEan13, OperatorReply),
    row(0xC3, "print_extended_graphics", "Печать расширенной графики", PrintExtendedGraphics, OperatorReply),
    row(0xC4, "load_extended_graphics", "Загрузка расширенной графики", LoadExtendedGraphics, OperatorReply),
    row(0xC5, "print_raster", "Печать графической линии", PrintRaster, OperatorReply),
    row(
        0xC6,
        "report_to_buffer",
        "Суточный отчёт с гашением в буфер",
        ReportToBuffer,
        OperatorReply,
        timeout=65.0,
        access=Access.ADMIN,
    ),
    row(0xC7, "print_report_buffer", "Печать отчёта из буфера", PrintReportBuffer, OperatorReply, access=Access.ADMIN),
    row(0xC8, "report_buffer_lines", "Число строк в буфере", ReportBufferLines, ReportBufferLinesReply),
    row(0xC9, "report_buffer_line", "Строка буфера", ReportBufferLine, ReportBufferLineReply),
    row(0xCA, "clear_report_buffer", "Очистить буфер", ClearReportBuffer, Empty),
    row(0xCB, "print_barcode", "Печать штрих-кода средствами принтера", PrintBarcode, OperatorReply),
    row(0xDD, "load_code_2d", "Загрузка данных двумерного кода", LoadCode2D, OperatorReply),
    row(0xDE, "print_code_2d", "Печать двумерного кода", PrintCode2D, PrintCode2DReply),
    row(0xE1, "continue_slip", "Допечатать подкладной документ", ContinueSlip, OperatorReply),
    row(0xE2, "open_non_fiscal", "Открыть нефискальный документ", OpenNonFiscal, OperatorReply),
    row(0xE3, "close_non_fiscal", "Закрыть нефискальный документ", CloseNonFiscal, OperatorReply),
    row(0xE4, "print_requisite", "Печать реквизита", PrintRequisite, OperatorReply),
)
