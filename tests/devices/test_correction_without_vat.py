"""A correction of ФФД 1.05 with a rate whose VAT comes to no kopeck: registers may leave that rate out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from till import item, receipt, till
from virtual_loop import virtual

from devices.registers.settle import Exists, settle
from protocols.ffd.enums import CorrectionKind, FfdVersion, Vat
from protocols.ffd.receipt import Correction

CORRECTION = replace(
    receipt(replace(item("Чай", 1), vat=Vat.VAT107), replace(item("Сахар", 717), vat=Vat.VAT22)),
    correction=Correction(kind=CorrectionKind.SELF, date=date(2026, 2, 1), number=None),
)


@pytest.mark.parametrize("family", ["atol", "atol-web"])
@virtual
async def test_it_is_found_again(family: str) -> None:
    """Taken for another's, it would be made twice."""
    async with till(family=family, ffd=FfdVersion.V1_05) as one:
        bookmark = await one.driver.bookmark()
        made = await one.driver.fiscalise(CORRECTION)
        assert made.differences == ()
        assert isinstance(await settle(one.driver, bookmark, CORRECTION), Exists)
