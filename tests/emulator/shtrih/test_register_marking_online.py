"""Marking commands of a register with a marking system behind it (shtrih_m §4.4), over a pipe, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

from marking_kit import GENUINE, KI, SHORT, a_shop, gs1
from shtrih_kit import ADMIN, Bench, closing, value
from virtual_loop import virtual

from emulator.fiscal_drive import default_registration
from emulator.marking.oism import Behaviour, Misbehaviour
from protocols.crc import crc16
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, decode, encode
from protocols.fn import container
from protocols.paper import text
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import marking as m
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s


@virtual
async def test_ff67_asks_about_a_code_that_ff61_has_not_seen():
    async with a_shop() as host:
        await host.open()
        await host.line(None)
        bound = await host.call(m.BindCode(ADMIN, GENUINE, None))
        check = m.CheckCodeReply.decode(bound.check)
        assert (bound.type, bound.kind, check.local, check.flags) == (b"DM", 0, 3, 15)
        # known already: no second check
        assert (await host.call(m.BindCode(ADMIN, GENUINE, None))).check == b""
        assert len(host.shop.oism.requests()) == 1  # type: ignore[union-attr]
        await host.call(closing(0, electronic=15000))
        assert value(host.document(), 1059, 2106) == 15


@virtual
async def test_only_the_very_code_that_was_checked_is_bound():
    async with a_shop() as host:
        await host.check(SHORT)
        await host.accept()
        await host.open()
        await host.line(None)
        other = SHORT.replace(b"\x1d", b"")
        bound = await host.call(m.BindCode(ADMIN, other, None))
        assert bound.check != b""
        assert len(host.state()["accepted"]) == 2


@virtual
async def test_ff67_of_a_return_plans_a_return():
    async with a_shop() as host:
        await host.open(2)
        await host.line(SHORT, operation=2)
        await host.call(r.CancelReceipt(ADMIN))
        await host.open(2)
        await host.line(SHORT, 15000, Element(2108, 11), operation=2, quantity="1")
        planned = [asked["planned"] for asked in host.shop.oism.requests()]  # type: ignore[union-attr]
        assert planned == [3, 4]


@virtual
async def test_ff70_tells_how_far_a_check_has_come():
    async with a_shop() as host:

        async def status() -> tuple[int, int, int, int, int]:
            found = await host.call(m.MarkingStatus(ADMIN))
            return found.check, found.allowed, found.results, found.included, found.queue

        # bits of the allowed commands: B1 B2 B3 B5 B6 B7/1 B7/2 B7/3
        assert await status() == (1, 0b11100101, 0, 0, 0)
        await host.check(SHORT)
        assert await status() == (4, 0b00000110, 0, 0, 0)
        await host.accept()
        host.shop.oism.misbehave(Misbehaviour(Behaviour.SILENT))  # type: ignore[union-attr]
        await host.check(gs1("UNANSWERED"))
        assert await status() == (3, 0b00010110, 1, 0, 0)
        await host.call(m.DecideCode(ADMIN, 2))
        await host.open()
        await host.line(SHORT)
        assert await status() == (1, 0b11100101, 1, 1, 0)
        assert (await host.call(m.MarkingStatus(ADMIN))).notification == 1  # being built
        host.drive.marking.places = 0
        full = await host.call(m.MarkingStatus(ADMIN))
        assert (full.check, full.notification, full.area) == (0, 2, 4)


@virtual
async def test_ff68_and_ff63_tell_what_waits():
    async with a_shop() as host:
        host.shop.oism.behaviour = Misbehaviour(Behaviour.SILENT)  # type: ignore[union-attr]
        host.drive.marking.places = 3
        await host.sell(SHORT)
        state = await host.call(m.NotificationState(ADMIN))
        assert (state.state, state.queued, state.current, state.fill_percent) == (2, 1, 1, 34)
        assert f"{state.current_at:%Y-%m-%d %H:%M}" == "2026-03-02 09:15"
        assert (await host.call(d.DriveMemory(ADMIN))).notifications_percent == 34
        host.shop.oism.behaviour = Misbehaviour(Behaviour.ANSWER)  # type: ignore[union-attr]
        await host.until(lambda: not host.drive.marking.unsent)
        state = await host.call(m.NotificationState(ADMIN))
        assert (state.state, state.queued, state.current_at, state.fill_percent) == (0, 0, None, 0)


@virtual
async def test_the_paper_shows_the_marks():
    async with a_shop() as host:
        await host.sell(SHORT)
        await host.until(lambda: not host.drive.marking.unsent)
        for code, status in ((SHORT, 1), (gs1("PLUS"), 1)):
            await host.check(code, status)
            await host.accept()
        host.shop.oism.misbehave(Misbehaviour(Behaviour.SILENT))  # type: ignore[union-attr]
        await host.check(gs1("NOBODY"))
        await host.accept()
        await host.sell_checked(SHORT, gs1("PLUS"), gs1("NOBODY"))
        paper = host.shop.registers["kkt-1"].device.paper_text(1)
        assert [line[:4].strip() for line in paper.splitlines() if line.startswith("[M")] == ["[M-]", "[M+]", "[M]"]
        assert "ОТРИЦАТЕЛЬНЫЙ РЕЗУЛЬТАТ" in paper
        assert value(host.document(), 2107) == 1


@virtual
async def test_a_host_that_comes_back_during_a_check_waits_for_its_end():
    async with a_shop() as host:
        host.shop.oism.misbehave(Misbehaviour(Behaviour.SLOW, 8.0))  # type: ignore[union-attr]
        asking = asyncio.ensure_future(host.check(SHORT))
        await asyncio.sleep(1)
        host.reconnect()
        loop = asyncio.get_running_loop()
        began = loop.time()
        status = await host.call(m.MarkingStatus(ADMIN))
        assert loop.time() - began > 6
        # the check is there, undecided, for the host to reject; its answer went nowhere
        assert status.check == 4
        assert await host.refused(m.CheckCode(ADMIN, 1, 0, (SHORT, b""))) == 0xA1
        await host.call(m.DecideCode(ADMIN, 0))
        (lost,) = await asyncio.gather(asking, return_exceptions=True)
        assert isinstance(lost, ConnectionError)
        assert (await host.check(SHORT)).flags == 15


@virtual
async def test_the_answer_to_a_check_is_lost_with_its_line():
    async with a_shop() as host:
        host.shop.oism.misbehave(Misbehaviour(Behaviour.SLOW, 8.0))  # type: ignore[union-attr]
        asking = asyncio.ensure_future(host.check(SHORT))
        await asyncio.sleep(1)
        host.reconnect()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(10)
        assert (await host.call(m.MarkingStatus(ADMIN))).check == 4  # ENQ was answered with NAK: no stored answer


@virtual
async def test_the_power_fails_while_the_marking_system_is_asked():
    async with a_shop() as host:
        host.shop.oism.misbehave(Misbehaviour(Behaviour.SLOW, 8.0))  # type: ignore[union-attr]
        asking = asyncio.ensure_future(host.check(SHORT))
        await asyncio.sleep(1)
        host.shop.registers["kkt-1"].power_fail(2.0)
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(10)
        host.reconnect()
        status = await host.call(m.MarkingStatus(ADMIN))
        assert (status.check, status.results) == (1, 0)
        assert await host.sell(SHORT) == (15,)


@virtual
async def test_a_notification_outlives_the_power():
    async with a_shop() as host:
        host.shop.oism.behaviour = Misbehaviour(Behaviour.REFUSE)  # type: ignore[union-attr]
        await host.check(SHORT)
        await host.accept()
        await host.sell_checked(SHORT)
        host.shop.registers["kkt-1"].power_fail(2.0)
        host.shop.oism.behaviour = Misbehaviour(Behaviour.ANSWER)  # type: ignore[union-attr]
        await asyncio.sleep(3)
        await host.until(lambda: not host.drive.marking.unsent)
        assert host.shop.oism.book.facts(KI.decode()).sold  # type: ignore[union-attr]


@virtual
async def test_a_reset_shop_has_sold_nothing():
    async with a_shop() as host:
        await host.sell(SHORT)
        await host.shop.reset()
        host.reconnect()
        assert host.shop.state()["oism"] == {"listen": [], "behaviour": "answer", "notifications": 0, "codes": 0}
        assert (await host.call(s.ShortStatus(ADMIN))).mode & 0x0F == 4
        assert await host.ask(SHORT) == 15


def test_an_offline_register_is_unloaded_block_by_block():
    bench = Bench(registration=replace(default_registration(FfdVersion.V1_2), offline=True))
    for code in (SHORT, GENUINE):
        bench.call(m.CheckCode(ADMIN, 1, 0, (code, b"")))
        bench.call(m.DecideCode(ADMIN, 1))
        bench.sell(15000, object=33)
        bench.call(m.BindCode(ADMIN, code, None))
        bench.close(0, electronic=15000)
    for number, left in ((1, 2), (2, 1)):
        begun = bench.call(m.BeginUnload(ADMIN))
        assert (begun.total, begun.first) == (left, number)
        bench.call(m.UnloadBlock(ADMIN))
        assert bench.call(m.BeginUnload(ADMIN)) == begun  # from the beginning again
        data = b""
        while len(data) < begun.size:
            block = bench.call(m.UnloadBlock(ADMIN))
            assert (block.number, block.size, block.offset) == (number, begun.size, len(data))
            data += block.block
        assert bench.refused(m.UnloadBlock(ADMIN)) == 0x08
        # over everything but the checksum itself
        crc = crc16(data[4:], crc16(data[:2]))
        assert bench.refused(m.ConfirmUnload(ADMIN, number, crc16(data).to_bytes(2, "little"))) == 0x09
        assert bench.refused(m.ConfirmUnload(ADMIN, number + 1, crc.to_bytes(2, "little"))) == 0x08
        assert value(decode(container.parse(data).tlv), 82, 2007, 2106) == (16 if number == 1 else 19)
        # the vendor's text has a checksum of four bytes, its drivers one of two
        bench.call(m.ConfirmUnload(ADMIN, number, crc.to_bytes(2 * number, "little")))
    assert bench.call(m.BeginUnload(ADMIN)).total == 0
    assert [each.delivered for each in bench.drive.marking.all_notifications()] == [True, True]


def test_measured_goods_bring_their_measure():
    bench = Bench()
    measure = (Element(2108, 11), Element(1023, Decimal("0.5")))
    assert bench.refused(m.CheckCode(ADMIN, 2, 0, (SHORT, encode((Element(1030, "Мясо"),))))) == 0x33
    assert bench.refused(m.CheckCode(ADMIN, 2, 0, (SHORT, b"\x01"))) == 0x33
    bench.call(m.CheckCode(ADMIN, 2, 0, (SHORT, encode(measure))))
    assert bench.drive.marking.pending is not None
    assert bench.drive.marking.pending.measure == measure


def test_the_mark_before_12_is_plain():
    bench = Bench(FfdVersion.V1_05)
    bench.sell(15000)
    bench.call(m.BindCode(ADMIN, SHORT, None))
    bench.close(15000)
    assert "[M] Молоко 1л" in text.render(bench.register.tape.lines(1), emulated=True)
