"""The register behind ATOL's web server: who it is, what it can, what a server may say no with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import virtual
from web_line import http

from devices.discovery import diagnose
from devices.errors import GatewayError, LinkError, NeedsOperator, ProtocolError, Rejected, RequestError, Unmakeable
from devices.links.pair import PairLink
from devices.registers.archive import bare
from devices.registers.atol_web.options import Options
from devices.registers.base import Capability, Register, Shift
from devices.registers.factory import create
from devices.registers.settle import Exists, settle
from emulator.channels import PipeEnd, pipe
from protocols.atol_web import text
from protocols.ffd.enums import CorrectionKind, FfdVersion
from protocols.ffd.receipt import Correction, Customer

SALE = receipt(item("Чай", 1_000))


@pytest.mark.parametrize("api", ["v2", "v1"])
@pytest.mark.parametrize("ffd", [FfdVersion.V1_05, FfdVersion.V1_2])
@virtual
async def test_a_day(api: str, ffd: FfdVersion) -> None:
    async with till(family="atol-web", ffd=ffd, options={"api": api}) as one:
        identity = one.driver.identity
        assert (identity.family, identity.ffd, len(identity.fn)) == ("atol-web", ffd, 16)
        lacking = frozenset(Capability) - one.driver.capabilities
        items = {Capability.MARKING, Capability.CORRECTION_ITEMS} if ffd is FfdVersion.V1_05 else set()
        assert lacking == {Capability.SETTINGS, *items}
        assert await one.driver.settings() == ()
        outcome = await one.driver.fiscalise(SALE)
        assert (outcome.differences, outcome.warnings, outcome.fiscal.document) == ((), (), 3)
        assert outcome.fiscal.qr is not None
        await one.driver.cash_in(50_000, CASHIER)
        await one.driver.cash_out(10_000, None)
        counters = await one.driver.x_report()
        assert (counters["sell_cash"], counters["cash_in_drawer"]) == (1_000, 41_000)
        assert (counters["cash_in_count"], counters["cash_out_sum"]) == (1, 10_000)
        await one.driver.open_drawer()
        await one.driver.copy_last()
        await one.driver.set_clock(one.shop.clock() + timedelta(hours=1))
        assert (await one.driver.state()).clock - one.shop.clock() >= timedelta(minutes=59)
        assert (await one.driver.ofd()).unsent == 3
        drive = await one.driver.drive()
        assert (drive.number, drive.phase, drive.last_document, drive.warnings) == (identity.fn, "fiscal", 3, ())
        closed = await one.driver.close_shift(CASHIER)
        assert closed.fiscal.document == 4
        assert (await one.driver.state()).shift is Shift.CLOSED
        found = await one.driver.document(3)
        assert found is not None
        assert (found.total, found.acknowledged) == (1_000, False)
        assert await one.driver.document(99) is None


@virtual
async def test_a_correction_of_105_is_sums_and_taxes() -> None:
    async with till(family="atol-web", ffd=FfdVersion.V1_05) as one:
        basis = Correction(kind=CorrectionKind.SELF, date=date(2026, 3, 1))
        outcome = await one.driver.fiscalise(replace(SALE, correction=basis))
        assert outcome.differences == ()
        described = replace(SALE, correction=replace(basis, description="забыли"))
        with pytest.raises(Unmakeable) as refused:
            await one.driver.fiscalise(described)
        assert refused.value.code == "correction_description_impossible"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"print_paper": False, "customer": None}, "/customer", "electronic_needs_contact"),
        ({"print_paper": False, "customer": Customer(name="Иван")}, "/customer", "electronic_needs_contact"),
        ({"items": (item(quantity="0.0005", price=2_000_000),)}, "/items/0/quantity", "quantity_too_small"),
        ({"header_lines": ("Привет", "☕")}, "/header_lines/1", "text_unprintable"),
    ],
)
@virtual
async def test_what_the_server_would_refuse_is_told_before(change: dict[str, Any], pointer: str, code: str) -> None:
    async with till(family="atol-web") as one:
        faults = one.driver.faults(replace(SALE, **change))
        assert (pointer, code) in {(fault.pointer, fault.code) for fault in faults}
        assert all(fault.hint for fault in faults)


@virtual
async def test_a_receipt_of_the_internet_names_the_registered_place() -> None:
    async with till(family="atol-web") as one:
        outcome = await one.driver.fiscalise(replace(SALE, internet=True, print_paper=False))
        assert outcome.differences == ()


@virtual
async def test_the_server_wants_a_password() -> None:
    async with till(family="atol-web", quirks=frozenset({"auth"}), options=LETTER) as one:
        await one.driver.fiscalise(SALE)
        for options in ({}, {"login": "atol", "password": "other"}):
            stranger = another(one, **options)
            with pytest.raises(NeedsOperator) as refused:
                await stranger.connect()
            assert refused.value.code == "server_unauthorised"
            assert "options.login" in refused.value.hint
        steps = [step async for step in diagnose(web(one))]
        assert steps[-1].code == "server_unauthorised"


LETTER = {"login": "atol", "password": "atol"}


def another(one: Till, **options: str) -> Register:
    return create("atol-web", PairLink(one.emulated.connect), zone=MOSCOW, options=options)


def web(one: Till) -> PairLink:
    return PairLink(one.emulated.connect, name="http://kkt:16732", web=True)


@virtual
async def test_the_register_is_called_by_its_name() -> None:
    async with till(family="atol-web") as one:
        device = {"id": "till-2", "name": "вторая"}
        assert (await http(one.emulated.connect, "POST", "/api/v2/devices", device))[0] == 201
        second = another(one, device="till-2")
        with pytest.raises(NeedsOperator) as idle:
            await second.connect()
        assert idle.value.code == "server_device_inactive"
        await http(one.emulated.connect, "POST", "/api/v2/deactivateDevice")
        await http(one.emulated.connect, "POST", "/api/v2/activateDevice?deviceID=till-2")
        await second.connect()
        await second.fiscalise(SALE)
        nobody = another(one, device="till-9")
        with pytest.raises(NeedsOperator) as unknown:
            await nobody.connect()
        assert unknown.value.code == "server_device_unknown"


@virtual
async def test_a_refusal_is_true_and_names_what_to_do() -> None:
    async with till(family="atol-web") as one:
        bookmark = await one.driver.bookmark()
        with pytest.raises(Rejected) as refused:
            await one.driver.cash_out(10**9, CASHIER)
        assert (refused.value.number, refused.value.command) == (80, "cashOut")
        assert refused.value.hint
        with pytest.raises(Rejected) as opened:
            await one.driver.open_shift(CASHIER)
        assert opened.value.code == "shift_open"
        assert (await one.driver.bookmark()).document == bookmark.document
        await one.driver.fiscalise(SALE)


@virtual
async def test_who_is_there() -> None:
    async with till(family="atol-web") as one:
        steps = [step async for step in diagnose(web(one))]
        codes = [step.code for step in steps]
        assert codes[-8:] == ["answers", "queue", "model", "mode", "paper", "drive", "ofd", "register"]
        assert all(step.ok for step in steps)
        before = one.documents(), one.device.paper_text()
        assert before == (one.documents(), one.device.paper_text())


class Impostor:
    """Something else that takes connections; `answer` makes of a call what goes back, None: it hangs up."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer
        self._tasks: list[asyncio.Task[None]] = []

    def connect(self) -> PipeEnd:
        host, far = pipe("impostor")
        self._tasks.append(asyncio.get_running_loop().create_task(self._serve(far)))
        return host

    async def _serve(self, far: PipeEnd) -> None:
        back = self._answer(await far.read())
        if back:
            await far.write(back)
        far.close()


def says(status: str, body: str, kind: str = "application/json") -> bytes:
    data = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (None, LinkError, "link_closed"),
        (b"\x15\x15\x15", ProtocolError, "answer_malformed"),
        (b"220 smtp ready\r\n", LinkError, "link_closed"),
        (says("200 OK", "hello", "text/html"), ProtocolError, "answer_malformed"),
        (says("200 OK", "[]"), ProtocolError, "answer_malformed"),
        (says("404 Not Found", "<html>Tomcat</html>", "text/html"), ProtocolError, "answer_malformed"),
        (says("500 Error", "{}"), LinkError, "server_fault"),
        (says("403 Forbidden", '{"error":{"code":505,"description":"нет"}}'), NeedsOperator, "server_device_inactive"),
        (says("400 Bad", '{"error":{"code":505,"description":"нет"}}'), Rejected, "server_refused"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}", LinkError, "link_closed"),
    ],
)
@virtual
async def test_what_is_no_such_server(answer: bytes | None, error: type[GatewayError], code: str) -> None:
    driver = create("atol-web", PairLink(Impostor(lambda call: answer).connect), zone=MOSCOW)
    with pytest.raises(error) as raised:
        await driver.connect()
    assert raised.value.code == code
    assert raised.value.hint


@pytest.mark.parametrize("answer", [says("200 OK", "hello"), says("404 Nope", "nope"), b"\x06\x06"])
@virtual
async def test_another_server_is_not_taken_for_one(answer: bytes) -> None:
    link = PairLink(Impostor(lambda call: answer).connect, name="http://kkt:80", web=True)
    steps = [step async for step in diagnose(link)]
    assert not steps[-1].ok
    assert "register" not in {step.code for step in steps}


@asynccontextmanager
async def spoilt(spoil: Callable[[dict[str, Any]], Any]) -> AsyncIterator[tuple[Till, Register]]:
    """A server whose results say something else."""
    async with till(family="atol-web") as one:

        class Line:
            def __init__(self) -> None:
                self._inner = one.emulated.connect()
                self._asked = b""

            async def write(self, data: bytes) -> None:
                self._asked = data
                await self._inner.write(data)

            async def read(self) -> bytes:
                data = bytes(await self._inner.read())
                _, _, body = data.partition(b"\r\n\r\n")
                if not self._asked.startswith(b"GET") or b'"fiscalParams"' not in body:
                    return data
                values = text.read(body)
                for result in values["results"]:
                    spoil(result)
                return says("200 OK", text.write(values).decode())

            def close(self) -> None:
                self._inner.close()

        driver = create("atol-web", PairLink(Line), zone=MOSCOW)
        await driver.connect()
        yield one, driver


def only_number(result: dict[str, Any]) -> None:
    """What one known server tells after a recovery."""
    result["result"] = {
        "fiscalParams": {"fiscalDocumentNumber": result["result"]["fiscalParams"]["fiscalDocumentNumber"]}
    }


def number(by: int) -> Callable[[dict[str, Any]], None]:
    def change(result: dict[str, Any]) -> None:
        result["result"]["fiscalParams"]["fiscalDocumentNumber"] += by

    return change


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (only_number, "answer_incomplete"),
        (number(1), "answer_contradicts_drive"),
        (number(-1), "answer_contradicts_drive"),
    ],
)
@virtual
async def test_an_answer_that_is_not_of_the_drive_is_settled(spoil: Callable[[dict[str, Any]], Any], code: str) -> None:
    async with spoilt(spoil) as (one, driver):
        bookmark = await driver.bookmark()
        with pytest.raises(LinkError) as doubt:
            await driver.fiscalise(SALE)
        assert doubt.value.code == code
        assert isinstance(await settle(driver, bookmark, SALE), Exists)
        assert len(one.documents()) == 3


@pytest.mark.parametrize(
    "options",
    [
        {"api": "v3"},
        {"device": "касса"},
        {"device": "a" * 17},
        {"login": ""},
        {"login": "a:b"},
        {"marking_wait": "0"},
        {"marking_wait": "61"},
        {"speed": "1"},
    ],
)
def test_options_that_are_none(options: dict[str, str]) -> None:
    with pytest.raises(RequestError) as refused:
        Options.of(options)
    assert refused.value.code == "option_unknown"


def test_a_password_is_not_told() -> None:
    with pytest.raises(RequestError) as refused:
        Options.of({"password ": "secret"})
    assert "secret" not in (Options.of({"login": "a", "password": "secret"}).authorization or "secret")
    assert refused.value.code == "option_unknown"


def test_the_outer_tag_of_a_document_is_taken_off_where_there_is_one() -> None:
    assert bare(bytes.fromhex("03000400 fc030000")) == bytes.fromhex("fc030000")
    assert bare(bytes.fromhex("fc0301000a")) == bytes.fromhex("fc0301000a")


def test_quantities_are_written_as_they_are() -> None:
    assert text.write({"quantity": Decimal("0.250")}) == b'{"quantity":0.250}'
