"""Scanners by how they are written in the configuration."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from devices.links.base import Link
from devices.links.parse import LinkSyntaxError, parse_link
from devices.scanners.base import Decoder, Kind, Options, Scanner, StreamScanner
from protocols.scanner.framing import Cutter
from protocols.scanner.hid_pos import Joiner
from protocols.scanner.keyboard import KeyDecoder

EMULATED: Final = "emulated:scanner"

#: Makes a link to the emulated scanner of this link text; given by who holds the emulator.
Emulated = Callable[[str], Link]

_USB: Final = re.compile(r"(?P<vendor>[0-9A-Fa-f]{4}):(?P<product>[0-9A-Fa-f]{4})(?::(?P<serial>[^?\s]{1,126}))?")
_STREAMS: Final = {str(Kind.KEYBOARD): Kind.KEYBOARD, str(Kind.HID_POS): Kind.HID_POS, str(Kind.SERIAL): Kind.SERIAL}
_HID_FORMS: Final = "is not hid:/dev/input/by-id/…, hid:/dev/hidrawN or hid:tcp:HOST:PORT?as=keyboard|hid-pos"
_VIA: Final = ("hidraw", "hidapi", "libusb")


def create(link: str, options: Options | None = None, *, emulated: Emulated | None = None) -> Scanner:
    """A closed scanner; LinkSyntaxError names what is wrong with the link, and no device is touched.

    `serial:PORT[?baudrate=N]` · `tcp:HOST:PORT` a serial scanner behind a port server · `hid:/dev/input/by-id/…` or
    `hid:/dev/input/eventN` a keyboard · `hid:/dev/hidrawN` or `hid:/dev/…?as=hid-pos` HID-POS ·
    `usb:VID:PID[:SERIAL][?via=hidraw|hidapi|libusb]` HID-POS wherever it is plugged in ·
    `hid:tcp:HOST:PORT?as=keyboard|hid-pos` input events or reports that another machine passes on · `image:PATH` a
    folder of photographs or the file that a camera's program writes ·
    `emulated:scanner[?as=serial|keyboard|hid-pos&…]`.
    """
    wanted = options or Options()
    scheme, _, rest = link.partition(":")
    if scheme in {"serial", "tcp"}:
        return over(_wire(link, link), Kind.SERIAL, wanted, name=link)
    if scheme == "hid":
        return _hid(link, rest, wanted)
    if scheme == "usb":
        return over(_usb(link, rest), Kind.HID_POS, wanted, name=link)
    if scheme == "image":
        return _image(link, rest)
    if link.partition("?")[0] == EMULATED:
        kind = _stream_kind(link, link.partition("?")[2], Kind.SERIAL)
        if emulated is None:
            raise _fault(link, "needs the embedded emulator, which is not here")
        return over(emulated(link), kind, wanted, name=link)
    raise _fault(link, f"starts with none of serial: tcp: hid: usb: image: {EMULATED}")


def over(link: Link, kind: Kind, options: Options, *, name: str = "") -> Scanner:
    """A scanner of this kind over any byte stream: text, reports of 64 bytes or input events of 24."""
    return StreamScanner(link, _decoder(kind, options), kind, name=name)


def check(link: str) -> None:
    """LinkSyntaxError when `link` is no scanner's; nothing is opened."""
    create(link, emulated=lambda text: parse_link("tcp:127.0.0.1:1")())


def _decoder(kind: Kind, options: Options) -> Decoder:
    if kind is Kind.KEYBOARD:
        return KeyDecoder(options.keys(), options.framing())
    return Joiner(options.framing()) if kind is Kind.HID_POS else Cutter(options.framing())


def _hid(link: str, rest: str, options: Options) -> Scanner:
    if rest.startswith("tcp:"):
        address, _, query = rest.partition("?")
        kind = _stream_kind(link, query, None)
        if kind is Kind.SERIAL:
            raise _fault(link, "is written without hid: for a serial scanner")
        return over(_wire(link, address), kind, options, name=link)
    path, _, query = rest.partition("?")
    if not path.startswith("/"):
        raise _fault(link, _HID_FORMS)
    # What a file is called tells how it speaks, unless the link does: nothing is asked of the system before opening.
    kind = Kind.HID_POS if re.search(r"/hidraw\d+$", path) else Kind.KEYBOARD
    if query:
        kind = _stream_kind(link, query, None)
    if kind is Kind.HID_POS:
        from devices.scanners.hidraw import HidrawLink

        return over(HidrawLink(path), kind, options, name=link)
    if kind is Kind.KEYBOARD:
        from devices.scanners.keyboard import EvdevLink

        return over(EvdevLink(path), kind, options, name=link)
    raise _fault(link, "is written without hid: for a serial scanner")


def _usb(link: str, rest: str) -> Link:
    address, _, query = rest.partition("?")
    match = _USB.fullmatch(address)
    if match is None:
        raise _fault(link, "is not usb:VENDOR:PRODUCT[:SERIAL], four hexadecimal digits each, e.g. usb:0c2e:0b61")
    given = _query(link, query, {"via"})
    via = given.get("via", "hidraw" if sys.platform == "linux" else "hidapi")
    ids = int(match["vendor"], 16), int(match["product"], 16), match["serial"] or ""
    if via == "hidraw":
        from devices.scanners.hidraw import HidrawByIdLink

        return HidrawByIdLink(*ids)
    if via == "hidapi":
        from devices.scanners.hidapi import HidapiLink

        return HidapiLink(*ids)
    if via == "libusb":
        from devices.scanners.libusb import LibusbLink

        return LibusbLink(*ids)
    raise _fault(link, f"goes via {via!r}; known: {', '.join(_VIA)}")


def _image(link: str, rest: str) -> Scanner:
    if not rest or rest.startswith(("camera", "/dev/")):
        raise _fault(link, "is not image:PATH of a folder or a picture; let a program write a camera's frames there")
    from devices.scanners.folder import FolderScanner

    return FolderScanner(Path(rest), name=link)


def _stream_kind(link: str, query: str, default: Kind | None) -> Kind:
    """`as=` of a link; what else an emulated one says is the emulator's."""
    given = _query(link, query, None if default is not None else {"as"})
    spoken = given.get("as", default)
    if spoken not in _STREAMS:
        raise _fault(link, f"says as={spoken}; known: {', '.join(_STREAMS)}" if spoken else "does not say as=keyboard")
    return _STREAMS[spoken]


def _query(link: str, query: str, known: set[str] | None) -> dict[str, str]:
    try:
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise _fault(link, "has an option that is not NAME=VALUE") from None
    strange = sorted(set(given) - known) if known is not None else []
    if strange:
        raise _fault(link, f"has an unknown option {strange[0]!r}; known: {', '.join(sorted(known or ()))}")
    return given


def _wire(link: str, text: str) -> Link:
    try:
        return parse_link(text)()
    except LinkSyntaxError as error:
        raise LinkSyntaxError(error.detail.replace(repr(text), repr(link)), hint=_HINT) from None


def _fault(link: str, what: str) -> LinkSyntaxError:
    return LinkSyntaxError(f"link {link!r} {what}", hint=_HINT)


_HINT: Final = "Проверьте, как записана связь со сканером: serial:ПОРТ, hid:/dev/input/by-id/… или usb:VID:PID."
