"""An emulated scanner over real HTTP and real connections: its trigger, its faults, its cable."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from emulator.channels import TcpAddress, dial
from emulator.control import Control
from emulator.plans import Plan
from emulator.scanners import EmulatedScanner, Setup
from emulator.scanners.control import ScannerControl
from emulator.shop import Shop
from protocols.scanner.reading import Kind

CODE = "0104600439931256215ABcde\x1d93dGVz"
SENT = b"]d2" + CODE.encode() + b"\r"


@dataclass
class Hand:
    """The tester's hand on a control server."""

    session: aiohttp.ClientSession
    url: str

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, json=body) as answer:
            return answer.status, await answer.json()

    async def scan(self, code: str = CODE, **more: Any) -> dict[str, Any]:
        status, done = await self.ask("POST", "/scan", {"code": code} | more)
        assert status == 200, done
        return done  # type: ignore[no-any-return]


@pytest.fixture
async def scanner() -> AsyncIterator[EmulatedScanner]:
    made = EmulatedScanner(Setup())
    await made.start([TcpAddress("127.0.0.1", 0)])
    yield made
    await made.close()


@pytest.fixture
async def hand(scanner: EmulatedScanner) -> AsyncIterator[Hand]:
    control = ScannerControl(scanner)
    async with aiohttp.ClientSession() as session:
        yield Hand(session, await control.start("127.0.0.1", 0))
    await control.close()


async def test_the_trigger_sends_to_whoever_is_connected_last(scanner: EmulatedScanner, hand: Hand) -> None:
    assert (await hand.scan())["heard"] is False
    first = scanner.connect()
    second = scanner.connect()
    assert await first.read() == b"", "as on a real wire, one hears"
    done = await hand.scan()
    assert done["heard"]
    assert bytes.fromhex("".join(done["sent"])) == SENT
    assert await second.read() == SENT
    assert [one["number"] for one in (await hand.ask("GET", "/scans"))[1]] == [1, 2]
    second.close()
    assert (await hand.scan())["heard"] is False
    assert (await hand.ask("GET", "/state"))[1]["connected"] == 0


async def test_codes_as_text_and_as_bytes_with_any_aim_id(scanner: EmulatedScanner, hand: Hand) -> None:
    host = scanner.connect()
    for body, sent in (
        ({"code": CODE, "symbology": "]C1"}, b"]C1" + SENT[3:]),
        ({"code": CODE, "symbology": None}, SENT[3:]),
        ({"code_base64": base64.b64encode(b"\x00\xff").decode()}, b"]d2\x00\xff\r"),
    ):
        assert (await hand.ask("POST", "/scan", body))[0] == 200
        assert await host.read() == sent


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_body"),
        ({"code": "1", "code_base64": "MQ=="}, 400, "invalid_body"),
        ({"code": "№"}, 400, "invalid_body"),
        ({"code": 1}, 400, "invalid_body"),
        ({"code": ""}, 400, "invalid_body"),
        ({"code_base64": "%"}, 400, "invalid_body"),
        ({"code": "1", "x": 1}, 400, "invalid_body"),
        ({"code": "1", "symbology": 2}, 400, "invalid_body"),
        ({"code": "1", "symbology": "d2"}, 422, "unsendable_code"),
        ([], 400, "broken_json"),
    ],
)
async def test_what_cannot_be_scanned_is_refused_and_no_fault_is_used_up(
    scanner: EmulatedScanner, hand: Hand, body: Any, status: int, code: str
) -> None:
    await hand.ask("POST", "/faults", {"kind": "gs_lost"})
    answered, problem = await hand.ask("POST", "/scan", body)
    assert (answered, problem["error"]["code"]) == (status, code)
    assert len((await hand.ask("GET", "/faults"))[1]) == 1
    assert (await hand.ask("GET", "/scans"))[1] == []


async def test_faults_wait_strike_and_are_taken_back(scanner: EmulatedScanner, hand: Hand) -> None:
    host = scanner.connect()
    status, fault = await hand.ask("POST", "/faults", {"kind": "gs_lost", "count": 2})
    assert (status, fault) == (201, {"id": 1, "kind": "gs_lost", "count": 2, "seconds": 0.0})
    assert (await hand.scan())["faults"] == ["gs_lost"]
    assert await host.read() == SENT.replace(b"\x1d", b"")
    assert (await hand.ask("DELETE", "/faults/1"))[1] == []
    assert (await hand.scan())["faults"] == []
    assert (await hand.ask("DELETE", "/faults/1"))[0] == 404
    assert (await hand.ask("POST", "/faults", {"kind": "caps_lock"}))[1]["error"]["code"] == "invalid_fault"
    await hand.ask("POST", "/faults", {"kind": "double"})
    assert (await hand.ask("DELETE", "/faults"))[1] == []


async def test_a_pulled_cable(scanner: EmulatedScanner, hand: Hand) -> None:
    """Connections end, new ones are refused, and at the same address it is back."""
    address = scanner.listeners[0].address
    assert isinstance(address, TcpAddress)
    near, far = scanner.connect(), await dial(address.host, address.port)
    await hand.ask("POST", "/faults", {"kind": "unplug", "seconds": 0.2})
    done = await hand.scan()
    assert (done["heard"], done["sent"]) == (False, [])
    assert (await near.read(), await far.read()) == (b"", b"")
    assert (await hand.ask("GET", "/state"))[1]["plugged"] is False
    with pytest.raises(ConnectionRefusedError):
        scanner.connect()
    with pytest.raises(OSError, match=str(address.port)):
        await dial(address.host, address.port)
    assert scanner._return is not None
    await scanner._return
    assert scanner.listeners[0].address == address
    again = scanner.connect()
    await hand.scan()
    assert await again.read() == SENT


async def test_state_and_reset(scanner: EmulatedScanner, hand: Hand) -> None:
    await hand.scan()
    await hand.ask("POST", "/faults", {"kind": "split"})
    _, state = await hand.ask("GET", "/state")
    assert (state["as"], state["scans"], state["connected"], len(state["faults"])) == ("serial", 1, 0, 1)
    assert state["listen"] == [str(scanner.listeners[0].address)]
    await hand.ask("POST", "/reset")
    _, state = await hand.ask("GET", "/state")
    assert (state["scans"], state["faults"]) == (0, [])
    assert (await hand.ask("GET", "/scans"))[1] == []


async def test_scanners_of_a_shop_have_their_triggers_under_their_names() -> None:
    shop = Shop(Plan(scanners={"s1": Setup(), "s2": Setup(kind=Kind.HID_POS)}))
    control = Control(shop)
    await shop.start()
    async with aiohttp.ClientSession() as session:
        hand = Hand(session, await control.start("127.0.0.1", 0))
        host = shop.scanners["s1"].connect()
        assert (await hand.ask("POST", "/scanners/s1/scan", {"code": CODE}))[0] == 200
        assert await host.read() == SENT
        assert set((await hand.ask("GET", "/state"))[1]["scanners"]) == {"s1", "s2"}
        status, problem = await hand.ask("POST", "/scanners/s3/scan", {"code": CODE})
        assert (status, problem["error"]["code"]) == (404, "unknown_scanner")
        assert "s1, s2" in problem["error"]["detail"]
        await hand.ask("POST", "/reset")
        assert (await hand.ask("GET", "/scanners/s1/scans"))[1] == []
    await control.close()
    await shop.close()
    assert await host.read() == b""
