"""`fiscal-gateway scan LINK` over a socket: what is shown, what is told to programs, what cannot be watched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from fake_scanner import PACK, SHOES, FakeScanner, Wire

from devices.errors import LinkError
from devices.scanners.base import Kind, Reading
from gateway.api.routes_scanners import scan_object
from gateway.cli import scan as command
from gateway.scanners.model import understood


@asynccontextmanager
async def scanner() -> AsyncIterator[tuple[str, asyncio.Queue[asyncio.StreamWriter]]]:
    """A serial scanner behind a port server; the queue has who listens."""
    listening: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listening.put_nowait(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}", listening
    finally:
        server.close()


async def watched(data: list[bytes], view: command.View) -> None:
    """Everything shown of frames, between which the line is cut."""
    async with scanner() as (link, listening), asyncio.timeout(20):
        watching = asyncio.create_task(command._watch_link(link, view, len(data)))
        for frame in data:
            writer = await listening.get()
            writer.write(frame)
            await writer.drain()
            if frame is not data[-1]:
                writer.close()
        await watching
        writer.close()


async def test_bytes_meaning_and_advice_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    await watched([b"]d2" + SHOES + b"\r"], command.View(as_json=False, known=None))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Слушаю: tcp:127.0.0.1:")
    assert lines[1].endswith("]d2 GS1 DataMatrix")
    assert lines[3] == "    0000  5d 64 32 30 31 30 34 36 30 30 34 33 39 39 33 31  ]d20104600439931"
    assert lines[4].endswith("256215Qbag!␝91EE")
    assert "<GS>92AAAA" in lines[-3]
    assert lines[-2] == "  код gs1: GTIN 04600439931256, серийный 5Qbag!, КИ 0104600439931256215Qbag!"
    assert lines[-1].startswith("  ✓ ")


async def test_programs_get_lines_and_a_lost_line_is_found_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "AGAIN", 0.01)
    await watched([SHOES + b"\r", b"]d1" + PACK + b"\r"], command.View(as_json=True, known=None))
    ready, first, lost, again, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert ready == again
    assert ready["ready"] is True
    assert first["packets"] == [(SHOES + b"\r").hex()]
    assert [one["code"] for one in first["advice"]] == ["no_aim_id"]
    assert set(lost["lost"]) == {"code", "detail", "hint"}
    assert second["code"]["kind"] == "tobacco29"


def test_times_are_the_shops(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command.rim, "now", lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    monkeypatch.setattr(command.configuration, "find_configuration", lambda: None)
    there = tmp_path / "there.toml"
    there.write_text('[[registers]]\nname = "k"\nlink = "emulated:shtrih"\nzone = "Asia/Omsk"\n')
    broken = tmp_path / "broken.toml"
    broken.write_text("[[registers")
    wanted = {"train": None, "past": False, "count": 1, "seconds": None, "data_dir": None, "url": None}
    for config, zone in ((None, "+03:00"), (there, "+06:00"), (broken, "+03:00")):
        wire = Wire()
        wire.scan(SHOES)
        monkeypatch.setattr(command.factory, "create", lambda link, wire=wire: FakeScanner(wire))
        assert command.scan("serial:/dev/ttyACM1", config=config, as_json=True, **wanted) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[1])["at"].endswith(zone)


@pytest.mark.parametrize(
    ("link", "options", "status"),
    [
        ("serial:/dev/no-such-port", {}, 1),
        ("bluetooth:7", {}, 2),
        ("serial:/dev/no-such-port", {"train": "4600439931256"}, 2),
        ("serial:/dev/no-such-port", {"past": True}, 2),
    ],
)
def test_what_cannot_be_watched_says_why(
    capsys: pytest.CaptureFixture[str], link: str, options: dict[str, object], status: int
) -> None:
    for as_json in (False, True):
        wanted = {"train": None, "past": False, "count": None, "seconds": None, **options}
        with pytest.raises(typer.Exit) as left:
            command.scan(link, config=None, data_dir=None, url=None, as_json=as_json, **wanted)
        out, err = capsys.readouterr()
        assert left.value.exit_code == status
        assert err
        if as_json:
            assert json.loads(out)["error"]["hint"]
        else:
            assert out == ""


async def test_a_keyboard_is_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf:
        kind, name = "keyboard", "hid"
        closed = False

        async def open(self) -> None: ...

        async def read(self) -> None:
            await asyncio.Event().wait()

        async def close(self) -> None:
            Deaf.closed = True

    monkeypatch.setattr(command.factory, "create", lambda link: Deaf())
    monkeypatch.setattr(command, "KEYBOARD_SECONDS", 0.01)
    arguments = {"train": None, "past": False, "count": None, "seconds": None, "config": None, "data_dir": None}
    loop = asyncio.get_running_loop()
    run = loop.run_in_executor(None, lambda: command.scan("hid:/dev/input/event3", url=None, as_json=True, **arguments))
    assert await asyncio.wait_for(run, 10) == 0
    assert Deaf.closed


async def test_a_port_that_is_held_may_be_held_by_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    class Held(FakeScanner):
        async def open(self) -> None:
            raise LinkError("in use", hint="Порт занят.", code="link_busy")

    monkeypatch.setattr(command.factory, "create", lambda link: Held(Wire()))
    with pytest.raises(LinkError) as refused:
        await command._watch_link("serial:/dev/ttyACM1", command.View(as_json=True, known=None), 1)
    assert refused.value.hint == "Порт занят. Если сканер держит шлюз: fiscal-gateway scan ИМЯ."


@pytest.mark.parametrize("code", [b"ab\x1b[2Jcd\x07", b"\x9b31m\xd0\xb9", bytes(range(256))])
def test_nothing_of_a_code_reaches_the_terminal_as_a_command(code: bytes) -> None:
    reading = Reading(data=code, symbology="]d1", packets=(code,))
    scan = understood(reading, Kind.SERIAL, "scan-1", datetime(2026, 3, 2, tzinfo=UTC))
    lines = command.picture(scan_object(scan, details=True))
    assert len(lines) >= 4
    assert all(line.isprintable() for line in lines)
