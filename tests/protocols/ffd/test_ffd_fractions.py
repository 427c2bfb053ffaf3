"""Part of a marked piece is told by 1291 alone, which only ФФД 1.2 has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from till import item, receipt

from protocols.ffd.enums import FfdVersion, PaymentObject
from protocols.ffd.receipt import Marking
from protocols.ffd.rules import document_faults, left_out

CODE = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
GOODS = PaymentObject.COMMODITY_WITH_MARKING
HALF = item("Ампулы", payment_object=GOODS, marking=Marking(code=CODE, numerator=1, denominator=2))


@pytest.mark.parametrize("ffd", [FfdVersion.V1_05, FfdVersion.V1_1])
def test_a_part_would_be_a_whole_before_12(ffd: FfdVersion) -> None:
    wanted = receipt(item(), HALF)
    (fault,) = [one for one in document_faults(wanted, ffd) if one.pointer.startswith("/items/1")]
    assert (fault.pointer, fault.code) == ("/items/1/marking", "fraction_not_in_ffd")
    assert "целиком" in fault.hint
    assert not [one for one in left_out(wanted, ffd) if one.pointer == "/items/1/marking"]
    whole = replace(HALF, marking=Marking(code=CODE))
    assert document_faults(receipt(item(), whole), ffd) == []


def test_ffd_12_has_it() -> None:
    assert document_faults(receipt(item(), HALF), FfdVersion.V1_2) == []
