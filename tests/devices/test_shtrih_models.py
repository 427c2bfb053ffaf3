"""Relatives of Shtrih-M: what the driver makes of the model that a register says it is."""

from __future__ import annotations

from typing import Any

import pytest
from till import Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import Rejected
from devices.registers.shtrih import profile
from protocols.ffd.enums import FfdVersion, PaymentObject
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Marking, Receipt
from protocols.ffd.tlv import Element

CASHCORE = frozenset({"cashcore"})
CODE = b"010460000000001521000001\x1d93dGVz"


def wanted(ffd: FfdVersion) -> Receipt:
    """Lines with tags that FF46 does not carry, a marked one last."""
    lines = [item("Чай", measure=item("x").measure), item("Сахар")]
    if ffd is FfdVersion.V1_2:
        marked = PaymentObject.COMMODITY_WITH_MARKING
        lines.append(item("Ботинки", 499_000, payment_object=marked, marking=Marking(code=CODE)))
    return receipt(*lines)


def made(one: Till) -> list[Element]:
    """The last document without what differs from one drive's day to another's."""
    document = one.device.drive.document(one.device.drive.last_document)
    return [element for element in document.elements if element.tag != T.FISCAL_SIGN]


@pytest.mark.parametrize("ffd", list(FfdVersion), ids=str)
@virtual
async def test_a_cash_core_makes_the_same_document(ffd: FfdVersion) -> None:
    documents: list[Any] = []
    for quirks in (frozenset(), CASHCORE):
        async with till(ffd=ffd, oism=True, quirks=quirks) as one:
            assert one.driver.identity.ffd is ffd
            outcome = await one.driver.fiscalise(wanted(ffd))
            assert (outcome.differences, outcome.warnings) == ((), ())
            documents.append(made(one))
    assert documents[0] == documents[1]


@virtual
async def test_lines_of_a_cash_core_come_after_their_tags() -> None:
    async with till(oism=True, quirks=CASHCORE) as one:
        await one.driver.fiscalise(wanted(FfdVersion.V1_2))
        sent = [frame[2:4].hex() for frame in one.frames]
        assert [code for code in sent if code in {"ff46", "ff4d", "ff67"}] == [
            "ff4d", "ff46", "ff4d", "ff46", "ff4d", "ff67", "ff46"
        ]  # fmt: skip
        assert (one.driver.identity.model, one.driver.identity.columns) == ("ЯРУС М2100Ф", None)


@virtual
async def test_a_cash_core_that_is_not_known_for_one_sells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "MODELS", ())
    monkeypatch.setattr(profile, "CASHCORE", frozenset({"ffd-in-table-10"}))
    async with till(oism=True, quirks=CASHCORE) as one:
        before = one.device.drive.last_document
        with pytest.raises(Rejected):
            await one.driver.fiscalise(wanted(FfdVersion.V1_2))
        assert one.device.drive.last_document == before


@virtual
async def test_the_usual_register_is_in_the_table() -> None:
    async with till() as one:
        assert (one.driver.identity.model, one.driver.identity.columns) == ("ШТРИХ-М-01Ф", 48)
