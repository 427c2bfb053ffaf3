"""Any captured bytes of Пирит in words: frames of both sides, single bytes, what is cut or spoilt. For technicians.

Pure: bytes in, lines out; nothing raises. Lines are Russian where a person at the till reads them, indented by two
spaces a level. Which side sent a frame is told by the password in it unless the caller knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from protocols.ffd.tags import name_of
from protocols.ffd.tlv import Element, TlvError, decode
from protocols.framing import Fit
from protocols.pirit import errors, statuses, vat
from protocols.pirit.commands import COMMANDS, Command, Echo, parse_reply, parse_request
from protocols.pirit.commands.receipts import DocumentTag
from protocols.pirit.commands.state import WriteSetting
from protocols.pirit.extended import extended
from protocols.pirit.fields import ENCODING, Cashier, Part
from protocols.pirit.framing import (
    ACK,
    ENQ,
    LF,
    PASSWORD,
    Ack,
    DeviceEvent,
    DeviceStream,
    Enquiry,
    Feed,
    HostEvent,
    HostStream,
    Junk,
    Payload,
    Reply,
    Request,
    Spoilt,
    Trouble,
)
from protocols.pirit.messages import Texts, split
from protocols.pirit.settings import SETTINGS
from protocols.wire import WireError, names_of


class Sender(Enum):
    HOST = "host"
    DEVICE = "device"


_PASSWORDS = (PASSWORD, b"DRRB")
_SINGLE = {ENQ: "ENQ: проверка связи", ACK: "ACK: касса на связи", LF: "LF: промотка бумаги на строку"}
_TROUBLE = {
    Trouble.CHECKSUM: "неверная контрольная сумма",
    Trouble.LAYOUT: "не кадр этого протокола",
    Trouble.TOO_LONG: "слишком длинный",
    Trouble.CUT: "оборван началом другого кадра",
    Trouble.TIMEOUT: "оборван",
}


def explain(data: bytes, sender: Sender | None = None) -> tuple[str, ...]:
    """What these bytes say. A stream of several frames and single bytes is explained in order."""
    if not data:
        return ("пусто",)
    return tuple(line for piece, side in _pieces(data, sender) for line in _piece(piece, side))


def fits(data: bytes) -> Fit:
    """Whether these bytes are of this protocol. LF alone is of none: it ends lines everywhere."""
    if data and not data.strip(bytes((ENQ, ACK))):
        return Fit.SURE
    found: list[HostEvent | DeviceEvent | None] = []
    for piece, side in _pieces(data, None):
        events, rest = _read(piece, side)
        found += [*events, rest]
    if any(isinstance(one, Request | Reply) for one in found):
        return Fit.SURE
    named = any(isinstance(one, Spoilt) and one.command is not None for one in found)
    return Fit.PERHAPS if named or any(password in data for password in _PASSWORDS) else Fit.NO


def _pieces(data: bytes, sender: Sender | None) -> Iterator[tuple[bytes, Sender]]:
    if sender is not None:
        yield data, sender
        return
    for piece in re.split(rb"(?=\x02)", data):
        if piece:
            yield piece, Sender.HOST if piece[1:5] in _PASSWORDS else Sender.DEVICE


def _piece(data: bytes, side: Sender) -> Iterator[str]:
    events, rest = _read(data, side)
    for event in events:
        match event:
            case Request():
                yield from explain_request(event)
            case Reply():
                yield from explain_reply(event)
            case Spoilt():
                yield f"негодный кадр ({_TROUBLE[event.trouble]}): {event.raw.hex(' ')}"
            case Enquiry():
                yield _SINGLE[ENQ]
            case Feed():
                yield _SINGLE[LF]
            case Ack():
                yield _SINGLE[ACK]
            case Junk(data=b"\x05" | b"\x06" | b"\x0a"):
                yield _SINGLE[event.data[0]]
            case Junk() | Payload():
                yield f"посторонние байты: {event.data.hex(' ')}"
    if rest is not None:
        yield f"кадр оборван: {rest.raw.hex(' ')}"


def _read(data: bytes, side: Sender) -> tuple[list[HostEvent] | list[DeviceEvent], Spoilt | None]:
    if side is Sender.DEVICE:
        host = HostStream()
        return host.feed(data), host.timeout()
    device = DeviceStream()
    device.feed(data)
    events: list[HostEvent] = []
    while (event := device.poll()) is not None:
        events.append(event)
    return events, device.timeout()


def explain_request(frame: Request) -> tuple[str, ...]:
    """A host's frame."""
    try:
        command, request = parse_request(frame)
    except WireError as error:
        return (f"команда {frame.command:02X}h, ид. {frame.id:02X}h", f"  не разобрано: {error}", *_raw(frame.data))
    return (f"команда {_title(command)}, ид. {frame.id:02X}h", *_fields(command, request))


def explain_reply(frame: Reply) -> tuple[str, ...]:
    """A device's frame. Which query it answers is told by its first field, where it has one."""
    command = _answered(frame)
    head = f"ответ {_title(command) if command else f'{frame.command:02X}h'}, ид. {frame.id:02X}h"
    if frame.error:
        row = errors.describe(frame.error)
        return (
            f"{head}: ошибка {frame.error:02X}h, {row.text_ru}",
            f"  что делать: {row.hint_ru}",
            *_raw(frame.data),
        )
    if command is None:
        return f"{head}: ошибок нет", *_raw(frame.data)
    try:
        reply = parse_reply(command, frame)
    except WireError as error:
        return head, f"  не разобрано: {error}", *_raw(frame.data)
    return f"{head}: ошибок нет", *_fields(command, reply)


def _answered(frame: Reply) -> Command | None:
    plain = COMMANDS.get((frame.command, None))
    if plain is not None:
        return plain
    number = (split(frame.data) or [b""])[0]
    found = COMMANDS.get((frame.command, int(number))) if re.fullmatch(rb"\d{1,3}", number) else None
    return None if found is None or found.echo is Echo.NONE else found


def _title(command: Command) -> str:
    return f"{command.label} {command.name} — {command.title_ru}"


def _raw(data: bytes) -> tuple[str, ...]:
    """A line of its own: it may be of people, and whoever masks a trace goes by lines."""
    fields = split(data)
    return (f"  поля: {' | '.join(field.decode(ENCODING) for field in fields)}",) if fields else ()


#: Fields that are tags of people, or of their goods: with the number they are masked as the tags of TLV are.
_TAGS: Mapping[str, int] = {
    "operator": 1021, "buyer": 1008, "sender": 1117, "buyer_name": 1227, "buyer_inn": 1228, "buyer_birthday": 1243,
    "buyer_citizenship": 1244, "buyer_document_code": 1245, "buyer_document": 1246, "buyer_address": 1254,
    "supplier_inn": 1226, "supplier_phones": 1171, "supplier_name": 1225, "operator_address": 1005,
    "operator_inn": 1016, "operator_name": 1026, "operator_phones": 1075, "agent_operation": 1044,
    "agent_phones": 1073, "receiver_phones": 1074, "additional": 1191, "federal_id": 1262, "base_number": 1264,
    "industry": 1265, "code": 2000, "user_name": 1085, "user_value": 1086,
}  # fmt: skip
#: Of these the field `code` is a number of something else.
_CODES = frozenset({"print_detail", "archived", "select_document", "notification_answer"})
_PASSWORD_SETTING = 20


def _label(command: Command, message: Texts, name: str) -> str:
    if name == "value" and isinstance(message, DocumentTag):
        return f"{message.tag} {name}"
    tag = None if name == "code" and command.name in _CODES else _TAGS.get(name)
    return name if tag is None else f"{tag} {name}"


def _is_secret(message: Texts, name: str) -> bool:
    if isinstance(message, WriteSetting):
        return name == "value" and message.setting == _PASSWORD_SETTING
    return name in {"password", "key"}


def _fields(command: Command, message: Texts) -> Iterator[str]:
    for name in names_of(type(message)):
        value = getattr(message, name)
        if value is None or value in {"", b""} or value == Cashier():
            continue
        if _is_secret(message, name):
            yield f"  {name}: ***"
        elif command.name in {"read_tlv", "read_registration_tlv"} and name == "data":
            yield from _tlv(value)
        else:
            words = _WORDS.get((command.name, name)) or _WORDS.get(("", name))
            label = _label(command, message, name)
            yield f"  {label}: {_text(value, name)}{f' — {words(value)}' if words else ''}"


def _tlv(raw: bytes) -> Iterator[str]:
    try:
        elements = decode(raw)
    except TlvError:
        yield f"  data: {raw.hex(' ')}"  # a block ends where it ends, not where a tag does
        return
    yield from _tree(elements, "  ")


def _tree(elements: tuple[Element, ...], indent: str) -> Iterator[str]:
    for element in elements:
        if isinstance(element.value, tuple):
            yield f"{indent}{element.tag} {name_of(element.tag)}:"
            yield from _tree(element.value, indent + "  ")
        else:
            yield f"{indent}{element.tag} {name_of(element.tag)}: {_text(element.value, '')}"


#: Whole numbers that are kopecks.
_MONEY = frozenset(
    {"price", "sum", "discount", "excise", "cash", "electronic", "prepaid", "postpaid", "other", "total", "vat_10",
     "vat_0", "vat_none", "vat_120", "vat_110", "sale_sum", "return_sum", "cancelled_sum", "cash_in_sum",
     "cash_out_sum", "correction_total", "values", "taxes", "zero"}
)  # fmt: skip


def _text(value: Any, name: str) -> str:
    match value:
        case int() if name in _MONEY and not isinstance(value, bool):
            return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
        case bytes():
            return re.sub(r"[\x00-\x1f]", lambda found: f"<{ord(found[0]):02X}>", value.decode(ENCODING))
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case Part():
            return f"{value.sold}/{value.of}"
        case Cashier():
            return f"{value.name}{f', ИНН {value.inn}' if value.inn else ''}"
        case tuple():
            return ", ".join(_text(each, name) for each in value)
        case _:
            return str(value)


def _mask(table: Mapping[int, str]) -> Callable[[int], str]:
    return lambda value: ", ".join(statuses.texts(table, value)) or "нет"


def _named(table: Mapping[int, str]) -> Callable[[int], str]:
    return lambda value: table.get(value, "неизвестно")


def _mode(value: int) -> str:
    kind, bits = value & 0x0F, statuses.DocumentMode(value & 0xB0)
    words = [statuses.DOCUMENT_TEXT.get(kind, "неизвестный документ")]
    words += ["пакетный режим"] if bits & statuses.DocumentMode.PACKET else []
    words += ["без печати"] if bits & statuses.DocumentMode.NO_PRINT else []
    return ", ".join(words)


def _vat(row: int) -> str:
    known = vat.BY_ROW.get(row)
    return "неизвестная ставка" if known is None else known.name or "без НДС"


def _setting(number: int) -> str:
    return SETTINGS[number].title_ru if number in SETTINGS else "неизвестная настройка"


_PAYMENTS = {0: "наличными", 1: "электронными", 13: "зачёт аванса", 14: "в кредит", 15: "встречное предоставление"}

#: (command, field) -> the value in words; an empty command name is for all.
_WORDS: Mapping[tuple[str, str], Callable[[Any], str]] = {
    ("status", "fatal"): _mask(statuses.FATAL_TEXT),
    ("status", "flags"): _mask(statuses.FLAG_TEXT),
    ("status", "document"): statuses.document_text,
    ("printer_status", "value"): _mask(statuses.PRINTER_TEXT),
    ("extended_error", "number"): lambda number: extended(number).text_ru,
    ("drive_blocks", "value"): _mask(statuses.DRIVE_BLOCK_TEXT),
    ("read_setting", "setting"): _setting,
    ("write_setting", "setting"): _setting,
    ("last_receipt", "type"): _named(statuses.DOCUMENT_TEXT),
    ("open_document", "mode"): _mode,
    ("open_copy", "mode"): _mode,
    ("", "taxation"): _named(statuses.TAXATION_TEXT),
    ("add_item", "vat"): _vat,
    ("payment", "type"): lambda value: _PAYMENTS.get(value, "вид электронных"),
    ("document_tag", "tag"): name_of,
    ("drive_state", "state"): statuses.drive_text,
    ("drive_state", "document"): _named(statuses.CURRENT_DOCUMENT_TEXT),
    ("drive_state", "warnings"): _mask(statuses.WARNING_TEXT),
    ("exchange", "status"): _mask(statuses.EXCHANGE_TEXT),
    ("marking_state", "check"): _named(statuses.MARKING_CHECK_TEXT),
    ("marking_state", "fill"): _named(statuses.MARKING_FILL_TEXT),
    ("check_code", "reason"): _named(statuses.UNCHECKED_TEXT),
}
