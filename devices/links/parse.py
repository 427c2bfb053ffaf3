"""Links as they are written in configuration and on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from devices.errors import RequestError
from devices.links.base import Link
from devices.links.serial import SerialLink
from devices.links.tcp import CONNECT_TIMEOUT, TcpLink
from devices.links.usb import UsbLink

LinkFactory = Callable[[], Link]

#: Where ATOL's web server listens unless told otherwise.
DEFAULT_WEB_PORT = 16732

_TCP = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^:\[\]\s/]+)):(?P<port>\d{1,5})")
_WEB = re.compile(r"//(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^:@\[\]\s/?#]+))(?::(?P<port>\d{1,5}))?/?")
_USB = re.compile(r"(?P<vendor>[0-9A-Fa-f]{4}):(?P<product>[0-9A-Fa-f]{4})")


class LinkSyntaxError(RequestError, ValueError):
    """The link is not written as it should be."""

    code = "link_syntax"


def parse_link(text: str, *, connect_timeout: float = CONNECT_TIMEOUT) -> LinkFactory:
    """A factory of closed links for `serial:PORT[?baudrate=N]`, `tcp:HOST:PORT`, `usb:VID:PID` or `http://HOST[:PORT]`.

    LinkSyntaxError (a RequestError and a ValueError) names the part that is wrong.
    """
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in {"serial", "tcp", "usb", "http"}:
        raise _fault(text, "starts with none of serial: tcp: usb: http:")
    if scheme == "http":
        return _web(text, rest, connect_timeout)
    if scheme == "tcp":
        return _tcp(text, rest, connect_timeout)
    if scheme == "usb":
        return _usb(text, rest)
    return _serial(text, rest)


def check_link(text: str) -> None:
    """LinkSyntaxError when `text` is not a link; nothing is opened."""
    parse_link(text)


def _tcp(text: str, rest: str, connect_timeout: float) -> LinkFactory:
    match = _TCP.fullmatch(rest)
    if match is None:
        raise _fault(text, "is not tcp:HOST:PORT, e.g. tcp:192.168.1.50:7778")
    host, port = _place(text, match)
    return lambda: TcpLink(host, port, connect_timeout=connect_timeout)


def _web(text: str, rest: str, connect_timeout: float) -> LinkFactory:
    match = _WEB.fullmatch(rest)
    if match is None:
        raise _fault(text, "is not http://HOST or http://HOST:PORT, e.g. http://127.0.0.1:16732")
    host, port = _place(text, match)
    return lambda: TcpLink(host, port, connect_timeout=connect_timeout, web=True)


def _place(text: str, match: re.Match[str]) -> tuple[str, int]:
    port = int(match["port"] or DEFAULT_WEB_PORT)
    if not 1 <= port <= 65535:
        raise _fault(text, f"has port {port}, outside 1..65535")
    return match["v6"] or match["host"], port


def _usb(text: str, rest: str) -> LinkFactory:
    match = _USB.fullmatch(rest)
    if match is None:
        raise _fault(text, "is not usb:VENDOR:PRODUCT in four hexadecimal digits each, e.g. usb:1fc9:0083")
    vendor, product = int(match["vendor"], 16), int(match["product"], 16)
    return lambda: UsbLink(vendor, product)


def _serial(text: str, rest: str) -> LinkFactory:
    port, _, query = rest.partition("?")
    if not port:
        raise _fault(text, "names no port, e.g. serial:/dev/ttyACM0 or serial:COM3")
    baudrate = None
    try:
        options = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise _fault(text, "has an option that is not NAME=VALUE") from None
    for key, value in options:
        if key != "baudrate":
            raise _fault(text, f"has an unknown option {key!r}; known: baudrate")
        if not value.isascii() or not value.isdigit() or not 300 <= int(value) <= 4_000_000:
            raise _fault(text, f"has baudrate {value!r}, which is no speed")
        baudrate = int(value)
    return lambda: SerialLink(port, baudrate=baudrate)


def _fault(text: str, what: str) -> LinkSyntaxError:
    return LinkSyntaxError(
        f"link {text!r} {what}",
        hint="Проверьте, как записана связь с кассой: serial:ПОРТ, tcp:АДРЕС:ПОРТ, usb:VID:PID или http://АДРЕС:ПОРТ.",
    )
