"""What every scanner can do, whatever it is plugged into."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from devices.errors import LinkError, RequestError
from devices.links.base import Link
from protocols.scanner.framing import AUTO, SUFFIXES, Framing
from protocols.scanner.keyboard import GS_CHORDS, KeyRules, chord_name
from protocols.scanner.reading import Kind, Note, Reading

__all__ = ["Kind", "Note", "Options", "Reading", "Scanner", "StreamScanner"]

#: Seconds of one wait for a scan: only a scan or the loss of the device ends the waiting sooner.
IDLE: Final = 3600.0
#: Bytes decoded at once. A line may be flooded with garbage; others have their turn between two pieces of it.
PIECE: Final = 1024


class Scanner(ABC):
    """One scanner, owned by one reader at a time.

    Calls raise `devices.errors.LinkError` (cause and next step named) when the device cannot be opened or is gone; it
    may then be opened again.
    """

    #: How the scanner is written in the configuration: "serial:/dev/ttyACM1".
    name: str
    kind: Kind

    @abstractmethod
    async def open(self) -> None:
        """Open the device, for ourselves alone where the system allows it."""

    @abstractmethod
    async def read(self) -> Reading:
        """The next scan, however long it takes. Cancelling it loses nothing."""

    @abstractmethod
    async def close(self) -> None:
        """Close the device; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the scanner is set up, for those whose settings differ from the usual ones.

    `prefix` is text before each code (an AIM id needs none), `suffix` a name of `SUFFIXES`, "auto" or text, `gap_ms`
    the silence that ends a code without suffix. `gs` lists what the scanner sends instead of GS: for keyboards chords
    such as "f8" or "ctrl+]", for all of them text such as "{GS}". `caps_lock`: the scanner writes capitals by
    switching CapsLock (UNCONFIRMED which do), instead of switching it only to undo the host's.
    RequestError names the wrong one.
    """

    prefix: str = ""
    suffix: str = AUTO
    gap_ms: int = 80
    gs: Sequence[str] = ()
    caps_lock: bool = False

    def __post_init__(self) -> None:
        for name, text in (("prefix", self.prefix), ("suffix", self.suffix), *(("gs", one) for one in self.gs)):
            if any(ord(letter) > 0xFF for letter in text) or (name == "gs" and not text):
                raise RequestError(
                    f"scanner option {name} is {text!r}: not characters that a scanner sends",
                    hint="Проверьте настройки сканера: префикс, суффикс и замена GS — только латинские символы.",
                    code="scanner_option",
                )
        if not 10 <= self.gap_ms <= 2000:
            raise RequestError(
                f"scanner option gap_ms is {self.gap_ms}, outside 10..2000",
                hint="Пауза конца кода — от 10 до 2000 миллисекунд.",
                code="scanner_option",
            )

    def framing(self) -> Framing:
        """For serial scanners."""
        suffix = None if self.suffix == AUTO else SUFFIXES.get(self.suffix, self.suffix.encode("latin-1"))
        return Framing(
            prefix=self.prefix.encode("latin-1"),
            suffix=suffix,
            gap=self.gap_ms / 1000,
            substitutes=tuple(one.encode("latin-1") for one in self.gs if chord_name(one) is None),
        )

    def keys(self) -> KeyRules:
        """For scanners that play a keyboard."""
        return KeyRules(gs=GS_CHORDS | frozenset(self.gs), caps_lock=self.caps_lock)


class Decoder(Protocol):
    """A stream of one kind of device; knows no clock."""

    def reset(self) -> None: ...

    @property
    def patience(self) -> float | None:
        """Seconds of silence that mean something now; None: nothing has begun."""

    def feed(self, data: bytes) -> list[Reading]: ...

    def silence(self) -> list[Reading]: ...


class StreamScanner(Scanner):
    """A link and the decoder of what comes over it."""

    def __init__(self, link: Link, decoder: Decoder, kind: Kind, *, name: str = "") -> None:
        self.name = name or link.name
        self.kind = kind
        self._link = link
        self._decoder = decoder
        self._heard = bytearray()  # and not decoded yet
        self._ready: deque[Reading] = deque()

    async def open(self) -> None:
        self._decoder.reset()
        self._heard.clear()
        self._ready.clear()
        try:
            await self._link.open()
        except LinkError as error:
            raise _of_scanner(error) from error

    async def read(self) -> Reading:
        while not self._ready:
            if self._heard:
                await asyncio.sleep(0)
            else:
                patience = self._decoder.patience
                try:
                    self._heard += await self._link.read(IDLE if patience is None else patience)
                except LinkError as error:
                    raise _of_scanner(error) from error
            piece = bytes(self._heard[:PIECE])
            del self._heard[:PIECE]
            self._ready.extend(self._decoder.feed(piece) if piece else self._decoder.silence())
        return self._ready.popleft()

    async def close(self) -> None:
        await self._link.close()


#: Links speak of registers; these are the same causes for who stands at a scanner.
_HINTS: Final[Mapping[str, str]] = {
    "link_closed": "Сканер отключился. Проверьте кабель или базу сканера.",
    "link_no_port": "Сканера на этом порту нет. Проверьте кабель и имя порта; лучше указать путь /dev/serial/by-id/….",
    "link_busy": "Порт сканера занят другой программой. Закройте её и повторите.",
    "link_no_rights": "Нет прав на порт сканера. Установите правила udev из поставки (группы dialout и input).",
    "link_open_failed": "Порт сканера не открывается. Переподключите сканер.",
    "link_timeout": "Сканер не отвечает по сети. Проверьте питание, кабель и адрес.",
    "link_refused": "По этому адресу сканер не принимает соединений. Проверьте порт и питание.",
    "link_unreachable": "Сканер недоступен по сети. Проверьте кабель, адрес и маску сети.",
    "link_host_unknown": "Имя сканера в сети не найдено. Проверьте адрес в настройках.",
    "line_flood": "По этому адресу не сканер: поток данных без конца. Проверьте порт.",
}


def _of_scanner(error: LinkError) -> LinkError:
    return LinkError(error.detail, hint=_HINTS.get(error.code, error.hint), code=error.code)
