"""The same posted receipt gives the same fiscal TLV on every register; what differs is listed, with its reason."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from every_register import Place, a_till, places, told
from receipts_of_all import MARKED, RECEIPTS, RECEIPTS_12
from register_rows import ROWS, V12, difference, lacks
from till import CASHIER, Till
from virtual_loop import run_virtual

from devices.errors import GatewayError
from devices.registers.base import Capability
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import Element, decode

#: Depends on when it was made and on what was made before.
WHEN: Final = frozenset({T.FD_NUMBER, T.DATE_TIME, T.FISCAL_SIGN, T.RECEIPT_NUMBER_IN_SHIFT})
Made = Mapping[str, "tuple[Element, ...] | str"]


def receipts(place: Place) -> Mapping[str, Receipt]:
    marked = {} if Capability.MARKING in lacks(place.row.family, V12) else MARKED
    return {**RECEIPTS, **RECEIPTS_12, **marked} if place.ffd is V12 else RECEIPTS


async def one_by_one(place: Place) -> Made:
    """Name of a receipt -> its document in the drive, or why there is none."""
    made: dict[str, tuple[Element, ...] | str] = {}
    async with a_till(place, oism=True) as one:
        await one.driver.cash_in(10_000_000, CASHIER)  # refunds and purchases pay out cash
        for name, wanted in receipts(place).items():
            try:
                made[name] = await document_of(one, wanted)
            except (GatewayError, AssertionError) as error:
                made[name] = f"not made: {told(error)}"
    return made


async def document_of(one: Till, wanted: Receipt) -> tuple[Element, ...]:
    """Its TLV, which the driver reads as the drive holds it and finds as it was asked."""
    before = len(one.documents())
    await one.driver.check(wanted)
    outcome = await one.driver.fiscalise(wanted)
    (record,) = one.documents(before + 1)
    stored = await one.driver.document(record.number)
    assert stored is not None
    assert (outcome.fiscal.document, outcome.differences) == (record.number, ())
    assert stored.fiscal == outcome.fiscal
    (document,) = decode(record.tlv)
    if stored.elements:
        assert stored.elements == document.value
    return document.value  # type: ignore[return-value]


@functools.cache
def as_made_at(place: Place) -> Made:
    made: Made = run_virtual(one_by_one(place))
    return made


def plain(elements: tuple[Element, ...]) -> Any:
    """Without what no two registers can share, in one order."""
    kept = [one for one in elements if one.tag not in WHEN]
    return sorted((one.tag, plain(one.value) if isinstance(one.value, tuple) else repr(one.value)) for one in kept)


def departures(found: Made, wanted: Made) -> Iterator[tuple[str, str]]:
    for name, ours in found.items():
        reference = wanted[name]
        if isinstance(ours, str):
            yield name, ours
        else:
            assert not isinstance(reference, str), f"{name} is not made where all others are compared: {reference}"
            here, there = ([*map(repr, plain(one))] for one in (ours, reference))
            more, less = [one for one in here if one not in there], [one for one in there if one not in here]
            if more or less:
                yield name, f"more {more}, less {less}"


REFERENCE: Final = ROWS[0]


@pytest.mark.parametrize("place", places(label="same_document"), ids=str)
def test_the_same_receipt_gives_the_same_document(place: Place) -> None:
    scenario = "same_document"
    found = dict(departures(as_made_at(place), as_made_at(Place(REFERENCE, place.ffd))))
    unexplained = {
        name: what
        for name, what in found.items()
        if (known := difference(place.row.family, scenario, f"{place.ffd} {name}")) is None or known.says not in what
    }
    assert unexplained == {}
    assert [
        name
        for name in receipts(place)
        if name not in found and difference(place.row.family, scenario, f"{place.ffd} {name}")
    ] == [], "no longer true, take it out of the table of differences"
