"""`fiscal-gateway notifications`: what an autonomous register has to tell the marking system, taken out into files."""

from __future__ import annotations

from pathlib import Path

from devices.errors import GatewayError
from devices.registers.base import Notification
from gateway.cli import output
from gateway.private_files import write_private


async def take_out(link: str, directory: Path, *, as_json: bool) -> None:
    """A file for each notification: document 82 in the container that the drive hands out.

    The drive forgets one when its file is on disk.

    UNCONFIRMED: which file the marking system's cabinet takes; the bytes are those the register hands over.
    """
    from devices.links.parse import parse_link
    from devices.registers.factory import AUTO, create

    files: list[str] = []
    try:
        register = create(AUTO, parse_link(link)())
        await register.connect()
        fn = register.identity.fn

        async def keep(notification: Notification) -> None:
            path = directory / f"{fn}-{notification.number:010d}.bin"
            write_private(path, notification.message)
            files.append(str(path))
            if not as_json:
                output.emit(f"{path}: {len(notification.message)} байт")

        try:
            await register.unload_notifications(keep)
        finally:
            await register.close()
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    if as_json:
        output.emit_json({"fn": fn, "files": files})
    elif files:
        output.emit(f"Уведомлений выгружено: {len(files)}. Загрузите файлы в личный кабинет «Честного знака».")
    else:
        output.emit("Невыгруженных уведомлений нет.")
