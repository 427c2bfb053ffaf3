"""Ports that only speak: reports or events come in, nothing goes out."""

from __future__ import annotations

import errno
import os
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from devices.errors import LinkError
from devices.links.threaded import BlockingPort, ThreadedLink

T = TypeVar("T")

#: Milliseconds of one blocking read; also how long `close` may take.
READ_SLICE_MS: Final = 100


class ReadingPort:
    """A BlockingPort that takes no bytes."""

    def write(self, data: bytes) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def interrupt(self) -> None:
        """Reads end by themselves after READ_SLICE_MS."""


class ReadingLink(ThreadedLink):
    """A link over such a port; whatever the system says when it is opened becomes a LinkError."""

    @abstractmethod
    def open_device(self) -> BlockingPort:
        """As `open_port`, but may raise OSError too."""

    def open_port(self) -> BlockingPort:
        try:
            return self.open_device()
        except OSError as error:
            raise open_error(self.name, error) from error


class ByIdLink(ReadingLink):
    """A scanner known by its numbers on USB: `usb:0c2e:0b61[:SERIAL]`, any serial number where none is given."""

    def __init__(self, vendor: int, product: int, serial: str = "") -> None:
        super().__init__(f"usb:{vendor:04x}:{product:04x}" + (f":{serial}" if serial else ""))
        self.vendor = vendor
        self.product = product
        self._serial = serial

    def is_meant(self, serial: str) -> bool:
        """Whether a device with this serial number is the one."""
        return self._serial in {"", serial}

    def first_that_opens(self, parts: Iterable[T], begin: Callable[[T], BlockingPort]) -> BlockingPort:
        """Of a device's parts the first that `begin` opens; the last LinkError when none does."""
        failed = open_error(self.name, OSError(errno.ENXIO, "no part of it is a scanner"))
        for part in parts:
            try:
                return begin(part)
            except LinkError as error:
                failed = error
        raise failed


def open_error(name: str, error: OSError) -> LinkError:
    """Which of the usual causes it is; the hints are for scanners."""
    number = error.errno
    if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return LinkError(f"{name}: there is no such device", hint=_NOT_THERE, code="link_no_port")
    if number in {errno.EBUSY, errno.EAGAIN}:
        return LinkError(f"{name}: the device is in use by another program", hint=_BUSY, code="link_busy")
    if number in {errno.EACCES, errno.EPERM}:
        return LinkError(
            f"{name}: no right to open the device; install the udev rules of this package and re-plug the scanner",
            hint="Нет прав на сканер. Установите правила udev из поставки (группа input) и переподключите сканер.",
            code="link_no_rights",
        )
    return LinkError(f"{name}: cannot open the device ({error})", hint=_NOT_OPENED, code="link_open_failed")


def no_library(name: str, library: str, package: str, error: Exception) -> LinkError:
    """An optional library is missing or cannot be loaded."""
    return LinkError(
        f"{name}: {library} cannot be used ({error}); install {package}",
        hint=f"Не установлена библиотека {library} ({package}). Установите её или переведите сканер в режим COM-порта.",
        code="scanner_library_missing",
    )


_NOT_THERE = "Сканер не найден. Проверьте кабель и путь к устройству; лучше путь /dev/input/by-id/…."
_BUSY = "Сканер занят другой программой. Закройте её и повторите."
_NOT_OPENED = "Сканер не открывается. Переподключите его."
