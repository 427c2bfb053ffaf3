"""Any captured bytes in words: packets of protocol 3 with their tasks, frames of protocol 2, or bare messages.

Pure: bytes in, lines out; nothing raises. Lines are Russian, indented by two spaces a level. Which side sent a bare
message is found out by its layout unless the caller knows. An answer does not say what it answers: it is read by the
command of the same task where the stream has it, or by the one given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from protocols.atol import errors, models, registers, statuses, vat
from protocols.atol.commands import COMMANDS, Command, DeviceRefusal, parse_reply, parse_request
from protocols.atol.framing_v2 import ACK, ENQ, EOT, NAK, BadFrame, Control, Frame, FrameReader
from protocols.atol.framing_v3 import ASYNC_ID, STX, BadPacket, Packet, PacketReader
from protocols.atol.tasks import (
    PARAMETER_TEXT,
    STATE_TEXT,
    TASK_ERROR_TEXT,
    Abort,
    Ack,
    AckAdd,
    Action,
    Add,
    Answer,
    Finished,
    Refused,
    Req,
    State,
    TaskFlag,
    TaskState,
    parse_action,
    parse_answer,
)
from protocols.ffd.tags import name_of
from protocols.ffd.tlv import Element, TlvError, decode
from protocols.framing import Fit
from protocols.wire import Message, WireError, kinds_of


class Sender(Enum):
    HOST = "host"
    DEVICE = "device"


_CONTROL = {ENQ: "ENQ: запрос готовности", ACK: "ACK: подтверждение", NAK: "NAK: отказ", EOT: "EOT: конец передачи"}
_V2_STARTS = frozenset({0x02, *_CONTROL})
_ANSWER = 0x55  # what most answers begin with
_FIRST_ACTION = 0xC0  # of the host; below are states and errors of the device


def explain(data: bytes, sender: Sender | None = None, command: Command | None = None) -> tuple[str, ...]:
    """What these bytes say. A stream of several packets or frames is explained in order, answers by their commands."""
    if not data:
        return ("пусто",)
    if STX in data[:1] or (STX in data and data[0] not in _V2_STARTS):
        lines = tuple(_v3(data, command))
        if lines:
            return lines
    if data[0] in _V2_STARTS:
        return tuple(_v2(data, sender, command))
    return explain_message(data, sender, command)


def fits(data: bytes) -> Fit:
    """Whether these bytes are of this protocol."""
    if not data:
        return Fit.NO
    if any(isinstance(one, Packet) for one in PacketReader().feed(data)):
        return Fit.SURE
    if not data.strip(bytes(_CONTROL)):
        return Fit.SURE
    reader = FrameReader()
    events = reader.feed(data)
    if any(isinstance(one, Frame) and _is_message(one.message) for one in events):
        return Fit.SURE
    begun = reader.mid_frame or any(isinstance(one, Frame | BadFrame) for one in events)
    return Fit.PERHAPS if data[0] == STX or (begun and data[0] in _V2_STARTS) or _is_message(data) else Fit.NO


def _is_message(data: bytes) -> bool:
    if data[:1] == bytes((_ANSWER,)) or _guess(data) is not None:
        return True
    try:
        parse_request(data)
    except WireError:
        return False
    return True


def explain_message(data: bytes, sender: Sender | None = None, command: Command | None = None) -> tuple[str, ...]:
    """A message without framing: command, or answer (to `command` where it is known)."""
    if not data:
        return ("пустое сообщение",)
    if sender is not Sender.DEVICE:
        try:
            found, request, _ = parse_request(data)
        except WireError as error:
            if sender is Sender.HOST:
                return (f"не команда ({error}): {data.hex(' ')}",)
        else:
            if sender is Sender.HOST or data[0] != _ANSWER:
                title = f"команда {found.code:02X}h {found.name} — {found.title_ru}"
                return (title, *_fields(request))
    return tuple(_answer(data, command))


# --- protocol 3


def _v3(data: bytes, command: Command | None) -> Iterator[str]:
    reader = PacketReader()
    stream = _Stream(command)
    for event in reader.feed(data):
        match event:
            case BadPacket():
                yield f"негодный пакет: {event.reason}"
            case Packet(number, b""):
                yield f"пакет {number:02X}h пустой: просьба повторить пакет с этим номером"
            case Packet():
                own = ", от ККТ по своему почину" if event.number == ASYNC_ID else ""
                yield f"пакет {event.number:02X}h, данных {len(event.data)}{own}"
                yield from _indented(stream.packet(event))
    if reader.mid_frame:
        yield "пакет оборван"


class _Stream:
    """What was asked so far, by which answers are read."""

    def __init__(self, command: Command | None) -> None:
        self._default = command
        self._commands: dict[int, Command] = {}  # by task
        self._tasks: dict[int, int] = {}  # by packet

    def packet(self, packet: Packet) -> Iterator[str]:
        data = packet.data
        try:
            said: Action | Answer = parse_action(data) if data[0] >= _FIRST_ACTION else parse_answer(data)
        except WireError as error:
            yield f"не задание ({error}): {data.hex(' ')}"
            return
        match said:
            case AckAdd(acknowledged, add):
                yield f"C5h: результат задания {acknowledged:02X}h получен"
                yield from self._add(add, packet.number)
            case Add():
                yield from self._add(said, packet.number)
            case Ack(task):
                yield f"C2h: результат задания {task:02X}h получен"
            case Req(task):
                self._tasks[packet.number] = task
                yield f"C3h: что с заданием {task:02X}h?"
            case Abort():
                yield "C4h: снять задания, очистить буфер"
            case _:
                yield from self._answer(said, packet)

    def _answer(self, said: Answer, packet: Packet) -> Iterator[str]:
        first = f"{packet.data[0]:02X}h"
        match said:
            case Finished(task, failed, result):
                yield f"{first}: задание {task:02X}h исполнено{' с ошибкой' if failed else ''}"
                yield from _indented(_answer(result, self._command(task)))
            case State(TaskState.STOPPED, result):
                yield f"{first}: {STATE_TEXT[said.state]}{f', задание {result[0]:02X}h' if result else ''}"
            case State(state, result):
                yield f"{first}: {STATE_TEXT[state]}"
                if result:
                    yield from _indented(_answer(result, self._command(self._tasks.get(packet.number))))
            case Refused(error, parameter):
                known = None if parameter is None else PARAMETER_TEXT.get(parameter, str(parameter))
                yield f"{first}: {TASK_ERROR_TEXT[error]}{f': {known}' if known else ''}"

    def _command(self, task: int | None) -> Command | None:
        return self._default if task is None else self._commands.get(task, self._default)

    def _add(self, add: Add, packet: int) -> Iterator[str]:
        flags = _joined(tuple(words for flag, words in _FLAG_TEXT.items() if add.flags & flag))
        yield f"C1h: задание {add.task:02X}h, флаги {add.flags:02X}h ({flags})"
        self._tasks[packet] = add.task
        try:
            self._commands[add.task] = parse_request(add.command)[0]
        except WireError:
            self._commands.pop(add.task, None)
        yield from _indented(iter(explain_message(add.command, Sender.HOST)))


_FLAG_TEXT = {
    TaskFlag.NEED_RESULT: "вернуть результат",
    TaskFlag.IGNORE_ERROR: "не останавливаться на ошибке",
    TaskFlag.WAIT_ASYNC_DATA: "ждать внешнее устройство",
}


# --- protocol 2


def _v2(data: bytes, sender: Sender | None, command: Command | None) -> Iterator[str]:
    reader = FrameReader()
    for event in reader.feed(data):
        match event:
            case Control(byte):
                yield _CONTROL.get(byte, f"посторонний байт {byte:02X}h")
            case BadFrame(reason):
                yield f"негодный кадр: {reason}"
            case Frame(message):
                yield f"кадр, длина {len(message)}"
                yield from _indented(iter(explain_message(message, sender, command)))
                try:
                    command = parse_request(message)[0]
                except WireError:
                    continue
    if reader.mid_frame:
        yield "кадр оборван"


# --- messages


def _answer(data: bytes, command: Command | None) -> Iterator[str]:
    command = command or _guess(data)
    if command is None:
        yield from _bare(data)
        return
    title = f"ответ на {command.code:02X}h {command.name} — {command.title_ru}"
    try:
        reply = parse_reply(command, data)
    except DeviceRefusal as refusal:
        yield title
        yield from _indented(_refusal(refusal.number, refusal.extra))
    except WireError as error:
        yield f"{title}: не разобрано ({error}): {data.hex(' ')}"
    else:
        yield f"{title}: ошибок нет"
        yield from _fields(reply)


def _guess(data: bytes) -> Command | None:
    """Of answers that say what they are."""
    return COMMANDS[0x3F] if data[:1] == b"\x44" and len(data) == 30 else None


def _bare(data: bytes) -> Iterator[str]:
    if len(data) < 2 or data[0] != _ANSWER:
        yield f"ответ: {data.hex(' ') or 'пусто'}"
        return
    if data[1] in {0, 1}:
        yield f"ответ: ошибок нет{f', данные {data[2:].hex(chr(32))}' if len(data) > 3 else ''}"
        return
    yield "ответ"
    yield from _indented(_refusal(data[1], data[2] if len(data) > 2 else 0))


def _refusal(number: int, extra: int) -> Iterator[str]:
    row = errors.describe(number, extra)
    yield f"ошибка {number:02X}h{f'.{extra}' if extra else ''}: {row.text_ru}"
    yield f"что делать: {row.hint_ru}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _fields(message: Message) -> Iterator[str]:
    for name in kinds_of(type(message)):
        value = getattr(message, name)
        words = _WORDS.get((type(message).__name__, name))
        if name == "password":
            yield "  password: ***"
        elif (type(message).__name__, name) in _TLV:
            yield from _tlv(value)
        elif value is not None:
            yield f"  {name}: {_text(value, name)}{f' — {words(value)}' if words else ''}"


_TLV = frozenset({("WriteTag", "data"), ("ReadTagReply", "data"), ("ReadTlvReply", "data")})


def _tlv(raw: bytes) -> Iterator[str]:
    try:
        elements = decode(raw)
    except TlvError:
        yield f"  TLV, часть: {raw.hex(' ') or 'пусто'}"
        return
    yield from _tree(elements, "  ")


def _tree(elements: tuple[Element, ...], indent: str) -> Iterator[str]:
    for element in elements:
        if isinstance(element.value, tuple):
            yield f"{indent}{element.tag} {name_of(element.tag)}:"
            yield from _tree(element.value, indent + "  ")
        else:
            yield f"{indent}{element.tag} {name_of(element.tag)}: {_text(element.value, '')}"


#: Integer fields that are kopecks.
_MONEY = frozenset({"price", "sum", "tax_sum", "discount", "adjustment", "remainder", "change", "income", "outcome"})


def _text(value: Any, name: str) -> str:
    match value:
        case bool() | str():
            return str(value)
        case int() if name in _MONEY:
            return f"{value // 100}.{value % 100:02d}"
        case bytes():
            return value.hex(" ") or "пусто"
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return str(value)


def _joined(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "нет"


def _tax(number: int) -> str:
    found = vat.of_wire(number)
    return "неизвестная ставка" if found is None else str(found)


def _model(code: int) -> str:
    return models.MODELS[code].name if code in models.MODELS else "неизвестная модель"


def _payment(form: int) -> str:
    return _PAYMENT_TEXT.get(form, "неизвестный вид")


_PAYMENT_TEXT: Mapping[int, str] = {
    statuses.Payment.CASH: "наличными",
    statuses.Payment.ELECTRONIC: "безналичными",
    statuses.Payment.PREPAID: "предоплатой (авансом)",
    statuses.Payment.POSTPAID: "постоплатой (в кредит)",
    statuses.Payment.OTHER: "иной формой",
}


def _receipt(kind: int) -> str:
    return statuses.RECEIPT_TEXT.get(kind, "неизвестный тип")


def _mode(number: int) -> str:
    return statuses.state_text(number & 0x0F)


def _exchange(value: int) -> str:
    return _joined(tuple(flag.name.lower() for flag in statuses.Exchange if value & flag and flag.name))


def _register(number: int) -> str:
    row = registers.REGISTERS.get(number)
    return "неизвестный регистр" if row is None else row.title_ru


#: (message class, field) -> the value in words.
_WORDS: Mapping[tuple[str, str], Callable[[int], str]] = {
    ("GetStateReply", "flags"): lambda value: _joined(statuses.flags_text(value)),
    ("GetStateReply", "state"): statuses.state_text,
    ("GetStateReply", "model"): _model,
    ("GetStateReply", "receipt_state"): _receipt,
    ("GetStateCodeReply", "state"): statuses.state_text,
    ("GetStateCodeReply", "flags"): lambda value: _joined(statuses.printer_text(value)),
    ("GetDeviceTypeReply", "model"): _model,
    ("EnterMode", "mode"): _mode,
    ("OpenReceipt", "type"): _receipt,
    ("EndItem", "tax"): _tax,
    ("ReceiptTax", "tax"): _tax,
    ("Pay", "form"): _payment,
    ("UndoPay", "form"): _payment,
    ("CloseReceipt", "form"): _payment,
    ("ReadRegister", "number"): _register,
    ("DriveExchangeReply", "state"): _exchange,
}
