"""Shtrih-M, protocol v1: frames are summed up in one byte, so what was misheard is not believed alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from converter import Converter
from till import MOSCOW, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError
from devices.links.pair import PairLink
from devices.registers.factory import create
from devices.registers.settle import Exists, settle
from protocols.shtrih.framing_v1 import encode_v1

SALE = receipt(item("Чай", 1_000), item("Сахар", 2_000))


def one_less(last: int, fn: str) -> Callable[[bytes], bytes]:
    """The drive's status: its last document."""
    told = fn.encode() + last.to_bytes(4, "little")
    return lambda data: data.replace(told, fn.encode() + (last - 1).to_bytes(4, "little"))


def sum_changed(data: bytes) -> bytes:
    """Tag 1020 of a block of TLV."""
    head, tag, rest = data.partition(b"\xfc\x03")
    return head + tag + rest[:2] + bytes((rest[2] ^ 0xFF,)) + rest[3:] if tag else data


def misheard(change: Callable[[bytes], bytes], seen: list[int], at: int) -> Callable[[bytes], list[bytes]]:
    """Of the answers that `change` changes, counted in `seen`, number `at` comes so, under a checksum that fits."""

    def spoil(data: bytes) -> list[bytes]:
        start = data.find(b"\x02")
        if start not in {0, 1} or len(data) != start + data[start + 1] + 3:
            return [data]
        said = change(data[start + 2 : -1])
        if said == data[start + 2 : -1]:
            return [data]
        seen[0] += 1
        return [data[:start] + encode_v1(said)] if seen[0] == at else [data]

    return spoil


@pytest.mark.parametrize(("what", "at"), [("last document", 1), ("last document", 2), ("content", 1), ("content", 2)])
@virtual
async def test_what_settling_hears_once_decides_nothing(what: str, at: int) -> None:
    """Misheard so, the document would be taken for another's, or for one that was never made: ours would come twice."""
    async with till(family="shtrih") as one:
        converter = Converter(one.emulated.connect)
        one.driver = create("shtrih", PairLink(converter.dial), zone=MOSCOW, options={"protocol": "1"})
        await one.driver.connect()
        bookmark = await one.driver.bookmark()
        converter.spoil = lambda data: [] if one.documents()[-1].number > bookmark.document else [data]
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        last = one.documents()[-1].number
        assert last == bookmark.document + 1
        seen = [0]
        change = one_less(last, bookmark.fn) if what == "last document" else sum_changed
        converter.spoil = misheard(change, seen, at)
        settled = await settle(one.driver, bookmark, SALE)
        assert isinstance(settled, Exists)
        assert seen[0] >= at
        await one.driver.close()
        await converter.close()
