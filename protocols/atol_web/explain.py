"""Captured HTTP of the web server in words: the call or the status, then the JSON, a line a value.

Pure: bytes in, lines out; nothing raises. Texts stand in quotes, numbers bare, so that whoever hides what is personal
can tell them apart. What HTTP Basic says is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import h11

from protocols.atol_web import errors, text
from protocols.atol_web.text import NotJson
from protocols.framing import Fit

#: Characters of one value; documents in Base64 are longer.
_LONGEST: Final = 120
_ERRORS: Final = frozenset({"code", "errorCode"})
_DEEPEST: Final = 12
_FIRST_LINE: Final = re.compile(rb"HTTP/1\.[01] [1-5]\d\d|(?:GET|POST|PUT|DELETE|HEAD|OPTIONS) /\S* HTTP/1\.[01]\r?\n")


class Sender(Enum):
    HOST = "host"
    DEVICE = "device"


def fits(data: bytes) -> Fit:
    """Whether these bytes are of this protocol: HTTP, or JSON that stood in it."""
    if _FIRST_LINE.match(data):
        return Fit.SURE
    return Fit.PERHAPS if data.lstrip()[:1] in {b"{", b"["} else Fit.NO


def explain(data: bytes, sender: Sender | None = None) -> tuple[str, ...]:
    """What these bytes say: one call or one answer. Nobody named: an answer begins with `HTTP/`."""
    if not data:
        return ("пусто",)
    if sender is None:
        sender = Sender.DEVICE if data[:5] == b"HTTP/" else Sender.HOST
    try:
        return tuple(_message(data, sender))
    except h11.RemoteProtocolError as error:
        return (f"не HTTP: {error}",)


def _message(data: bytes, sender: Sender) -> Iterator[str]:
    connection = h11.Connection(h11.SERVER if sender is Sender.HOST else h11.CLIENT)
    if sender is Sender.DEVICE:  # h11 reads an answer to something only
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "kkt")]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    body = bytearray()
    head = whole = False
    while True:
        event: Any = connection.next_event()
        match event:
            case h11.Request():
                head = True
                yield f"запрос {event.method.decode()} {event.target.decode()}"
            case h11.Response():
                head = True
                yield f"ответ {event.status_code} {event.reason.decode('latin-1')}".rstrip()
            case h11.Data():
                body += event.data
            case h11.EndOfMessage():
                whole = True
                break
            case h11.NEED_DATA | h11.PAUSED | h11.ConnectionClosed():
                break
    if body:
        yield from _content(bytes(body), whole=whole)
    elif not head:
        yield f"начало сообщения HTTP, {len(data)} байт"


def _content(body: bytes, *, whole: bool) -> Iterator[str]:
    try:
        values = text.read(body)
    except NotJson:
        yield f"  {'не JSON' if whole else 'начало JSON'}, {len(body)} байт"
        return
    yield from _values(values, "  ", "значение")


def _values(value: Any, indent: str, name: str) -> Iterator[str]:
    if len(indent) > 2 * _DEEPEST:
        yield f"{indent}…"
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _named(one, indent, str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, one in enumerate(value, 1):
            yield from _named(one, indent, f"[{number}]")
    else:
        yield f"{indent}{name}: {_scalar(value, name)}"


def _named(value: Any, indent: str, name: str) -> Iterator[str]:
    if isinstance(value, (Mapping, list)) and value:
        yield f"{indent}{name}:"
        yield from _values(value, indent + "  ", name)
    else:
        yield f"{indent}{name}: {_scalar(value, name)}"


def _scalar(value: Any, name: str) -> str:
    if isinstance(value, str):
        short = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} знаков)"
        return f'"{short}"'
    if name in _ERRORS and isinstance(value, int | Decimal) and value in errors.ERRORS:
        return f"{value} — {errors.ERRORS[int(value)].text_ru}"
    if value is None or isinstance(value, bool):
        return "да" if value else "нет"
    return str(value)
