"""From the check of a code to [M+] in the document and the sale in the marking system's book."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from marking_kit import GENUINE, KI, PACK, SHORT, SPOILT, START, Host, a_shop
from shtrih_kit import ADMIN, closing, value
from virtual_loop import virtual

from emulator.fiscal_drive.checks import checked
from emulator.marking.book import Status
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.ffd.tlv import decode
from protocols.shtrih.commands.receipts import OpenShift


@virtual
async def test_an_unknown_code_is_sold_with_all_bits():
    async with a_shop() as host:
        checked = await host.check(SHORT)
        assert (checked.local, checked.reason, checked.kind) == (0, 1, 5)
        assert (checked.online_code, checked.flags) == (0, 15)
        assert await host.accept() == 15
        assert await host.sell(SHORT) == (15,)
        document = host.document()
        assert value(document, 1059, 1163, 1305) == KI.decode()
        assert (value(document, 1059, 2106), value(document, 2107)) == (15, 0)
        assert host.shop.oism is not None
        # the host's next question comes behind the notification of the sale
        assert await host.ask(SHORT) == 7
        assert host.shop.oism.book.facts(KI.decode()).status is Status.SOLD


@virtual
async def test_the_receipt_of_a_notification_counts_what_is_negative():
    """2006: 0, no code is; 1, one at least. A code that nobody checked, [M], is not."""
    async with a_shop() as host:
        for code, result in ((SHORT, 0), (KI, 0), (SPOILT, 1)):
            await host.check(code)
            await host.accept()
            await host.sell_checked(code)
            await host.until(lambda: not host.drive.marking.unsent)
            receipt = host.drive.marking.all_notifications()[-1].receipt
            assert value(decode(receipt[4:]), 2006) == result


@pytest.mark.parametrize(
    ("tail", "reason", "kind"),
    [
        (b"", 3, 0),
        (b"\x1d91EE06", 3, 0),
        (b"\x1d92" + b"A" * 43 + b"=", 3, 3),
        (b"\x1d91EE06\x1d92testtesttest", 3, 0),
        (b"\x1d93dGV", 1, 0),
        (b"\x1d93dGVz\x1d92" + b"A" * 43 + b"=", 1, 5),
        (b"\x1d91EE06\x1d92" + b"A" * 43 + b"=", 2, 4),
        (b"\x1d91EE06\x1d92" + b"A" * 86 + b"==", 2, 2),
    ],
)
def test_why_the_drive_did_not_check_a_code(tail: bytes, reason: int, kind: int):
    """marking.md 3.4, reasons of FF61: 3 no or ill-formed AI 91/92, 2 no key, 1 a type that drives do not check."""
    found = checked(KI + tail, 1)
    assert (found.local, found.reason, found.kind) == (0, reason, kind)


@virtual
async def test_the_drive_knows_the_test_key():
    async with a_shop() as host:
        good = await host.check(GENUINE)
        assert (good.local, good.reason, good.kind, good.flags) == (3, 0, 2, 15)
        await host.accept()
        bad = await host.check(SPOILT)
        assert (bad.local, bad.reason, bad.kind, bad.flags) == (1, 0, 2, 5)
        await host.accept()
        assert await host.ask(PACK) == 15


@virtual
async def test_a_code_without_its_check_value_proves_nothing():
    """marking.md 3.4: reason 3; 3.2: type 0, 2105 = 2; 3.3: without a check value nothing was checked, 2106 = 0."""
    async with a_shop() as host:
        oism = host.shop.oism
        assert oism is not None
        for bare in (KI, KI + b"\x1d10LOT7"):
            checked = await host.check(bare)
            assert (checked.local, checked.reason, checked.kind) == (0, 3, 0)
            assert (checked.online_code, checked.flags) == (0, 0)
            assert value(decode(checked.server_tlv), 2105) == 2
            assert await host.accept() == 0
        assert oism.requests()[0]["why"] == "no_check_value"
        # what never had one is taken as it is: a fur's mark, a pack without its check code
        for whole in (b"RU-401301-AAA0277031", PACK[:25]):
            checked = await host.check(whole)
            assert (checked.local, checked.reason, checked.flags) == (0, 1, 15)
            await host.accept()


@virtual
async def test_registers_of_a_shop_share_what_is_known_and_it_outlives_the_process(tmp_path: Path):
    plan = Plan(
        registers=tuple(
            RegisterPlan(settings=Settings(name=name, serial=serial), state=tmp_path / name)
            for serial, name in enumerate(("kkt-1", "kkt-2"), 1)
        ),
        with_oism=True,
        oism_state=tmp_path / "oism",
    )
    for life in (1, 2):
        shop = Shop(plan, clock=Clock(START, ticks=lambda: 0.0), random=Random(1))
        await shop.start()
        first, second = Host(shop, "kkt-1"), Host(shop, "kkt-2")
        if life == 1:
            await first.call(OpenShift(ADMIN))
            assert await first.sell(SHORT) == (15,)
            await first.until(lambda: not first.drive.marking.unsent)  # noqa: B023 - awaited here
        assert await second.ask(SHORT) == 7
        assert await second.ask(SHORT, 3) == 15
        assert shop.state()["oism"]["notifications"] == 1
        await shop.close()


@virtual
async def test_a_gift_and_a_line_without_a_code_beside_a_marked_one():
    async with a_shop() as host:
        for code in (SHORT, GENUINE):
            await host.check(code)
            await host.accept()
        await host.open()
        await host.line(SHORT)
        await host.line(GENUINE, 0)
        await host.line(None, 5000)
        await host.call(closing(0, electronic=20000))
        (told,) = host.drive.marking.all_notifications()
        items = [each.value for each in decode(told.tlv[4:]) if each.tag == 2007]
        assert [value(item, 1043) for item in items if isinstance(item, tuple)] == [15000, 0]
        lines = [each.value for each in host.document() if each.tag == 1059]
        assert [value(line, 2106) for line in lines if isinstance(line, tuple)] == [15, 15, None]
        assert value(host.document(), 2107) == 0
