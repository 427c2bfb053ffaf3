"""Marking codes of an emulated Пирит: checked, kept, put into an item, told to the marking system or to the host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from marking_kit import GENUINE, SHORT, SPOILT
from pirit_kit import CASHIER, PiritBench
from register_bench import START
from shtrih_kit import value
from virtual_loop import virtual

from emulator.channels import PipeEnd
from emulator.fiscal_drive import default_registration
from emulator.marking.oism import Behaviour, Misbehaviour
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, decode
from protocols.pirit import errors, extended
from protocols.pirit.commands import DeviceRefusal, answer_to, encode_request
from protocols.pirit.commands import marking as m
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands.state import BeginWork
from protocols.pirit.fields import Part
from protocols.pirit.framing import HostStream, Reply
from protocols.pirit.framing import encode_request as framed

ONE = Decimal(1)
NAME = "kkt-1"


def check(code: bytes = SHORT, planned: int = 1, quantity: Decimal | Part = ONE, unit: int = 0, insist: int = 0) -> Any:
    return m.CheckCode(code, 0, planned, quantity, unit, insist)


def kept(bench: PiritBench, code: bytes = SHORT, **more: Any) -> None:
    bench.call(check(code, **more))
    bench.call(m.DecideCode(1))


def opened(bench: PiritBench) -> PiritBench:
    bench.open_shift()
    bench.open()
    return bench


def test_check_keep_attach_sell() -> None:
    bench = PiritBench()
    checked = bench.call(check())
    assert checked == m.CheckCodeReply(0, 1)  # nobody answers on the bench
    assert bench.call(m.MarkingState()).check == 3
    assert bench.call(m.DecideCode(1)).value == 0
    assert bench.call(m.MarkingState()).saved == 1
    opened(bench)
    bench.call(m.AttachCode(SHORT, 1, 0, 0, 0))
    bench.sell(15000, object=33)
    bench.sell(100)
    assert bench.call(m.MarkingState()).notified == 1
    bench.pay(15100)
    bench.close()
    elements = bench.document()
    assert validate(DocumentCode.RECEIPT, FfdVersion.V1_2, elements) == []
    assert value(elements, 1059, 1163, 1305) == "0104600000000015215ABcdEFgh1234"
    assert (value(elements, 1059, 2102), value(elements, 1059, 2106), value(elements, 2107)) == (0, 0, 0)
    assert bench.call(m.MarkingState()).saved == 0
    assert bench.call(m.NotificationState()).queue == 1
    for places, fill in ((3, 0), (2, 1), (1, 4)):
        bench.drive.marking.places = places
        assert bench.call(m.MarkingState()).fill == fill


def test_a_code_is_of_one_item_and_must_have_been_kept() -> None:
    bench = PiritBench()
    kept(bench)
    opened(bench)
    assert bench.refused(m.AttachCode(GENUINE, 1, 0, 0, 0)) == 0x7E
    assert bench.refused(m.AttachCode(SHORT, 1, 0, 0, 11)) == errors.BAD_PARAMETERS
    bench.call(m.AttachCode(SHORT, 1, 0, 0, 0))
    bench.sell()
    bench.sell()
    assert [item.code for item in bench.register.core.draft.items] == [SHORT, None]  # type: ignore[union-attr]
    bench.call(r.CancelDocument())
    assert bench.call(m.MarkingState()).saved == 0


def test_checks_are_decided_one_by_one() -> None:
    bench = PiritBench()
    assert bench.refused(m.DecideCode(1)) == 0x73
    bench.call(check())
    assert bench.refused(check(GENUINE)) == 0x73
    bench.call(m.DecideCode(0))
    assert bench.call(m.MarkingState()).saved == 0
    kept(bench)
    bench.call(m.ClearCodes())
    assert bench.call(m.MarkingState()).saved == 0


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (check(b""), 81),
        (check(planned=9), 81),
        (check(unit=99), 81),
        (check(quantity=Part(1, 2), unit=11), 46),
    ],
)
def test_malformed_checks(request_: Any, why: int) -> None:
    bench = PiritBench()
    assert (bench.refused(request_), bench.why()) == (errors.BAD_PARAMETERS, why)


def test_parts_and_measured_goods_are_told_to_the_drive() -> None:
    bench = PiritBench()
    kept(bench, planned=2, quantity=Part(3, 10))
    (known,) = bench.drive.marking.table
    parts = Element(1291, (Element(1293, 3), Element(1294, 10)))
    assert known.measure == (Element(2108, 0), Element(1023, 1), parts)
    kept(bench, GENUINE, planned=2, quantity=Decimal(900), unit=10)
    assert bench.drive.marking.table[1].measure == (Element(2108, 10), Element(1023, Decimal(900)))
    opened(bench)
    bench.call(m.AttachCode(GENUINE, 2, 0, 0, 10))


def test_codes_without_any_check_and_those_that_need_one() -> None:
    bench = opened(PiritBench())
    assert bench.call(m.CheckNeeded(SHORT)).value == 1
    assert bench.call(m.CheckNeeded(b"4600000000015")).value == 0
    assert bench.call(m.KeyState(0)).value == "0"
    assert bench.call(m.KeyState(1)).value.startswith("http")
    assert bench.call(r.ItemDetails(b"@" + SHORT)).check == ""
    bench.sell(object=1)
    bench.pay(10000)
    bench.close()
    assert value(bench.document(), 1059, 1163, 1305) == "0104600000000015215ABcdEFgh1234"
    older = opened(PiritBench(FfdVersion.V1_05))
    assert older.refused(check()) == 0x72
    older.call(r.ItemDetails(SHORT))
    older.sell()
    older.pay(10000)
    older.close()
    assert value(older.document(), 1059, 1162)[:2] == b"\x44\x4d"


def registered(bench: PiritBench, **more: Any) -> PiritBench:
    bench.drive.reregister(replace(default_registration(FfdVersion.V1_2), **more), 1 << 31)
    return bench


def sold(bench: PiritBench) -> PiritBench:
    kept(bench)
    opened(bench)
    bench.call(m.AttachCode(SHORT, 1, 0, 0, 0))
    bench.receipt_of_open()
    return bench


def test_marking_wants_a_register_that_is_registered_for_it() -> None:
    bench = registered(PiritBench(), marking=False)
    for request in (check(), m.MarkingState(), m.ClearCodes(), m.NotificationState(), m.CheckNeeded(SHORT)):
        assert bench.refused(request) == 0x72


def test_notifications_are_read_by_the_host_in_blocks() -> None:
    bench = sold(PiritBench())
    assert bench.call(m.NotificationState()).state == 2
    size = bench.call(m.NotificationLength()).value
    assert bench.call(m.NotificationState()).state == 1
    data = b"".join(bench.call(m.NotificationBlock(at, 100)).data for at in range(0, size, 100))
    assert data == bench.drive.marking.next_message()
    assert bench.refused(m.NotificationBlock(size, 1)) == errors.FN_NO_DATA
    bench.call(m.EndNotification(1))
    assert bench.refused(m.NotificationAnswer(3, b"abc")) == 0x60
    assert bench.refused(m.NotificationAnswer(4, b"abc")) == errors.BAD_PARAMETERS
    for request in (m.Unload(1), m.UnloadNext(0), m.ConfirmUnload(0)):
        assert bench.refused(request) == errors.FN_WRONG_STATE


def test_a_register_without_a_network_has_them_taken_away() -> None:
    bench = sold(registered(PiritBench(), offline=True))
    assert bench.refused(m.NotificationState()) == errors.FN_WRONG_STATE
    assert bench.refused(m.UnloadNext(1)) == errors.FN_NO_DATA  # no session yet
    assert bench.call(m.Unload(1)) == m.UnloadReply(1, 1, 1, 1)
    found = bench.call(m.UnloadNext(0))
    data = bench.call(m.UnloadBlock(0, 700)).data
    assert (len(data), found.number) == (min(found.size, 700), 1)
    message = bench.drive.marking.next_message()
    assert message is not None
    assert message.startswith(data)
    crc = int.from_bytes(message[2:4], "little")
    assert (bench.refused(m.ConfirmUnload(1, 1, crc ^ 1)), bench.why()) == (errors.BAD_PARAMETERS, extended.NONE)
    assert bench.call(m.ConfirmUnload(0)) == m.ConfirmUnloadReply(1, 1)
    bench.call(m.ConfirmUnload(1, 1, crc))
    assert bench.call(m.Unload(0)).waiting == 0


# --- with a marking system


class Host:
    def __init__(self, line: PipeEnd) -> None:
        self._line, self._id = line, 0x20

    async def call(self, request: Any) -> Any:
        self._id += 1
        await self._line.write(framed(encode_request(self._id, request)))
        stream = HostStream()
        while True:
            for event in stream.feed(await self._line.read(30)):
                if isinstance(event, Reply):
                    return answer_to(request, event)


@asynccontextmanager
async def host() -> AsyncIterator[tuple[Shop, Host]]:
    plan = RegisterPlan(settings=Settings(name=NAME, ffd=FfdVersion.V1_2), family="pirit")
    clock = Clock(START, ticks=asyncio.get_running_loop().time)
    shop = Shop(Plan(registers=(plan,), with_oism=True), clock=clock, random=Random(1))
    await shop.start()
    try:
        made = Host(shop.connect(NAME))
        await made.call(BeginWork(START.replace(tzinfo=None)))
        yield shop, made
    finally:
        await shop.close()


@pytest.mark.parametrize(
    ("code", "insist", "result", "asked"),
    [(SHORT, 0, 15, True), (GENUINE, 0, 15, True), (SPOILT, 0, 1, False), (SPOILT, 1, 5, True)],
)
@virtual
async def test_the_marking_system_is_asked_unless_the_drive_knows_better(
    code: bytes, insist: int, result: int, asked: bool
) -> None:
    async with host() as (_, made):
        checked = await made.call(check(code, insist=insist))
        assert checked.result == result
        assert (checked.system_result is not None) is asked
        assert (await made.call(m.DecideCode(1))).value == result


@virtual
async def test_a_marking_system_that_is_silent_leaves_three_fields_empty() -> None:
    async with host() as (shop, made):
        shop.oism.misbehave(Misbehaviour(Behaviour.SILENT), 1)  # type: ignore[union-attr]
        loop = asyncio.get_running_loop()
        before = loop.time()
        assert await made.call(check()) == m.CheckCodeReply(0, 1)
        assert loop.time() - before == pytest.approx(3.0, abs=0.2)


@virtual
async def test_sold_codes_are_told_to_the_marking_system() -> None:
    async with host() as (shop, made):
        await made.call(s.OpenShift(CASHIER))
        checked = await made.call(check())
        await made.call(m.DecideCode(1))
        await made.call(r.OpenDocument(2, 1, CASHIER))
        await made.call(m.AttachCode(SHORT, 1, 0, checked.result, 0))
        await made.call(r.AddItem("Ботинки", "", ONE, 100, 1, object=33))
        await made.call(r.Payment(0, 100))
        await made.call(r.CloseDocument(0))
        await asyncio.sleep(60)
        drive = shop.registers[NAME].device.drive
        assert (drive.marking.made, drive.marking.unsent) == (1, 0)
        line = value(drive.document(3).elements, 1059)  # type: ignore[union-attr]
        assert Element(2106, 15) in line
        with pytest.raises(DeviceRefusal):
            await made.call(m.NotificationLength())
        assert decode(drive.document(3).tlv)  # type: ignore[union-attr]
