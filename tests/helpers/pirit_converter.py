"""A Пирит driver whose line goes through a converter (`converter`), which may hold back, double or change bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from converter import Converter
from till import MOSCOW, Till, item, receipt, till

from devices.links.pair import PairLink
from devices.registers.factory import create
from protocols.ffd.compare import same_document
from protocols.ffd.enums import FfdVersion

SALE = receipt(item("Чай", 1_000), item("Сахар", 2_000))


@asynccontextmanager
async def behind_converter(*, shift: bool = True) -> AsyncIterator[tuple[Till, Converter]]:
    async with till(family="pirit", shift=shift) as one:
        converter = Converter(one.emulated.connect)
        one.driver = create("pirit", PairLink(converter.dial), zone=MOSCOW)
        try:
            await one.driver.connect()
            yield one, converter
        finally:
            await one.driver.close()
            await converter.close()


def ours(one: Till) -> int:
    """Documents with our content."""
    return sum(
        1
        for record in one.documents()
        if record.code == 3 and same_document(SALE, FfdVersion.V1_2, one.device.drive.document(record.number).elements)
    )
