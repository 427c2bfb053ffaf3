"""The control server over real HTTP, in front of a shop with a stand-in register that keeps one-byte documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from emulator import families
from emulator.channels import Channel, TcpAddress
from emulator.control import DEFAULT_PICTURE, MAX_PICTURE, Control
from emulator.control_server import MAX_BODY
from emulator.families import Family
from emulator.faults import FaultPoint
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Device, Power, Settings
from emulator.rim import Clock
from emulator.shop import Shop

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
#: Tag 1042 (receipt number, u32 LE) = 7 inside document 3; shape per the ФФД rule "tag u16 LE, length u16 LE, value".
RECEIPT = bytes.fromhex("0300 0800 1204 0400 07000000")


class Notebook(Device):
    """Every byte it gets becomes a document and is answered with the number of documents; RAM counts this power."""

    def __init__(self, power: Power) -> None:
        self.power = power
        self.ram = 0
        self.drive = SimpleNamespace(  # type: ignore[assignment]
            documents=self._documents, last_at=None, leave_room=self._leave_room, resource=self
        )

    def _documents(self, first: int = 1, last: int | None = None) -> list[Any]:
        count = self.power.storage.get("count") or 0
        numbers = range(first, 1 + (count if last is None else min(count, last)))
        return [SimpleNamespace(drive="9999", number=number, code=3, tlv=RECEIPT) for number in numbers]

    def _leave_room(self, documents: int | None) -> None:
        self.documents_left = documents

    async def serve(self, channel: Channel) -> None:
        while data := await channel.read():
            for command in data:
                self.power.faults.at_commit(command, FaultPoint.COMMIT, timeout=0x2F)
                self.power.storage.put("count", len(self._documents()) + 1)
                self.power.faults.at_commit(command, FaultPoint.COMMITTED, timeout=0x2F)
                self.ram += 1
                await channel.write(bytes([len(self._documents()), self.ram]))

    def state(self) -> dict[str, Any]:
        return {"documents": len(self._documents())}

    def paper_text(self, last: int | None = None) -> str:
        return f"ФД: {len(self._documents())}, последние: {last}\n"

    def paper_image(self, last: int | None = None) -> bytes:
        return b"\x89PNG %d" % (last or 0)

    def set_paper(self, *, present: bool) -> None:
        self.paper = present

    def set_cover(self, *, open_: bool) -> None:
        self.cover = open_

    def heal(self) -> None:
        self.healed = True


def names(name: str) -> int | None:
    return 0x07 if name == "ring" else None


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    rows = {"notebook": Family(title="", listen="", build=Notebook, command_code=names, quirks=dict)}
    monkeypatch.setattr(families, "FAMILIES", rows)
    plans = tuple(
        RegisterPlan(settings=Settings(name=name), family="notebook", listen=(TcpAddress("127.0.0.1", 0),))
        for name in ("kkt-1", "kkt-2")
    )
    shop = Shop(Plan(registers=plans), clock=Clock(START, ticks=lambda: 0.0), random=Random(1))
    await shop.start()
    yield shop
    await shop.close()


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[aiohttp.ClientSession]:
    control = Control(shop)
    url = await control.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(url) as session:
        yield session
    await control.close()


async def call(http: aiohttp.ClientSession, method: str, path: str, status: int = 200, **kwargs: Any) -> Any:
    async with http.request(method, path, **kwargs) as answer:
        assert answer.status == status, await answer.text()
        assert answer.content_type == "application/json"
        return await answer.json()


async def ring(shop: Shop, register: str = "kkt-1", command: int = 7) -> bytes:
    host = shop.connect(register)
    await host.write(bytes([command]))
    answer = await host.read(timeout=5)
    host.close()
    return answer


async def test_state_names_registers_addresses_and_time(shop: Shop, http: aiohttp.ClientSession) -> None:
    state = await call(http, "GET", "/state")
    assert state["now"] == "2026-03-02T09:00:00+03:00"
    assert [one["name"] for one in state["registers"]] == ["kkt-1", "kkt-2"]
    assert state["registers"][1]["listen"] == [str(shop.addresses()[1])]
    assert state["registers"][0]["powered"] is True
    assert state["ofd"] is None


async def test_documents_are_listed_and_downloaded(shop: Shop, http: aiohttp.ClientSession) -> None:
    await ring(shop, "kkt-2")
    assert await call(http, "GET", "/documents") == []
    [document] = await call(http, "GET", "/documents?register=kkt-2")
    assert document["number"] == 1
    assert document["code"] == 3
    assert document["tlv"] == RECEIPT.hex()
    [tag] = document["tags"]
    assert (tag["tag"], tag["type"], tag["value"]) == (1042, "u32", 7)
    assert await call(http, "GET", "/documents/1?register=kkt-2") == document
    async with http.get("/documents/1.bin?register=kkt-2") as answer:
        assert await answer.read() == RECEIPT
    await ring(shop, "kkt-2")
    assert [one["number"] for one in await call(http, "GET", "/documents?register=kkt-2&after=1")] == [2]


async def test_paper_is_shown(shop: Shop, http: aiohttp.ClientSession) -> None:
    await ring(shop)
    async with http.get("/paper.txt") as answer:
        assert await answer.text() == "ФД: 1, последние: None\n"
        assert answer.charset == "utf-8"
    async with http.get("/paper.txt?register=kkt-2&last=2") as answer:
        assert await answer.text() == "ФД: 0, последние: 2\n"
    for query, last in (("", DEFAULT_PICTURE), ("?last=3", 3), ("?last=99999", MAX_PICTURE)):
        async with http.get(f"/paper.png{query}") as answer:
            assert answer.content_type == "image/png"
            assert await answer.read() == b"\x89PNG %d" % last


async def test_the_operator_changes_the_roll_and_closes_the_cover(shop: Shop, http: aiohttp.ClientSession) -> None:
    await call(http, "POST", "/paper", json={"present": True})
    await call(http, "POST", "/cover?register=kkt-2", json={"open": False})
    assert shop.registers["kkt-1"].device.paper is True
    assert shop.registers["kkt-2"].device.cover is False


async def test_faults_are_added_listed_and_deleted(http: aiohttp.ClientSession) -> None:
    first = await call(http, "POST", "/faults", 201, json={"kind": "cut", "command": "ring", "after_bytes": 3})
    assert first == {"id": 1, "kind": "cut", "command": "07", "count": 1, "after_bytes": 3, "seconds": 0.0}
    second = await call(http, "POST", "/faults", 201, json={"kind": "slow", "seconds": 0.5})
    assert await call(http, "GET", "/faults") == [first, second]
    assert await call(http, "GET", "/faults?register=kkt-2") == []
    assert await call(http, "DELETE", "/faults/1") == [second]
    await call(http, "DELETE", "/faults/1", 404)
    assert await call(http, "DELETE", "/faults") == []


async def test_no_faults_means_that_the_till_is_healed(shop: Shop, http: aiohttp.ClientSession) -> None:
    """A fault that has struck is gone from the list; what it did to the till goes with `DELETE /faults`."""
    await call(http, "DELETE", "/faults?register=kkt-2")
    assert [getattr(one.device, "healed", False) for one in shop.registers.values()] == [False, True]


async def test_room_in_the_drive_is_set_and_given_back(shop: Shop, http: aiohttp.ClientSession) -> None:
    for left in (3, None):
        assert await call(http, "POST", "/drive?register=kkt-2", json={"documents_left": left}) == {
            "documents_left": left
        }
        assert shop.registers["kkt-2"].device.documents_left == left


@pytest.mark.parametrize(("kind", "kept"), [("power_before_commit", 0), ("power_after_commit", 1)])
async def test_power_comes_back_with_the_storage_and_without_ram(
    shop: Shop, http: aiohttp.ClientSession, kind: str, kept: int
) -> None:
    await call(http, "POST", "/faults", 201, json={"kind": kind, "seconds": 0.1})
    assert await ring(shop) == b""
    state = (await call(http, "GET", "/state"))["registers"][0]
    assert (state["powered"], state["documents"]) == (False, kept)
    assert await ring(shop) == b""  # nobody answers without power
    async with asyncio.timeout(5):
        while not shop.registers["kkt-1"].powered:  # noqa: ASYNC110 — what we wait for is the emulated world
            await asyncio.sleep(0.01)
    assert await ring(shop) == bytes([kept + 1, 1])


async def test_the_power_fails_between_commands(shop: Shop, http: aiohttp.ClientSession) -> None:
    assert await ring(shop) == b"\x01\x01"
    assert await call(http, "POST", "/power", json={"seconds": 0}) == {"name": "kkt-1", "powered": False}
    async with asyncio.timeout(5):
        while not shop.registers["kkt-1"].powered:  # noqa: ASYNC110 — what we wait for is the emulated world
            await asyncio.sleep(0.01)
    assert await ring(shop) == b"\x02\x01"


async def test_reset_makes_everything_new(shop: Shop, http: aiohttp.ClientSession) -> None:
    await ring(shop)
    chance = shop.registers["kkt-1"].random.random()
    await call(http, "POST", "/faults", 201, json={"kind": "cut"})
    await call(http, "POST", "/clock", json={"advance": 60})
    await call(http, "POST", "/reset")
    assert await call(http, "GET", "/documents") == []
    assert await call(http, "GET", "/faults") == []
    assert (await call(http, "GET", "/clock"))["now"] == "2026-03-02T09:00:00+03:00"
    assert shop.registers["kkt-1"].random.random() == chance
    assert await ring(shop) == b"\x01\x01"


async def test_the_clock_is_advanced(http: aiohttp.ClientSession) -> None:
    moved = await call(http, "POST", "/clock", json={"advance": 86400})
    assert moved == {"now": "2026-03-03T09:00:00+03:00"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", None, 404, "not_found"),
        ("PUT", "/state", None, 405, "method_not_allowed"),
        ("GET", "/documents?register=kkt-9", None, 404, "unknown_register"),
        ("GET", "/documents/7", None, 404, "unknown_document"),
        ("GET", "/documents/0", None, 404, "unknown_document"),
        ("GET", "/documents?after=-1", None, 400, "invalid_query"),
        ("GET", "/documents/x.bin", None, 404, "unknown_document"),
        ("GET", "/ofd/documents", None, 404, "no_ofd"),
        ("POST", "/faults", b"{", 400, "broken_json"),
        ("POST", "/faults", b"\xff\xfe", 400, "broken_json"),
        ("POST", "/faults", b"[" * 60000, 400, "broken_json"),
        ("POST", "/faults", b"[1]", 400, "broken_json"),
        ("POST", "/faults", b'{"kind": "fire"}', 400, "invalid_fault"),
        ("POST", "/faults", b'{"kind": "cut", "command": "no"}', 400, "invalid_fault"),
        ("POST", "/faults", b" " * (MAX_BODY + 1), 413, "body_too_large"),
        ("DELETE", "/faults/x", None, 404, "unknown_fault"),
        ("GET", "/paper.png?last=x", None, 400, "invalid_query"),
        ("POST", "/paper", b'{"present": 1}', 400, "invalid_body"),
        ("POST", "/power", b'{"seconds": "1"}', 400, "invalid_body"),
        ("POST", "/power", b'{"seconds": -1}', 400, "invalid_body"),
        ("POST", "/cover", b"{}", 400, "invalid_body"),
        ("POST", "/drive", b"{}", 400, "invalid_body"),
        ("POST", "/drive", b'{"documents_left": -1}', 400, "invalid_body"),
        ("POST", "/drive", b'{"documents_left": true}', 400, "invalid_body"),
        ("POST", "/clock", b'{"advance": "1"}', 400, "invalid_clock"),
        ("POST", "/clock", b'{"advance": -1}', 400, "invalid_clock"),
        ("POST", "/clock", b'{"advance": NaN}', 400, "invalid_clock"),
        ("POST", "/clock", b'{"advance": 1, "x": 1}', 400, "invalid_clock"),
        ("POST", "/clock", b'{"advance": 1e300}', 400, "invalid_clock"),
    ],
)
async def test_bad_input_is_refused_with_a_reason(
    http: aiohttp.ClientSession, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    answer = await call(http, method, path, status, data=body)
    assert answer["error"]["code"] == code
    assert answer["error"]["detail"]
    await call(http, "GET", "/state")


async def test_garbage_instead_of_http_stops_nothing(http: aiohttp.ClientSession) -> None:
    base = http._base_url
    assert base is not None
    for garbage in (b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n", Random(3).randbytes(5000), b"POST /faults HTTP/1.1\r\n"):
        reader, writer = await asyncio.open_connection(base.host, base.port)
        writer.write(garbage)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
    await call(http, "GET", "/state")
