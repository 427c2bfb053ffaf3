"""Lines that sum frames up by XOR: digits of the drive's number that changed places pass, and are not believed alone.

Who took them for another drive's would leave the document to a person (simulation, Пирит, seed 20064).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from converter import behind_converter
from virtual_loop import virtual

LINES = [("shtrih", {"protocol": "1"}), ("atol", {"protocol": "2"}), ("pirit", {})]


def digits_changed(number: str, at: int, seen: list[int]) -> Callable[[bytes], list[bytes]]:
    """Of the answers with the drive's number, counted in `seen`, number `at` comes with two digits exchanged."""
    told = number.encode()
    first = next(one for one in range(len(told) - 1) if told[one] != told[one + 1])
    wrong = told[:first] + bytes((told[first + 1], told[first])) + told[first + 2 :]

    def spoil(data: bytes) -> list[bytes]:
        seen[0] += data.count(told)
        return [data.replace(told, wrong) if told in data and seen[0] == at else data]

    return spoil


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize(("family", "options"), LINES)
@virtual
async def test_a_bookmark_names_the_drive_that_is_there(family: str, options: dict[str, str], at: int) -> None:
    async with behind_converter(family, options) as (one, converter):
        number = one.driver.identity.fn
        seen = [0]
        converter.spoil = digits_changed(number, at, seen)
        for counters in (False, True):
            seen[0] = 0
            assert (await one.driver.bookmark(counters=counters)).fn == number
            assert seen[0] >= at


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize(("family", "options"), LINES)
@virtual
async def test_a_connection_knows_the_drive_that_is_there(family: str, options: dict[str, str], at: int) -> None:
    async with behind_converter(family, options, connected=False) as (one, converter):
        number = one.device.drive.number
        seen = [0]
        converter.spoil = digits_changed(number, at, seen)
        await one.driver.connect()
        assert one.driver.identity.fn == number
        assert seen[0] >= at
