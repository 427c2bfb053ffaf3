"""Scanners by how they are written in the configuration."""

from __future__ import annotations

from collections.abc import Callable

from devices.errors import RequestError
from devices.links.base import Link
from devices.links.parse import parse_link
from devices.scanners.base import Kind, Options, Scanner, StreamScanner
from protocols.scanner.framing import Cutter

EMULATED = "emulated:scanner"

#: Makes a link to the emulated scanner of this link text; given by who holds the emulator.
Emulated = Callable[[str], Link]


def create(link: str, options: Options | None = None, *, emulated: Emulated | None = None) -> Scanner:
    """A closed scanner for `serial:PORT[?baudrate=N]`, `tcp:HOST:PORT` (a serial scanner behind a port server).

    LinkSyntaxError or RequestError names what is wrong with the link; no device is touched.
    """
    wanted = options or Options()
    scheme = link.partition(":")[0]
    if scheme in {"serial", "tcp"}:
        return over(parse_link(link)(), Kind.SERIAL, wanted, name=link)
    raise RequestError(
        f"link {link!r} starts with none of serial: tcp:",
        hint="Проверьте, как записана связь со сканером.",
        code="link_syntax",
    )


def over(link: Link, kind: Kind, options: Options, *, name: str = "") -> Scanner:
    """A scanner of this kind over any byte stream."""
    return StreamScanner(link, Cutter(options.framing()), kind, name=name)


def check(link: str) -> None:
    """LinkSyntaxError or RequestError when `link` is no scanner's; nothing is opened."""
    create(link, emulated=lambda text: parse_link("tcp:127.0.0.1:1")())
