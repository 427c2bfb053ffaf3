"""§3.1: money and operation registers, settings tables, font metrics."""

from __future__ import annotations

from protocols.shtrih.commands.base import Access, Empty, Request, row
from protocols.shtrih.wire import RegisterNumber, Text40
from protocols.wire import U8, U16, U48, Message, Rest, message


@message
class ReadMoney(Request["ReadMoneyReply"]):
    number: RegisterNumber


@message
class ReadMoneyReply(Message):
    operator: U8
    value: U48


@message
class ReadCounter(Request["ReadCounterReply"]):
    number: U8


@message
class ReadCounterReply(Message):
    operator: U8
    value: U16


@message
class WriteTable(Request[Empty]):
    table: U8
    row: U16
    field: U8
    value: Rest


@message
class ReadTable(Request["ReadTableReply"]):
    table: U8
    row: U16
    field: U8


@message
class ReadTableReply(Message):
    value: Rest


@message
class InitTables(Request[Empty]):
    pass


@message
class FontMetrics(Request["FontMetricsReply"]):
    font: U8


@message
class FontMetricsReply(Message):
    width: U16
    char_width: U8
    char_height: U8
    fonts: U8


@message
class TableStructure(Request["TableStructureReply"]):
    table: U8


@message
class TableStructureReply(Message):
    name: Text40
    rows: U16
    fields: U8


@message
class FieldStructure(Request["FieldStructureReply"]):
    table: U8
    field: U8


@message
class FieldStructureReply(Message):
    """`limits` holds min and max (`size` bytes each, little-endian) for a BIN field; ignore it for CHAR."""

    name: Text40
    type: U8
    size: U8
    limits: Rest

    @property
    def is_text(self) -> bool:
        return self.type == 1

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest value of a BIN field."""
        low, high = self.limits[: self.size], self.limits[self.size : 2 * self.size]
        return int.from_bytes(low, "little"), int.from_bytes(high, "little")


ROWS = (
    row(0x1A, "read_money", "Запрос денежного регистра", ReadMoney, ReadMoneyReply),
    row(0x1B, "read_counter", "Запрос операционного регистра", ReadCounter, ReadCounterReply),
    row(0x1E, "write_table", "Запись таблицы", WriteTable, Empty, access=Access.SYSTEM),
    row(0x1F, "read_table", "Чтение таблицы", ReadTable, ReadTableReply, access=Access.SYSTEM),
    row(0x24, "init_tables", "Инициализация таблиц", InitTables, Empty, access=Access.SYSTEM),
    row(0x26, "font_metrics", "Параметры шрифта", FontMetrics, FontMetricsReply, timeout=5.0, access=Access.SYSTEM),
    row(0x2D, "table_structure", "Структура таблицы", TableStructure, TableStructureReply, access=Access.SYSTEM),
    row(0x2E, "field_structure", "Структура поля", FieldStructure, FieldStructureReply, access=Access.SYSTEM),
)
