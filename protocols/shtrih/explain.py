"""Any captured bytes in words: frames of both low levels, or bare messages. For technicians and for traces.

Pure: bytes in, lines out; nothing raises. Lines are Russian where a person at the till reads them, indented by two
spaces a level. Which side sent a bare message is found out by its layout unless the caller knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from protocols.ffd.tags import name_of
from protocols.ffd.tlv import Element, TlvError, decode
from protocols.fn.statuses import drive_warnings
from protocols.framing import Fit
from protocols.shtrih import errors, registers, statuses, vat
from protocols.shtrih.archive import found_document
from protocols.shtrih.commands import COMMANDS, Command, DeviceRefusal, WireError, code_of, parse_reply
from protocols.shtrih.commands.drive import FindDocumentReply
from protocols.shtrih.framing_v1 import Ack, BadFrame, Enquiry, Frame, HostV1, Junk, Nak
from protocols.shtrih.framing_v2 import MARKER, BadPacket, Packet, PacketReader
from protocols.wire import Message, kinds_of

_CONTROL = frozenset({0x02, 0x05, 0x06, 0x15})
_LEADING = frozenset({0x00, 0xFF})
_MAX_PASSWORD = 99_999_999


class Sender(Enum):
    HOST = "host"
    DEVICE = "device"


def explain(data: bytes, sender: Sender | None = None) -> tuple[str, ...]:
    """What these bytes say. A stream of several frames and control bytes is explained in order."""
    if not data:
        return ("пусто",)
    if data[0] == MARKER:
        return tuple(_v2(data, sender))
    first = next((byte for byte in data if byte not in _LEADING), data[0])
    if first in _CONTROL:
        lines = tuple(_v1(data, sender))
        if lines:
            return lines
    return explain_message(data, sender)


def fits(data: bytes) -> Fit:
    """Whether these bytes are of this protocol."""
    if not data:
        return Fit.NO
    if data[0] == MARKER:
        return Fit.SURE if any(isinstance(one, Packet) for one in PacketReader().feed(data)) else Fit.PERHAPS
    parser = HostV1()
    events = parser.feed(data)
    if any(isinstance(one, Frame) for one in events):
        return Fit.SURE
    if events and all(isinstance(one, Ack | Nak | Enquiry) for one in events):
        return Fit.PERHAPS if parser.mid_frame else Fit.SURE
    broken = isinstance(events[0], BadFrame) if events else parser.mid_frame
    return Fit.PERHAPS if broken or _is_message(data) else Fit.NO


def _is_message(data: bytes) -> bool:
    try:
        command = COMMANDS.get(code_of(data))
        if command is None:
            return False
        if _as_request(command, data, sure=False) is None:
            parse_reply(command, data)
    except DeviceRefusal:
        return True
    except WireError:
        return False
    return True


def explain_message(data: bytes, sender: Sender | None = None) -> tuple[str, ...]:
    """A message without framing: command or reply."""
    try:
        command = COMMANDS.get(code_of(data))
    except WireError as error:
        return (f"не сообщение: {error}",)
    if command is None:
        return (f"неизвестная команда {code_of(data):02X}h: {data.hex(' ')}",)
    return tuple(_message(command, data, sender))


def _v1(data: bytes, sender: Sender | None) -> Iterator[str]:
    parser = HostV1()
    for event in parser.feed(data):
        match event:
            case Ack():
                yield "ACK: подтверждение"
            case Nak():
                yield "NAK: отрицательное подтверждение"
            case Enquiry():
                yield "ENQ: запрос готовности"
            case Junk():
                yield f"посторонний байт {event.byte:02X}h"
            case BadFrame():
                yield f"кадр v1 с неверной контрольной суммой или длиной: {event.raw.hex(' ')}"
            case Frame():
                yield f"кадр v1, длина {len(event.message)}"
                yield from _indented(explain_message(event.message, sender))
    if parser.mid_frame:
        yield "кадр v1 оборван"


def _v2(data: bytes, sender: Sender | None) -> Iterator[str]:
    reader = PacketReader()
    for event in reader.feed(data):
        match event:
            case BadPacket():
                yield f"негодный пакет v2: {event.reason}"
            case Packet(number=None):
                yield "пакет v2: синхронизация"
            case Packet(data=b""):
                yield f"пакет v2 № {event.number}: ответов ещё не было"
            case Packet():
                yield f"пакет v2 № {event.number}, данных {len(event.data)}"
                yield from _indented(explain_message(event.data, sender))
    if reader.mid_frame:
        yield "пакет v2 оборван"


def _indented(lines: tuple[str, ...]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _message(command: Command, data: bytes, sender: Sender | None) -> Iterator[str]:
    title = f"{command.code:02X}h {command.name} — {command.title_ru}"
    request = None if sender is Sender.DEVICE else _as_request(command, data, sure=sender is Sender.HOST)
    if request is not None:
        yield f"команда {title}"
        yield from _fields(request)
        return
    try:
        reply = parse_reply(command, data)
    except DeviceRefusal as refusal:
        row = errors.describe(refusal.number)
        yield f"ответ {title}: ошибка {refusal.number:02X}h, {row.text_ru}"
        yield f"  что делать: {row.hint_ru}"
    except WireError as error:
        yield f"{title}: не разобрано ({error}): {data.hex(' ')}"
    else:
        yield f"ответ {title}: ошибок нет"
        yield from _fields(reply)


def _as_request(command: Command, data: bytes, *, sure: bool) -> Message | None:
    """The bytes as a host's message; unsure ones must have a plausible password and not read as an empty reply."""
    try:
        request = command.request.decode(data[len(command.code_bytes) :])
    except WireError:
        return None
    if sure or getattr(request, "password", 0) <= _MAX_PASSWORD:
        return request
    return None


def _fields(message: Message) -> Iterator[str]:
    for name in kinds_of(type(message)):
        value = getattr(message, name)
        words = _WORDS.get((type(message).__name__, name)) or _WORDS.get(("", name))
        if name == "password":
            yield "  password: ***"
        elif name == "tlv" and isinstance(value, bytes):
            yield from _tlv(value)
        elif value is not None:
            yield f"  {name}: {_text(value, name)}{f' — {words(value)}' if words else ''}"
    if isinstance(message, FindDocumentReply):
        yield from _found(message)


def _found(reply: FindDocumentReply) -> Iterator[str]:
    try:
        found = found_document(reply.code, reply.data)
    except WireError:
        return
    total = "" if found.total is None else f", сумма {_money(found.total)}"
    yield f"  документ {found.document}, ФП {found.sign}{total}"


def _tlv(raw: bytes) -> Iterator[str]:
    try:
        elements = decode(raw)
    except TlvError as error:
        yield f"  TLV не разобран ({error}): {raw.hex(' ')}"
        return
    yield from _tree(elements, "  ")


def _tree(elements: tuple[Element, ...], indent: str) -> Iterator[str]:
    for element in elements:
        if isinstance(element.value, tuple):
            yield f"{indent}{element.tag} {name_of(element.tag)}:"
            yield from _tree(element.value, indent + "  ")
        else:
            yield f"{indent}{element.tag} {name_of(element.tag)}: {_text(element.value, '')}"


def _money(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"


#: Integer fields that are kopecks.
_MONEY = frozenset(
    {"price", "sum", "tax_sum", "change", "total", "cash", "electronic", "prepaid", "postpaid", "other", "discount",
     "surcharge", "rounding"}
)  # fmt: skip


def _text(value: Any, name: str) -> str:
    match value:
        case bool() | str():
            return str(value)
        case int() if name in _MONEY:
            return _money(value)
        case tuple() if name in {"payments", "taxes"} and any(each > 255 for each in value if isinstance(each, int)):
            filled = (f"{at}={_money(each)}" for at, each in enumerate(value, start=1) if each)
            return ", ".join(filled)
        case bytes():
            return value.hex(" ") or "пусто"
        case datetime() | date() | time():
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case tuple():
            return ", ".join(_text(each, "") for each in value)
        case _:
            return str(value)


def _vat(code: int) -> str:
    found = vat.of_wire(code)
    return vat.BY_VAT[found].name if found else "неизвестная ставка"


def _joined(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "нет"


def _flags(value: int) -> str:
    return _joined(statuses.flags_text(value))


def _exchange(value: int) -> str:
    return _joined(tuple(text for flag, text in statuses.EXCHANGE_TEXT.items() if value & flag))


def _submode(value: int) -> str:
    try:
        return statuses.SUBMODE_TEXT[statuses.Submode(value)]
    except ValueError:
        return "неизвестный подрежим"


#: (message class, field) -> the value in words; an empty class name is for every message.
_WORDS: Mapping[tuple[str, str], Callable[[int], str]] = {
    ("ShortStatusReply", "flags"): _flags,
    ("LongStatusReply", "flags"): _flags,
    ("ShortStatusReply", "mode"): statuses.mode_text,
    ("LongStatusReply", "mode"): statuses.mode_text,
    ("", "submode"): _submode,
    ("DriveStatusReply", "phase"): lambda value: statuses.PHASE_TEXT.get(value, "неизвестная фаза"),
    ("", "current_document"): lambda value: statuses.CURRENT_DOCUMENT_TEXT.get(value, "неизвестный документ"),
    ("DriveStatusReply", "warnings"): lambda value: _joined(drive_warnings(value)),
    ("OfdStatusReply", "status"): _exchange,
    ("OperationV2", "tax"): _vat,
    ("ReceiptAdjustment", "tax"): _vat,
    ("ReadMoney", "number"): lambda value: registers.money_text(value) or "нет такого регистра",
    ("ReadCounter", "number"): lambda value: registers.counter_text(value) or "нет такого регистра",
}
