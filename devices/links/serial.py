"""A register on a serial port or USB-CDC: `serial:/dev/ttyACM0?baudrate=115200`, `serial:COM3`."""

from __future__ import annotations

import errno
import os

import serial

from devices.errors import LinkError
from devices.links.holders import holders, named
from devices.links.threaded import BlockingPort, ThreadedLink

DEFAULT_BAUDRATE = 115200

#: Seconds one blocking read waits; also how long `close` may take.
READ_SLICE = 0.1

#: POSIX: seconds a write may wait for a full output buffer. Windows completes writes only when the last bit has
#: left, which takes longer than that at low speeds: there pyserial hands the bytes over and returns at once (0).
WRITE_LIMIT = 0.0 if os.name == "nt" else 0.25


class SerialLink(ThreadedLink):
    """8N1 without flow control, opened exclusively (TIOCEXCL and flock on POSIX). No `baudrate`: tunable."""

    def __init__(self, port: str, *, baudrate: int | None = None) -> None:
        self.port = port
        self.tunable = baudrate is None
        self._set(baudrate or DEFAULT_BAUDRATE)
        super().__init__(self.name)

    def tune(self, baudrate: int) -> None:
        if self.tunable:
            self._set(baudrate)
        else:
            super().tune(baudrate)

    def _set(self, baudrate: int) -> None:
        self.baudrate = baudrate
        self.name = f"serial:{self.port}?baudrate={baudrate}"

    def open_port(self) -> BlockingPort:
        try:
            device = serial.Serial(
                self.port, self.baudrate, timeout=READ_SLICE, write_timeout=WRITE_LIMIT, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise _open_error(self.name, self.port, error) from error
        return _Port(device)


class _Port:
    def __init__(self, device: serial.Serial) -> None:
        self._device = device

    def read(self) -> bytes:
        data: bytes = self._device.read(1)
        if data and (waiting := self._device.in_waiting):
            data += self._device.read(waiting)
        return data

    def write(self, data: bytes) -> None:
        self._device.write(data)

    def interrupt(self) -> None:
        self._device.cancel_read()

    def close(self) -> None:
        self._device.close()


def busy(name: str, port: str) -> LinkError:
    """Another program has the port; it is named where the system tells."""
    found = holders(port)
    return LinkError(
        f"{name}: {port} is in use by {', '.join(map(str, found)) or 'another program'}",
        hint=f"Порт {port} занят {named(found)}. Закройте эту программу (драйвер, тест кассы) и повторите.",
        code="link_busy",
    )


def _open_error(name: str, port: str, error: OSError | ValueError) -> LinkError:
    """Which of the usual three it is. Windows reports a busy port as "access denied" inside the message."""
    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.ENOENT or "FileNotFoundError" in text:
        return LinkError(
            f"{name}: there is no port {port}",
            hint=f"Порта {port} нет. Проверьте кабель кассы и имя порта в настройках.",
            code="link_no_port",
        )
    if number in {errno.EBUSY, errno.EAGAIN} or "exclusively lock" in text or (os.name == "nt" and "13" in text):
        return busy(name, port)
    if number in {errno.EACCES, errno.EPERM}:
        return LinkError(
            f"{name}: no right to open {port}; the user must be in the port's group (dialout)",
            hint=f"Нет прав на порт {port}. Добавьте пользователя службы в группу dialout.",
            code="link_no_rights",
        )
    return LinkError(
        f"{name}: cannot open {port} ({text})",
        hint=f"Порт {port} не открывается. Переподключите кассу.",
        code="link_open_failed",
    )
