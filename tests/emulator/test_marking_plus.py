"""From the check of a code to [M+] in the document and the sale in the marking system's book."""

from __future__ import annotations

from marking_kit import GENUINE, KI, PACK, SHORT, SPOILT, a_shop
from shtrih_kit import value
from virtual_loop import virtual

from emulator.marking.book import Status


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
async def test_the_drive_knows_the_test_key():
    async with a_shop() as host:
        good = await host.check(GENUINE)
        assert (good.local, good.reason, good.kind, good.flags) == (3, 0, 2, 15)
        await host.accept()
        bad = await host.check(SPOILT)
        assert (bad.local, bad.reason, bad.kind, bad.flags) == (1, 0, 2, 5)
        await host.accept()
        assert await host.ask(PACK) == 15
