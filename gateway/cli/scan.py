"""`fiscal-gateway scan`: what a scanner sends, byte for byte, what it means, and how to set the scanner up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from devices.errors import GatewayError, LinkError, RequestError
from devices.scanners import factory
from devices.scanners.base import Kind, Scanner
from gateway import config as configuration
from gateway import rim
from gateway.api.routes_scanners import scan_object
from gateway.cli import output
from gateway.cli.client import Client, connect
from gateway.cli.remote import data_directory
from gateway.jobs.register import MOSCOW
from gateway.scanners.model import understood
from gateway.scanners.training import Lesson, learn, lesson
from protocols.scanner.aim import AIM
from protocols.scanner.explain import shown as spelled

#: Seconds between looks for a scanner that was pulled out while it was watched.
AGAIN = 0.5
#: A keyboard that is watched is taken from its owner, who could not even press Ctrl-C: not for longer than this.
KEYBOARD_SECONDS = 120.0
#: Bytes in a line of the picture of what came.
WIDTH = 16

#: Of a stream: that it is open, a scan with its details as the API tells it, or why there are no more.
Told = None | Mapping[str, Any] | GatewayError


def scan(
    target: str | None,
    *,
    train: str | None,
    past: bool,
    count: int | None,
    seconds: float | None,
    config: Path | None,
    data_dir: Path | None,
    url: str | None,
    as_json: bool,
) -> int:
    """Watch a scanner; answers the exit status."""
    known = _lesson(train, as_json=as_json)
    view = View(as_json=as_json, known=known)
    most = 1 if known is not None else count
    limit = KEYBOARD_SECONDS if seconds is None and (target or "").startswith("hid:/dev/input") else seconds
    try:
        if target is not None and ":" in target:
            if past:
                raise RequestError(
                    "--past shows what the running gateway keeps; name one of its scanners",
                    hint="Прошлые сканы помнит только запущенный шлюз: укажите имя сканера, а не порт.",
                    code="past_of_link",
                )
            asyncio.run(_for(limit, _watch_link(target, view, most, _zone(config))))
        else:
            directory = data_directory(config, data_dir, as_json=as_json)
            asyncio.run(_for(limit, _watch_daemon(directory, url, target, view, most, past=past)))
    except RequestError as error:  # the words are wrong, no device was asked
        output.fail(error.detail, hint=error.hint, status=output.EXIT_USAGE, as_json=as_json, code=error.code)
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    except KeyboardInterrupt:
        pass
    return view.status


def _zone(config: Path | None) -> tzinfo:
    """Where the shop's clocks tick. A scanner is watched without any configuration too, or with a broken one."""
    with suppress(configuration.ConfigError):
        registers = configuration.load(config or configuration.find_configuration()).registers
        if registers:
            return ZoneInfo(registers[0].zone)
    return MOSCOW


def _lesson(train: str | None, *, as_json: bool) -> Lesson | None:
    if train is None:
        return None
    try:
        return lesson(train)
    except RequestError as error:
        output.fail(error.detail, hint=error.hint, status=output.EXIT_USAGE, as_json=as_json, code=error.code)


async def _for(seconds: float | None, watching: Any) -> None:
    try:
        async with asyncio.timeout(seconds) as limit:
            await watching
    except TimeoutError:
        if not limit.expired():
            raise


# --- where scans come from


async def _watch_link(link: str, view: View, most: int | None, zone: tzinfo = MOSCOW) -> None:
    scanner = factory.create(link)
    try:
        await scanner.open()
    except LinkError as error:
        raise _perhaps_ours(error) from error
    try:
        view.ready([link])
        shown = 0
        while most is None or shown < most:
            try:
                reading = await scanner.read()
            except GatewayError as error:
                view.lost(link, error)
                await _again(scanner)
                view.ready([link])
                continue
            view.show(scan_object(understood(reading, scanner.kind, link, rim.now().astimezone(zone)), details=True))
            shown += 1
    finally:
        await scanner.close()


def _perhaps_ours(error: LinkError) -> LinkError:
    """A port that is held is most often held by the gateway itself."""
    if error.code != "link_busy":
        return error
    return LinkError(
        f"{error.detail}; if it is the gateway, name the scanner as its configuration does",
        hint=f"{error.hint} Если сканер держит шлюз: fiscal-gateway scan ИМЯ.",
        code=error.code,
    )


async def _again(scanner: Scanner) -> None:
    """Until it can be opened."""
    while True:
        await scanner.close()
        await asyncio.sleep(AGAIN)
        with suppress(GatewayError):
            await scanner.open()
            return


async def _watch_daemon(
    directory: Path, url: str | None, name: str | None, view: View, most: int | None, *, past: bool
) -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(connect(directory, url))
        names = await _names(gateway, name, view)
        queue: asyncio.Queue[Told] = asyncio.Queue()
        tasks = [asyncio.create_task(_follow(gateway, one, queue.put_nowait, past=past)) for one in names]
        stack.callback(lambda: [task.cancel() for task in tasks])
        opened = shown = 0
        while most is None or shown < most:
            told = await queue.get()
            if isinstance(told, GatewayError):
                raise told
            if told is None:
                opened += 1
                if opened == len(names):
                    view.ready(names)
                continue
            view.show(told)
            shown += 1


async def _names(gateway: Client, name: str | None, view: View) -> list[str]:
    listed = (await gateway.get("/api/v1/scanners"))["scanners"]
    found = [one for one in listed if name in {None, one["name"]}]
    if not found:
        known = ", ".join(one["name"] for one in listed) or "none"
        raise RequestError(
            f"no scanner {name!r} is configured; there are: {known}" if name else "no scanner is configured",
            hint="Добавьте [[scanners]] в настройки шлюза или укажите порт: fiscal-gateway scan serial:/dev/ttyACM1.",
            code="scanner_unknown",
        )
    for one in found:
        if one["error"]:
            view.away(one["name"], one["error"])
    return [str(one["name"]) for one in found]


async def _follow(gateway: Client, name: str, put: Callable[[Told], None], *, past: bool) -> None:
    wanted = {"details": "1", "last_event_id": "0"} if past else {"details": "1"}
    try:
        async for kind, data in gateway.events(f"/api/v1/scanners/{name}/events", **wanted):
            if kind == "open":
                put(None)
            elif kind == "scan":
                put(json.loads(data))
        raise GatewayError(
            "the gateway ended the stream; it is stopping",
            hint="Шлюз остановлен: запустите его и повторите.",
            code="stream_ended",
        )
    except GatewayError as error:
        put(error)


# --- how they are shown


class View:
    """Scans on standard output: words and pictures of bytes for a person, lines of JSON for a program."""

    def __init__(self, *, as_json: bool, known: Lesson | None) -> None:
        self._as_json = as_json
        self._known = known
        self.status = 0

    def ready(self, names: Sequence[str]) -> None:
        """What comes from now on is seen."""
        if self._as_json:
            output.emit_json({"ready": True, "scanners": list(names)})
            return
        output.emit(f"Слушаю: {', '.join(names)}. Отсканируйте код; конец — Ctrl-C.")
        if self._known is not None:
            output.emit(f"Учебный код: {self._known.shown}")

    def away(self, name: str, error: Mapping[str, Any]) -> None:
        """The daemon cannot reach it at the moment."""
        if not self._as_json:
            output.emit(f"✗ {name}: {error['detail']}\n  {error['hint']}")

    def lost(self, link: str, error: GatewayError) -> None:
        """It was pulled out."""
        if self._as_json:
            output.emit_json({"lost": {"code": error.code, "detail": error.detail, "hint": error.hint}})
        else:
            output.emit(f"✗ {link}: {error.detail}\n  {error.hint}\n  Жду, когда сканер появится снова.")

    def show(self, scan: Mapping[str, Any]) -> None:
        """One scan."""
        if self._known is not None:
            self._teach(scan, self._known)
        elif self._as_json:
            output.emit_json(scan)
        else:
            for line in picture(scan):
                output.emit(line)

    def _teach(self, scan: Mapping[str, Any], known: Lesson) -> None:
        learnt = learn(scan, known)
        self.status = 0 if learnt.ok else output.EXIT_REFUSED
        if self._as_json:
            output.emit_json({**learnt.facts, "scan": scan})
            return
        for line in (*picture(scan), "", *learnt.words):
            output.emit(line)


def picture(scan: Mapping[str, Any]) -> list[str]:
    """A scan for a person: bytes, meaning, advice."""
    aim = scan["symbology"]
    known = AIM.get(aim or "")
    symbol = "символика не передана" if aim is None else f"{aim} {known.name if known else 'неизвестная символика'}"
    lines = [f"{scan['at'][11:23]}  {scan['scanner']}  {symbol}"]
    packets = [bytes.fromhex(packet) for packet in scan["packets"]]
    for number, (packet, words) in enumerate(zip(packets, scan["explained"], strict=True), 1):
        if scan["kind"] == Kind.KEYBOARD:  # its bytes are the kernel's, its words are what was pressed
            lines += [f"  нажатия {number}:", f"    {words}"]
        else:
            lines += [
                f"  пакет {number}: {len(packet)} байт",
                *(f"    {line}" for line in dump(packet)),
                f"    {words}",
            ]
    code = scan["code"]
    if code is not None:
        named = {"GTIN": "gtin", "серийный": "serial", "КИ": "cis", "МРЦ": "mrp", "вес": "weight"}
        # A code may hold whatever its maker liked, also what a terminal would obey.
        parts = [f"{word} {spelled(code[key].encode())}" for word, key in named.items() if code[key]]
        lines.append(f"  код {code['kind']}: {', '.join(parts)}")
    lines += [f"  {'✓' if one['code'] == 'fine' else '→'} {one['hint']}" for one in scan["advice"]]
    return lines


def dump(data: bytes) -> list[str]:
    """Bytes in hex beside what they spell, GS as ␝ and other controls as their Unicode pictures."""
    lines = []
    for start in range(0, len(data), WIDTH):
        part = data[start : start + WIDTH]
        spelled = "".join(chr(0x2400 + byte) if byte < 0x20 else chr(byte) if byte < 0x7F else "·" for byte in part)
        lines.append(f"{start:04x}  {part.hex(' '):<{WIDTH * 3 - 1}}  {spelled}")
    return lines
